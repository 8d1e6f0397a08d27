import type { Account } from '../actors/account.ts';
import { NOBODY_DECLARED } from '../actors/declared-people.ts';
import type { DeclaredPeople } from '../actors/declared-people.ts';
import { accountOfNoreply } from '../actors/noreply.ts';
import { findBranchPushes, isUnseen } from '../authorship/branch-pushes.ts';
import { agentOfPerson } from '../authorship/commit-signals.ts';
import { agentRegistry } from '../authorship/registry.ts';
import type { AgentRegistry } from '../authorship/registry.ts';
import type { ChangeFacts, CommitFacts, RunFacts } from '../facts.ts';
import { addCommit, isByAgent, isMerge } from './commit-parties.ts';
import type { CommitContext } from './commit-parties.ts';
import { accountOfPerson, knownMailboxes } from './known-mailboxes.ts';
import type { NamedPerson } from './named-people.ts';
import type { Parties, Party, Role, UnknownPerson } from './party.ts';
import { createPartyGraph } from './party-graph.ts';
import type { PartyGraph } from './party-graph.ts';
import { addPull, isAgentPull, isPerson } from './pull-parties.ts';
import { withSamePeople } from './same-person.ts';

/** What was looked up for a change beside its facts. */
export interface PartyContext {
  /** Accounts by the logins of `namedLogins`, as they are now; one that is not there is nobody's. */
  readonly logins: ReadonlyMap<string, Account>;
  /** Parties of a pull request when it was looked at before, by its number: what is known once stays known. */
  readonly earlier: ReadonlyMap<number, readonly Party[]>;
  /** Who answers for an account of the change, by its id: as the policy says, or as GitHub says of an App. */
  readonly owners: ReadonlyMap<number, { readonly owner: Account | null; readonly where: string }>;
  readonly mergersExcluded: boolean;
  /** Accounts that the policy says are one person's. */
  readonly people: DeclaredPeople;
}

const NOTHING_MORE: PartyContext = {
  logins: new Map(),
  earlier: new Map(),
  owners: new Map(),
  mergersExcluded: false,
  people: NOBODY_DECLARED,
};

/**
 * Names everyone on the requesting side of a change, by numeric account id, with every role, where it was seen and how it is
 * known. Bots are parties too. Git text (mailboxes, trailers) and free text may put an account here, so a forged trailer can
 * exclude an approver but never admit one (C2, C11).
 *
 * @param change every commit, pull request and run attempt of the change; a part of them finds a part of the parties
 * @see invariant 3 of docs/design.md
 */
export function findParties(change: ChangeFacts, registry: AgentRegistry, context = NOTHING_MORE): Parties {
  const graph = graphOf(change, registry);
  const { direct, unknown } = findBranchPushes(change);
  for (const { account, roles } of [...context.earlier.values()].flat()) {
    for (const { role, where, source } of roles) graph.add(account, role, where, source);
  }
  const mailboxes = knownMailboxes(change);
  resolveNamed(graph, mailboxes, context);
  for (const { account } of graph.parties()) {
    const owned = context.owners.get(account.id);
    if (owned === undefined) continue;
    if (owned.owner === null) graph.addUnknown({ name: 'nobody', role: 'owner', where: owned.where, source: 'api' });
    else graph.add(owned.owner, 'owner', owned.where, 'api');
  }
  for (const person of nameless(change, registry, context)) graph.addUnknown(person);
  const nobodys = new Set([...unknown, ...direct.filter(({ actor }) => actor === null).map(({ after }) => after)]);
  const parties = {
    all: graph.parties(),
    unattributed: change.commits
      .filter((commit) => nobodys.has(commit.sha) || isUnseen(commit, change) || isUnattributed(commit))
      .map(({ sha }) => sha),
    unknown: graph.unknown().filter(({ role }) => role !== 'merger' || context.mergersExcluded),
    mergersExcluded: context.mergersExcluded,
  };
  return withSamePeople(parties, context.people);
}

