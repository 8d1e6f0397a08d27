import type { MachineAccounts } from '../actors/human.ts';
import { AGENT_ACCOUNTS, AGENT_APPS, AGENT_LOGINS, MACHINES } from './agent-accounts.ts';
import {
  BRANCH_PREFIXES,
  FIRST_NAMES,
  LABELS,
  MAILBOXES,
  MARKERS,
  NAME_SUFFIXES,
  PRODUCT_NAMES,
  SUBJECT_PREFIXES,
  TRAILERS,
} from './agent-traces.ts';

/** A text to look for, in lower case, and the agent it belongs to. */
export interface Trace {
  readonly text: string;
  readonly agent: string;
}

/** The registry as it is looked up: every key and text in lower case, values are agent ids. */
export interface AgentRegistry extends MachineAccounts {
  readonly agentByAppId: ReadonlyMap<number, string>;
  readonly agentByAppSlug: ReadonlyMap<string, string>;
  /** Logins of machine accounts that are no agents, for git text that carries no id. */
  readonly machineLogins: ReadonlySet<string>;
  readonly agentByMailbox: ReadonlyMap<string, string>;
  readonly agentByLabel: ReadonlyMap<string, string>;
  /** By trailer key; `value` is how the value must begin, empty for any. */
  readonly trailers: ReadonlyMap<string, readonly { readonly value: string; readonly agent: string }[]>;
  readonly productNames: readonly Trace[];
  readonly firstNames: readonly Trace[];
  readonly nameSuffixes: readonly Trace[];
  readonly subjectPrefixes: readonly Trace[];
  readonly branchPrefixes: readonly Trace[];
  readonly markers: readonly Trace[];
}

const slugOf = (login: string): string => login.toLowerCase().replace(/\[bot\]$/, '');
const bots = [...AGENT_ACCOUNTS, ...AGENT_LOGINS].filter(({ login }) => login.endsWith('[bot]'));

const trailers = new Map<string, { value: string; agent: string }[]>();
for (const { key, value, agent } of TRAILERS) {
  trailers.set(key, [...(trailers.get(key) ?? []), { value: value ?? '', agent }]);
}

/**
 * The first registry: who is known as an agent, by account id, App and trace. Sources stand beside every row in
 * agent-accounts.ts and agent-traces.ts.
 */
export const agentRegistry: AgentRegistry = Object.freeze({
  agentByAccountId: new Map(AGENT_ACCOUNTS.map(({ id, agent }) => [id, agent])),
  // Logins of accounts whose id is known are left out: a person may take over a name that an agent gave up.
  agentByLogin: new Map(AGENT_LOGINS.map(({ login, agent }) => [login.toLowerCase(), agent])),
  machineLogins: new Set(MACHINES.map(({ login }) => login)),
  machineIds: new Set(MACHINES.map(({ id }) => id)),
  agentByAppId: new Map(AGENT_APPS.map(({ id, agent }) => [id, agent])),
  agentByAppSlug: new Map([
    ...AGENT_APPS.map(({ slug, agent }) => [slug, agent] as const),
    ...bots.map(({ login, agent }) => [slugOf(login), agent] as const),
  ]),
  agentByMailbox: new Map(MAILBOXES.map(({ address, agent }) => [address, agent])),
  agentByLabel: new Map(LABELS.map(({ text, agent }) => [text, agent])),
  trailers,
  // Longest first: `claude code` is a better answer than `claude`.
  productNames: PRODUCT_NAMES.toSorted((a, b) => b.text.length - a.text.length),
  firstNames: FIRST_NAMES,
  nameSuffixes: NAME_SUFFIXES,
  subjectPrefixes: SUBJECT_PREFIXES,
  branchPrefixes: BRANCH_PREFIXES,
  markers: MARKERS,
});
