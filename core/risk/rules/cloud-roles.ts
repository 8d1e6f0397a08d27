import type { ProposedFinding } from '../../proposal.ts';
import { blocks, hasHidden, member, texts } from '../changed-resource.ts';
import type { ChangedResource } from '../changed-resource.ts';
import { finding } from '../finding.ts';
import { words } from '../words.ts';

/** Roles, members and permissions of Google Cloud, Azure and Kubernetes, before against after. */
export function judgeCloudRoles(resource: ChangedResource): readonly ProposedFinding[] {
  if (resource.isData || !resource.lives) return [];
  const { type } = resource;
  if (type.startsWith('google_')) return judgeGoogle(resource);
  if (type.startsWith('azurerm_role_')) return judgeAzure(resource);
  return /^kubernetes_(?:cluster_)?role/.test(type) ? judgeKubernetes(resource) : [];
}

const EVERYBODY: ReadonlySet<string> = new Set(['allUsers', 'allAuthenticatedUsers']);
const GOOGLE_ADMIN = /^roles\/(?:owner|editor)$/;
const GOOGLE_ESCALATING =
  /^roles\/(?:iam\.(?:\w*[aA]dmin|serviceAccountTokenCreator|serviceAccountUser|workloadIdentityUser)|resourcemanager\.\w*(?:IamAdmin|Admin)|orgpolicy\.policyAdmin|cloudbuild\.builds\.editor|deploymentmanager\.editor)$/;
const GOOGLE_PERMISSION =
  /^(?:cloudbuild\.builds\.create|deploymentmanager\.deployments\.create|iam\.roles\.update|iam\.serviceAccounts\.(?:getAccessToken|implicitDelegation|signBlob|signJwt|actAs)|iam\.serviceAccountKeys\.create|cloudfunctions\.functions\.(?:create|update)|compute\.instances\.create|run\.services\.create|cloudscheduler\.jobs\.create|orgpolicy\.policy\.set|storage\.hmacKeys\.create|serviceusage\.apiKeys\.(?:create|list)|[\w.]+\.setIamPolicy)$/;

interface Grants {
  readonly roles: readonly string[];
  readonly members: readonly string[];
}

function judgeGoogle(resource: ChangedResource): readonly ProposedFinding[] {
  const { type, address } = resource;
  const found: ProposedFinding[] = [];
  if (/_iam_(?:policy|binding)$/.test(type)) {
    const why = 'It replaces all other grants of the same role or resource.';
    found.push(finding(['iam-authoritative', 'iam-change', 'high'], address, why));
  }
  if (/_iam_(?:policy|binding|member)$/.test(type) || /_(?:acl|access_control)$/.test(type)) {
    const names = ['role', 'member', 'members', 'policy_data', 'role_entity', 'predefined_acl', 'entity'];
    if (names.some((name) => hasHidden(resource.read(name).after))) found.push(notJudged(resource));
    const before = googleGrants(resource, 'before');
    const after = googleGrants(resource, 'after');
    found.push(...judgeGoogleRoles(resource, before, after), ...judgeGoogleMembers(resource, before, after));
  }
  if (type.endsWith('_iam_custom_role')) {
    const { before, after } = resource.read('permissions');
    const had = texts(before);
    if (texts(after).some((permission) => GOOGLE_PERMISSION.test(permission) && !had.includes(permission))) {
      const why = '`permissions` gains one that lets its holder get others.';
      found.push(finding(['iam-privilege-escalation', 'privilege-escalation', 'high'], address, why));
    }
  }
  return found;
}

function judgeGoogleRoles({ address }: ChangedResource, before: Grants, after: Grants): readonly ProposedFinding[] {
  const gained = after.roles.filter((role) => !before.roles.includes(role));
  if (gained.some((role) => GOOGLE_ADMIN.test(role))) {
    const why = 'It gives the role of an owner or editor of everything below.';
    return [finding(['iam-admin-grant', 'privilege-escalation', 'critical'], address, why)];
  }
  if (!gained.some((role) => GOOGLE_ESCALATING.test(role))) return [];
  const why = 'It gives a role that lets its holder get other permissions.';
  return [finding(['iam-privilege-escalation', 'privilege-escalation', 'high'], address, why)];
}

function judgeGoogleMembers({ address }: ChangedResource, before: Grants, after: Grants): readonly ProposedFinding[] {
  if (!after.members.some((name) => EVERYBODY.has(name) && !before.members.includes(name))) return [];
  return [finding(['exposure-public-principal', 'public-exposure', 'critical'], address, 'It grants to everybody.')];
}

function googleGrants(resource: ChangedResource, side: 'before' | 'after'): Grants {
  const of = (name: string): readonly string[] => texts(resource.read(name)[side]);
  const policy = of('policy_data').flatMap((text) => bindingsOf(text));
  // `READER:allUsers`, and the canned lists that mean the same.
  const entities = [...of('role_entity'), ...of('entity')].map((entry) => entry.slice(entry.indexOf(':') + 1));
  const canned = of('predefined_acl').flatMap((acl) => (acl.startsWith('public') ? ['allUsers'] : []));
  return {
    roles: [...of('role'), ...policy.map(({ role }) => role)],
    members: [...of('member'), ...of('members'), ...policy.flatMap(({ members }) => members), ...entities, ...canned],
  };
}