/** Logins in free text that must be looked up before the parties are complete; in lower case, each once. */
export function namedLogins(change: ChangeFacts, registry: AgentRegistry): readonly string[] {
  const logins = graphOf(change, registry)
    .named()
    .flatMap(({ person }) => (person.login === null ? [] : [person.login]));
  return [...new Set(logins)];
}

/** The roles that keep a party from countersigning, each once; empty for someone who only merged what was countersigned. */
export function excludingRoles(party: Party, { mergersExcluded }: Pick<Parties, 'mergersExcluded'>): readonly Role[] {
  return [...new Set(party.roles.map(({ role }) => role))].filter((role) => role !== 'merger' || mergersExcluded);
}

/** True when this account may not fill any seat, because it stands on the requesting side (invariant 3); no permission exempts it. */
export function isExcluded(parties: Parties, accountId: number): boolean {
  return parties.all.some((party) => party.account.id === accountId && excludingRoles(party, parties).length > 0);
}

/** @param mailboxes of the whole change, of which this may be a part */
function graphOf(change: ChangeFacts, registry: AgentRegistry, mailboxes = knownMailboxes(change)): PartyGraph {
  const graph = createPartyGraph();
  const commits: CommitContext = {
    merges: new Set(change.countersignedMerges),
    mailboxes,
    registry,
  };
  for (const commit of change.commits) addCommit(graph, commit, commits);
  for (const evidence of change.pulls) addPull(graph, evidence, commitsOf(evidence.pull.number, change), registry);
  addUnreadPulls(graph, change);
  for (const run of change.runAttempts) addRun(graph, run, change, commits);
  for (const { actor, after } of findBranchPushes(change).direct) {
    if (actor !== null) graph.add(actor, 'pusher', `push of ${after.slice(0, 7)}`, 'api');
  }
  return graph;
}

/** Openers of pull requests that a long deployment has and that were not looked at one by one. */
function addUnreadPulls(graph: PartyGraph, change: ChangeFacts): void {
  if (isOnePull(change)) return;
  const read = new Set(change.pulls.map(({ pull }) => pull.number));
  for (const { number, author } of change.commits.flatMap(({ pulls }) => pulls)) {
    if (!read.has(number)) graph.add(author, 'pull-request-author', `pull request #${number}`, 'api');
  }
}

function isOnePull({ runAttempts, pulls }: ChangeFacts): boolean {
  return runAttempts.length === 0 && pulls.length === 1;
}

/** All commits of a change without a run are those of its one pull request. */
function commitsOf(number: number, change: ChangeFacts): readonly CommitFacts[] {
  return isOnePull(change)
    ? change.commits
    : change.commits.filter(({ pulls }) => pulls.some((pull) => pull.number === number));
}

function addRun(graph: PartyGraph, run: RunFacts, change: ChangeFacts, { merges }: CommitContext): void {
  const where = `run ${run.id} attempt ${run.attempt}`;
  // A re-run keeps `actor` and names the person who re-ran as `triggering_actor` (C9).
  const starters = run.attempt === 1 ? [run.actor, run.triggeringActor] : [run.actor];
  for (const account of starters) {
    graph.add(account, startedByMerging(account, run, change, merges) ? 'merger' : 'dispatcher', where, 'api');
  }
  if (run.attempt > 1) graph.add(run.triggeringActor, 're-runner', where, 'api');
}

/** Whoever merges a countersigned pull request is the actor of the push that follows: without this no team of two could ship. */
function startedByMerging(
  account: Account | null,
  run: RunFacts,
  change: ChangeFacts,
  merges: ReadonlySet<string>,
): boolean {
  if (account === null || run.event !== 'push') return false;
  const head = change.commits.find(({ sha }) => sha === run.headSha);
  return head !== undefined && isMerge(head, merges) && head.authors[0]?.account?.id === account.id;
}

/**
 * People whom free text names. A login is whoever has it now, and whoever had it when the pull request was looked at before:
 * a name that somebody gave up and somebody else took is both (C15). A name that is nobody's is somebody unknown.
 */
