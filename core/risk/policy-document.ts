import { isObject } from '../evidence/strict-json.ts';
import { member, texts } from './changed-resource.ts';
import { words } from './words.ts';

/** One statement of an AWS policy document, as far as it is judged. */
export interface Statement {
  readonly isAllow: boolean;
  /** Lower case; a `NotAction` reads as everything. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly isEveryResource: boolean;
  /** `*`, accounts and roles of `AWS`, identity providers of `Federated`; services are no people and left out. */
  readonly principals: readonly string[];
  readonly isEverybody: boolean;
  readonly federated: readonly string[];
  readonly hasCondition: boolean;
  /** Of `…:sub` keys of conditions. */
  readonly subjects: readonly string[];
}

/**
 * Reads a policy document, which Terraform keeps as JSON in a string.
 * @returns null for what is there and cannot be read: it cannot be judged then. Nothing there: no statement.
 */
export function readPolicy(value: unknown): readonly Statement[] | null {
  if (value === undefined || value === null || value === '') return [];
  const document = typeof value === 'string' ? parse(value) : value;
  if (!isObject(document)) return null;
  const statements: unknown = member(document, 'Statement');
  if (statements === undefined) return null;
  const all: readonly unknown[] = Array.isArray(statements) ? statements : [statements];
  if (!all.every((each) => isObject(each))) return null;
  return all.map(toStatement);
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return null;
  }
}

function toStatement(value: unknown): Statement {
  const notAction = member(value, 'NotAction') !== undefined;
  const notResource = member(value, 'NotResource') !== undefined;
  const resources = texts(member(value, 'Resource'));
  const principal = member(value, 'Principal');
  const aws = texts(isObject(principal) ? member(principal, 'AWS') : principal);
  const condition = member(value, 'Condition');
  return {
    isAllow: member(value, 'Effect') === 'Allow',
    actions: notAction ? ['*'] : texts(member(value, 'Action')).map((action) => action.toLowerCase()),
    resources,
    isEveryResource: notResource || resources.includes('*'),
    principals: aws,
    isEverybody: member(value, 'NotPrincipal') !== undefined || aws.includes('*'),
    federated: texts(member(principal, 'Federated')),
    hasCondition: isObject(condition) && Object.keys(condition).length > 0,
    subjects: subjectsOf(condition),
  };
}

/** What tokens of an identity provider must name; nothing: any repository and branch of that provider may come. */
function subjectsOf(condition: unknown): readonly string[] {
  if (!isObject(condition)) return [];
  return Object.values(condition).flatMap((test) =>
    isObject(test)
      ? Object.entries(test).flatMap(([key, value]) => (key.toLowerCase().endsWith(':sub') ? texts(value) : []))
      : [],
  );
}

/**
 * Single permissions with which their holder can get others (pathfinding.cloud, RhinoSecurityLabs: those that need no second one,
 * or one that is always had).
 */
const ESCALATION: readonly string[] = words(`
  iam:passrole iam:createpolicyversion iam:setdefaultpolicyversion iam:createaccesskey iam:createloginprofile
  iam:updateloginprofile iam:attachuserpolicy iam:attachgrouppolicy iam:attachrolepolicy iam:putuserpolicy
  iam:putgrouppolicy iam:putrolepolicy iam:addusertogroup iam:updateassumerolepolicy
  iam:deleterolepermissionsboundary iam:deleteuserpermissionsboundary iam:putrolepermissionsboundary
  iam:putuserpermissionsboundary iam:createopenidconnectprovider iam:updatesamlprovider iam:createsamlprovider
  iam:deactivatemfadevice lambda:updatefunctioncode lambda:updatefunctionconfiguration glue:updatedevendpoint
  ssm:sendcommand ssm:startsession ec2-instance-connect:sendsshpublickey codebuild:updateproject
  cloudformation:updatestack sso:createaccountassignment sso:putinlinepolicytopermissionset
  organizations:leaveorganization kms:putkeypolicy secretsmanager:putresourcepolicy s3:putbucketpolicy
  eks:createaccessentry
`);

/** Everything on everything. */
export function grantsAdministration(statement: Statement): boolean {
  const isAll = statement.actions.some((action) => action === '*' || action === '*:*');
  return statement.isAllow && isAll && statement.isEveryResource;
}

/** The permissions of the list above that a statement gives. */
export function escalationsOf(statement: Statement): readonly string[] {
  if (!statement.isAllow) return [];
  return ESCALATION.filter((action) => statement.actions.some((pattern) => actionMatches(pattern, action)));
}

/** AWS' own wildcards, `*` and `?`, walked by hand: a pattern of the plan never becomes a regular expression. */
function actionMatches(pattern: string, action: string): boolean {
  if (pattern.length > 300) return true;
  let [at, star, mark] = [0, -1, 0];
  for (let index = 0; index < action.length;) {
    const character = pattern[at];
    if (character === '*') [star, mark, at] = [at, index, at + 1];
    else if (character === '?' || character === action[index]) [at, index] = [at + 1, index + 1];
    else if (star >= 0) [at, mark, index] = [star + 1, mark + 1, mark + 1];
    else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
