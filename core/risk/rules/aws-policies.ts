import type { ProposedFinding } from '../../proposal.ts';
import { hasHidden, HIDDEN, texts } from '../changed-resource.ts';
import type { ChangedResource } from '../changed-resource.ts';
import { finding } from '../finding.ts';
import { escalationsOf, grantsAdministration, readPolicy } from '../policy-document.ts';
import type { Statement } from '../policy-document.ts';

/** Attributes that hold a policy document as text. */
const INLINE = 'inline_policy';
const DOCUMENTS: readonly string[] = ['policy', INLINE, 'access_policies', 'access_policy', 'resource_policy'];
const ADMIN_POLICY = /:policy\/(?:AdministratorAccess|IAMFullAccess|PowerUserAccess)$/;

/** Policy documents and attachments of AWS, before against after: only what is gained counts. */
export function judgeAwsPolicies(resource: ChangedResource): readonly ProposedFinding[] {
  if (!resource.type.startsWith('aws_') || resource.isData || !resource.lives) return [];
  return [
    ...DOCUMENTS.flatMap((name) => judgeDocument(resource, name)),
    ...judgeTrust(resource),
    ...judgeAttachment(resource),
  ];
}

function judgeDocument(resource: ChangedResource, name: string): readonly ProposedFinding[] {
  const { address } = resource;
  const value = resource.read(name);
  if (value.after === undefined || value.after === null) return [];
  const before = documentsIn(value.before).flatMap((text) => readPolicy(text) ?? []);
  const documents = documentsIn(value.after).map(readPolicy);
  // Left to the provider it is the usual one, which every new bucket and key has.
  if (value.after === HIDDEN && name !== INLINE && !resource.maySet(name)) return [];
  if (documents.includes(null) || hasHidden(value.after)) return [notJudged(resource, name)];
  const found: ProposedFinding[] = [];
  for (const statement of documents.flatMap((each) => each ?? [])) {
    if (grantsAdministration(statement) && !before.some(grantsAdministration)) {
      const why = `\`${name}\` allows every action on every resource.`;
      found.push(finding(['iam-admin-grant', 'privilege-escalation', 'critical'], address, why));
    } else found.push(...judgeEscalation(resource, name, statement, before));
    found.push(...judgePublic(resource, name, statement, before));
  }
  return once(found);
}

function judgeEscalation(
  { address }: ChangedResource,
  name: string,
  statement: Statement,
  before: readonly Statement[],
): readonly ProposedFinding[] {
  const had = new Set(before.flatMap(escalationsOf));
  const gained = escalationsOf(statement).filter((action) => !had.has(action));
  // What a resource's own policy allows is about that resource; such actions mean nothing there.
  if (gained.length === 0 || statement.isEverybody || statement.principals.length > 0) return [];
  const confidence = statement.hasCondition ? 'possible' : statement.isEveryResource ? 'certain' : 'likely';
  const why = `\`${name}\` allows ${gained.length} of the actions that let their holder get other permissions.`;
  return [finding(['iam-privilege-escalation', 'privilege-escalation', 'high'], address, why, confidence)];
}

function judgePublic(
  { address }: ChangedResource,
  name: string,
  statement: Statement,
  before: readonly Statement[],
): readonly ProposedFinding[] {
  const isOpen = (each: Statement): boolean => each.isAllow && each.isEverybody;
  if (!isOpen(statement) || before.some((each) => isOpen(each) && each.hasCondition === statement.hasCondition))
    return [];
  return [
    statement.hasCondition
      ? finding(
          ['exposure-conditional-principal', 'public-exposure', 'medium'],
          address,
          `\`${name}\` allows everybody, under a condition.`,
          'possible',
        )
      : finding(
          ['exposure-public-principal', 'public-exposure', 'critical'],
          address,
          `\`${name}\` allows everybody, without a condition.`,
        ),
  ];
}

/** Who may become a role. */
function judgeTrust(resource: ChangedResource): readonly ProposedFinding[] {
  const name = 'assume_role_policy';
  const value = resource.read(name);
  if (value.after === undefined || value.after === null) return [];
  const after = value.after === HIDDEN ? null : readPolicy(value.after);
  if (after === null) return [notJudged(resource, name)];
  const before = readPolicy(value.before) ?? [];
  const widened: ProposedFinding[] = [];
  const say = (why: string, level: 'high' | 'critical' = 'high'): void => {
    widened.push(finding(['trust-widened', 'privilege-escalation', level], resource.address, why));
  };
  const had = new Set(before.flatMap((each) => [...each.principals, ...each.federated]));
  for (const statement of after.filter((each) => each.isAllow)) {
    if (statement.isEverybody && !statement.hasCondition) {
      if (!before.some((each) => each.isAllow && each.isEverybody && !each.hasCondition)) {
        say(`\`${name}\` lets everybody become this role.`, 'critical');
      }
      continue;
    }
    if (statement.principals.some((principal) => !had.has(principal))) {
      say(`\`${name}\` lets an account, role or user become this role that could not before.`);
    }
    if (statement.federated.length > 0 && !before.some((each) => sameSubjects(each, statement))) {
      if (statement.subjects.length === 0) say(`\`${name}\` trusts an identity provider without asking for a subject.`);
      else if (statement.subjects.some((subject) => /[*?]/.test(subject))) {
        say(`\`${name}\` trusts an identity provider for subjects with a wildcard.`);
      } else if (statement.federated.some((provider) => !had.has(provider))) {
        say(`\`${name}\` trusts an identity provider that it did not before.`);
      }
    }
  }
  return once(widened);
}

function sameSubjects(one: Statement, other: Statement): boolean {
  const key = ({ federated, subjects }: Statement): string =>
    JSON.stringify([federated.toSorted(), subjects.toSorted()]);
  return key(one) === key(other);
}

function judgeAttachment(resource: ChangedResource): readonly ProposedFinding[] {
  return ['policy_arn', 'managed_policy_arns', 'policy_arns'].flatMap((name) => {
    const { before, after } = resource.read(name);
    if (hasHidden(after)) return name === 'policy_arn' ? [notJudged(resource, name)] : [];
    const had = texts(before);
    const gained = texts(after).filter((arn) => ADMIN_POLICY.test(arn) && !had.includes(arn));
    if (gained.length === 0) return [];
    const why = `\`${name}\` attaches a policy that allows (nearly) everything.`;
    return [finding(['iam-admin-grant', 'privilege-escalation', 'critical'], resource.address, why)];
  });
}

/** A text, or blocks that hold one under `policy`. */
function documentsIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [value];
  return value.map((block: unknown) =>
    typeof block === 'object' && block !== null && 'policy' in block ? block.policy : block,
  );
}

function notJudged({ address }: ChangedResource, name: string): ProposedFinding {
  const why = `\`${name}\` says who may do what, and it cannot be judged before apply.`;
  return finding(['unknown-security-attribute', 'incomplete', 'medium'], address, why, 'possible');
}

function once(found: readonly ProposedFinding[]): readonly ProposedFinding[] {
  return [...new Map(found.map((each) => [`${each.rule} ${each.why}`, each])).values()];
}