function resolveNamed(
  graph: PartyGraph,
  mailboxes: ReadonlyMap<string, Account>,
  { logins, earlier }: PartyContext,
): void {
  const before = new Set([...earlier.values()].flat().map(({ account }) => account.login.toLowerCase()));
  for (const { person, where } of graph.named()) {
    const account = accountOfNamed(person, logins, mailboxes);
    if (account !== null) graph.add(account, 'sponsor', where, 'text');
    else if (person.login === null || !before.has(person.login)) {
      graph.addUnknown({ name: person.name, role: 'sponsor', where, source: 'text' });
    }
  }
}

function accountOfNamed(
  { login, email }: NamedPerson,
  logins: ReadonlyMap<string, Account>,
  mailboxes: ReadonlyMap<string, Account>,
): Account | null {
  // An organisation or a bot asks for nothing by itself.
  const named = login === null ? undefined : logins.get(login);
  if (named !== undefined) return named.type === 'User' ? named : null;
  if (email === null) return null;
  return accountOfPerson({ account: null, email }) ?? mailboxes.get(email.trim().toLowerCase()) ?? null;
}

/** Agents' pull requests and commits behind which no human stands by name: whoever approves may be the one (agents.md 4). */
function nameless(change: ChangeFacts, registry: AgentRegistry, context: PartyContext): readonly UnknownPerson[] {
  const mailboxes = knownMailboxes(change);
  const ofPulls = change.pulls
    .map((evidence) => ({ evidence, commits: commitsOf(evidence.pull.number, change) }))
    .filter(({ evidence, commits }) => isAgentPull(evidence, commits, registry))
    .map(({ evidence, commits }) => ({
      where: `pull request #${evidence.pull.number}`,
      part: { ...change, commits, pulls: [evidence], runAttempts: [], branchPushes: null },
      before: context.earlier.get(evidence.pull.number) ?? [],
    }));
  const loose = isOnePull(change)
    ? []
    : change.commits.filter((commit) => commit.pulls.length === 0 && isByAgent(commit, registry));
  const [first] = loose;
  const ofCommits =
    first === undefined
      ? []
      : [
          {
            where: `commit ${first.sha.slice(0, 7)}`,
            part: { ...change, commits: loose, pulls: [], runAttempts: [] },
            before: [],
          },
        ];
  return [...ofPulls, ...ofCommits].flatMap(({ where, part, before }): readonly UnknownPerson[] => {
    const graph = graphOf(part, registry, mailboxes);
    resolveNamed(graph, mailboxes, context);
    const people = [...graph.parties(), ...before].filter(({ account }) => isPerson(account, registry));
    const isNamed =
      people.some(({ roles }) => roles.some(({ role }) => role !== 'merger')) || graph.unknown().length > 0;
    return isNamed ? [] : [{ name: 'nobody', role: 'sponsor', where, source: 'api' }];
  });
}

/**
 * Whether some author is nobody whom GitHub knows, so that anyone may have written it (C12). An agent's account id in a
 * private address, or an agent's mailbox as co-author, names its bearer well enough: it can only tighten. As the author,
 * a mailbox without an account still names nobody who answers for it.
 */
function isUnattributed({ authors, signature }: CommitFacts): boolean {
  // Not what a policy adds: there an agent's mailbox would take a seat away, and a policy only ever adds (invariant 6).
  const registry = agentRegistry;
  return (
    authors.length === 0 ||
    authors.some(({ account, email, name }, index) => {
      if (account !== null) return false;
      const named = accountOfNoreply(email);
      if (named !== null && registry.agentByAccountId.has(named.id)) return false;
      // GraphQL maps no bot; GitHub's own signature says that this one is what it claims.
      if (named !== null && named.login.toLowerCase().endsWith('[bot]') && signature.verified && signature.byGitHub)
        return false;
      return index === 0 || agentOfPerson({ account, email, name }, registry) === null;
    })
  );
}
