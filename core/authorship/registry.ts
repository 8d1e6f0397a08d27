import type { MachineAccounts } from '../actors/human.ts';
import { AGENT_ACCOUNTS, AGENT_APPS, AGENT_LOGINS, MACHINES, SIGNING_KEYS } from './agent-accounts.ts';
import { SPONSOR_TRACES } from './agent-sponsors.ts';
import type { SponsorTrace } from './agent-sponsors.ts';
import { REGISTRY_VERSION } from './agents.ts';
import {
  BRANCH_PREFIXES,
  FALSE_TRACES,
  FIRST_NAMES,
  LABELS,
  MAILBOXES,
  MARKERS,
  NAME_SUFFIXES,
  NOTE_TOOLS,
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
  /** Of the built-in rows; a policy that adds agents is named in the record by its own digest. */
  readonly version: string;
  /** Accounts of agents whose merging says nothing about who wrote what they merge. */
  readonly mergerIds: ReadonlySet<number>;
  readonly agentByAppId: ReadonlyMap<number, string>;
  readonly agentByAppSlug: ReadonlyMap<string, string>;
  /** Logins of machine accounts that are no agents, for git text that carries no id. */
  readonly machineLogins: ReadonlySet<string>;
  /** By SHA-256 fingerprint of an SSH key, case kept. */
  readonly agentByKey: ReadonlyMap<string, string>;
  readonly agentByNoteTool: ReadonlyMap<string, string>;
  /** Mailboxes that mean nothing on some days; both days included. */
  readonly falseTraces: readonly { readonly address: string; readonly first: string; readonly last: string }[];
  /** Where the person behind an agent is written down, strongest first; an agent that is not there: its git author. */
  readonly sponsorTraces: ReadonlyMap<string, readonly SponsorTrace[]>;
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
/** Where only the id tells an agent from other work of the same vendor's App, the name tells nothing. */
const bots = [...AGENT_ACCOUNTS.filter(({ merges }) => merges !== true), ...AGENT_LOGINS].filter(({ login }) =>
  login.endsWith('[bot]'),
);

const trailers = new Map<string, { value: string; agent: string }[]>();
for (const { key, value, agent } of TRAILERS) {
  trailers.set(key, [...(trailers.get(key) ?? []), { value: value ?? '', agent }]);
}

/**
 * The first registry: who is known as an agent, by account id, App and trace. Sources stand beside every row in
 * agent-accounts.ts and agent-traces.ts.
 */
export const agentRegistry: AgentRegistry = Object.freeze({
  version: REGISTRY_VERSION,
  mergerIds: new Set(AGENT_ACCOUNTS.filter(({ merges }) => merges === true).map(({ id }) => id)),
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
  agentByKey: new Map(SIGNING_KEYS.map(({ fingerprint, agent }) => [fingerprint, agent])),
  agentByNoteTool: new Map(NOTE_TOOLS.map(({ text, agent }) => [text, agent])),
  falseTraces: FALSE_TRACES.map(({ address, seen }) => ({ address, first: seen.slice(0, 10), last: seen.slice(11) })),
  sponsorTraces: new Map(SPONSOR_TRACES.map(({ agent, by }) => [agent, by])),
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
