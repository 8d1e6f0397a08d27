import { AGENT_NAMES } from '../authorship/agents.ts';
import { isNamedPaths } from './named-paths.ts';

/** What is looked at here, named apart from the schema that it is a part of. */
interface Referring {
  readonly groups?: Readonly<Record<string, unknown>> | undefined;
  readonly paths?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly windows?: Readonly<Record<string, unknown>> | undefined;
  readonly rules?: readonly ReferringRule[] | undefined;
  readonly automation?: readonly { readonly account: number }[] | undefined;
  readonly agents?: readonly { readonly id: string }[] | undefined;
  readonly people?: readonly ReferringPerson[] | undefined;
}

interface ReferringPerson {
  readonly accounts: readonly string[];
  readonly 'ssh-keys'?: readonly string[] | undefined;
}

interface ReferringRule {
  readonly id: string;
  readonly when: {
    readonly kind?: readonly string[] | undefined;
    readonly environment?: readonly string[] | undefined;
    readonly event?: readonly string[] | undefined;
    readonly paths?: readonly string[] | undefined;
    readonly during?: readonly string[] | undefined;
    readonly agent?: true | readonly string[] | undefined;
  };
  readonly require?: readonly { readonly from: string }[] | undefined;
  readonly deny?: string | undefined;
  readonly reason?: object | undefined;
}

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is wrong between the parts of a policy that are right by themselves: unknown names, doubles, rules without effect. */
export function checkReferences(policy: Referring): readonly Problem[] {
  return [
    ...pathSets(policy),
    ...(policy.rules ?? []).flatMap((rule, index) =>
      [...effects(rule), ...names(rule, policy)].map(({ path, message }) => ({
        path: ['rules', index, ...path],
        message,
      })),
    ),
    ...doubles((policy.rules ?? []).map(({ id }) => id)).map((index) => ({
      path: ['rules', index, 'id'],
      message: 'Another rule has this id already.',
    })),
    ...doubles((policy.automation ?? []).map(({ account }) => account)).map((index) => ({
      path: ['automation', index, 'account'],
      message: 'This account is listed already.',
    })),
    ...doubles((policy.agents ?? []).map(({ id }) => id)).map((index) => ({
      path: ['agents', index, 'id'],
      message: 'Another agent has this id already.',
    })),
    ...peopleTwice(policy.people ?? []),
  ];
}

/** One account or key is one person's. By login and by id, so that no account stands here twice in two ways of writing it. */
function* peopleTwice(people: readonly ReferringPerson[]): Generator<Problem> {
  const accounts = new Set<string>();
  const keys = new Set<string>();
  for (const [index, { accounts: listed, 'ssh-keys': held = [] }] of people.entries()) {
    for (const [at, account] of listed.entries()) {
      const [login = '', id] = account.toLowerCase().split('#');
      const path = ['people', index, 'accounts', at];
      if (accounts.has(login) || (id !== undefined && accounts.has(`#${id}`))) {
        yield {
          path,
          message: 'This account is listed already; all accounts of one person stand in one entry, each once.',
        };
      }
      accounts.add(login);
      if (id !== undefined) accounts.add(`#${id}`);
    }
    for (const [at, line] of held.entries()) {
      const key = line.split(' ', 2).join(' ');
      if (keys.has(key)) yield { path: ['people', index, 'ssh-keys', at], message: 'This key is listed already.' };
      keys.add(key);
    }
  }
}

function* pathSets({ paths = {} }: Referring): Generator<Problem> {
  for (const [name, patterns] of Object.entries(paths)) {
    if (isNamedPaths(name))
      yield { path: ['paths', name], message: `"@${name}" is a set that Countersign brings along.` };
    for (const [index, pattern] of patterns.entries()) {
      if (pattern.startsWith('@') && !isNamedPaths(pattern.slice(1))) {
        yield {
          path: ['paths', name, index],
          message: `"${pattern}" is not a set that Countersign brings along; other sets cannot be used here.`,
        };
      }
    }
  }
}

function* names({ when, require }: ReferringRule, policy: Referring): Generator<Problem> {
  for (const [index, seats] of (require ?? []).entries()) {
    if (!Object.hasOwn(policy.groups ?? {}, seats.from)) {
      yield { path: ['require', index, 'from'], message: `There is no group "${seats.from}" in this policy.` };
    }
  }
  for (const [index, pattern] of (when.paths ?? []).entries()) {
    const set = pattern.startsWith('@') ? pattern.slice(1) : null;
    if (set !== null && !isNamedPaths(set) && !Object.hasOwn(policy.paths ?? {}, set)) {
      yield { path: ['when', 'paths', index], message: `There is no set of paths "${pattern}".` };
    }
  }
  for (const [index, id] of (when.agent === true ? [] : (when.agent ?? [])).entries()) {
    if (!Object.hasOwn(AGENT_NAMES, id) && !(policy.agents ?? []).some((agent) => agent.id === id)) {
      yield {
        path: ['when', 'agent', index],
        message: 'This agent id is not known to this version, and this policy does not add it.',
      };
    }
  }
  for (const [index, window] of (when.during ?? []).entries()) {
    if (!Object.hasOwn(policy.windows ?? {}, window)) {
      yield { path: ['when', 'during', index], message: `There is no window "${window}" in this policy.` };
    }
  }
}

/** A rule that does nothing, or can never match, would be trusted for what it does not do. */
function* effects({ when, require, deny, reason }: ReferringRule): Generator<Problem> {
  if (require === undefined && deny === undefined) yield { path: [], message: 'A rule has require or deny.' };
  if (require !== undefined && deny !== undefined) {
    yield { path: ['deny'], message: 'A rule has require or deny, not both; write two rules.' };
  }
  if (require === undefined && reason !== undefined) {
    yield { path: ['reason'], message: 'reason belongs to a rule with require.' };
  }
  for (const index of doubles((require ?? []).map(({ from }) => from))) {
    yield {
      path: ['require', index, 'from'],
      message: 'This group is asked already in the same rule; seats of one group do not add up, so raise its count.',
    };
  }
  const onlyDeployments = when.environment !== undefined || when.event !== undefined;
  if (onlyDeployments && when.kind !== undefined && !when.kind.includes('deployment')) {
    yield {
      path: ['when', 'kind'],
      message: 'A pull request has no environment or event, so this rule never matches.',
    };
  }
}

/** Indexes of entries that stood in the list before. */
function doubles(list: readonly (string | number)[]): readonly number[] {
  return list.flatMap((entry, index) => (list.indexOf(entry) < index ? [index] : []));
}