function bindingsOf(text: string): readonly { readonly role: string; readonly members: readonly string[] }[] {
  try {
    const policy: unknown = JSON.parse(text);
    return blocks(member(policy, 'bindings')).map((binding) => ({
      role: texts(binding['role'])[0] ?? '',
      members: texts(binding['members']),
    }));
  } catch {
    return [];
  }
}

const AZURE_PRIVILEGED =
  /^(?:Owner|Contributor|User Access Administrator|Role Based Access Control Administrator|Reservations Administrator)$/;
/** The same roles by the ids that Azure gives them everywhere. */
const AZURE_PRIVILEGED_ID =
  /(?:8e3af657-a8ff-443c-a75c-2fe8c4bcb635|b24988ac-6180-42a0-ab88-20f7382dd24c|18d7d88d-d35e-4fb5-a5c3-7773c20a72d9|f58310d9-a9f6-439a-9e8d-f62e7b41a168)$/i;

function judgeAzure(resource: ChangedResource): readonly ProposedFinding[] {
  const { address } = resource;
  const isPrivileged = (side: 'before' | 'after'): boolean =>
    texts(resource.read('role_definition_name')[side]).some((name) => AZURE_PRIVILEGED.test(name)) ||
    texts(resource.read('role_definition_id')[side]).some((id) => AZURE_PRIVILEGED_ID.test(id));
  const permissions = (side: 'before' | 'after'): readonly string[] =>
    blocks(resource.read('permissions')[side]).flatMap((block) => texts(block['actions']));
  const found: ProposedFinding[] = [];
  if (isPrivileged('after') && !isPrivileged('before')) {
    const why = 'It assigns a privileged role.';
    found.push(finding(['iam-admin-grant', 'privilege-escalation', 'critical'], address, why));
  } else if (hasHidden(resource.read('role_definition_name').after)) found.push(notJudged(resource));
  const gained = permissions('after').filter((action) => !permissions('before').includes(action));
  if (gained.includes('*')) {
    const why = '`permissions` allows every action.';
    found.push(finding(['iam-admin-grant', 'privilege-escalation', 'critical'], address, why));
  } else if (gained.some((action) => /^microsoft\.authorization\/.*(?:write|\*|action)$/i.test(action))) {
    const why = '`permissions` allows to change who may do what.';
    found.push(finding(['iam-privilege-escalation', 'privilege-escalation', 'high'], address, why));
  }
  return found;
}

const ESCALATING_VERBS: readonly string[] = ['escalate', 'bind', 'impersonate'];
const ESCALATING_RESOURCES: readonly string[] = words(`
  secrets nodes/proxy serviceaccounts/token certificatesigningrequests/approval pods/exec
  validatingwebhookconfigurations mutatingwebhookconfigurations
`);
const UNKNOWN_PEOPLE = /^system:(?:unauthenticated|anonymous|authenticated)$/;

function judgeKubernetes(resource: ChangedResource): readonly ProposedFinding[] {
  const { address } = resource;
  const found: ProposedFinding[] = [];
  if (['role_ref', 'subject', 'rule'].some((name) => hasHidden(resource.read(name).after)))
    found.push(notJudged(resource));
  const nameOf = (side: 'before' | 'after'): readonly string[] =>
    blocks(resource.read('role_ref')[side]).flatMap((block) => texts(block['name']));
  const subjects = (side: 'before' | 'after'): readonly string[] =>
    blocks(resource.read('subject')[side]).flatMap((block) => texts(block['name']));
  const isMaster = (side: 'before' | 'after'): boolean => subjects(side).includes('system:masters');
  if (
    (nameOf('after').includes('cluster-admin') && !sameList(subjects('before'), subjects('after'))) ||
    (isMaster('after') && !isMaster('before'))
  ) {
    const why = 'It binds someone to the role that may do everything.';
    found.push(finding(['iam-admin-grant', 'privilege-escalation', 'critical'], address, why));
  }
  if (subjects('after').some((name) => UNKNOWN_PEOPLE.test(name) && !subjects('before').includes(name))) {
    const why = 'It binds people whom the cluster does not know, or everybody whom it knows.';
    found.push(finding(['exposure-public-principal', 'public-exposure', 'critical'], address, why));
  }
  const before = JSON.stringify(blocks(resource.read('rule').before));
  for (const rule of blocks(resource.read('rule').after)) {
    const [verbs, resources] = [texts(rule['verbs']), texts(rule['resources'])];
    if (before.includes(JSON.stringify(rule)) && !hasHidden(rule)) continue;
    if (verbs.includes('*') && resources.includes('*')) {
      const why = '`rule` allows every verb on every resource.';
      found.push(finding(['iam-admin-grant', 'privilege-escalation', 'critical'], address, why));
    } else if (
      verbs.includes('*') ||
      resources.includes('*') ||
      ESCALATING_VERBS.some((verb) => verbs.includes(verb)) ||
      ESCALATING_RESOURCES.some((name) => resources.includes(name))
    ) {
      const why = '`rule` allows what lets its holder get other permissions, or read secrets.';
      found.push(finding(['iam-privilege-escalation', 'privilege-escalation', 'high'], address, why));
    }
  }
  return found;
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function notJudged({ address }: ChangedResource): ProposedFinding {
  const why = 'It says who may do what, and part of it cannot be judged before apply.';
  return finding(['unknown-security-attribute', 'incomplete', 'medium'], address, why, 'possible');
}
