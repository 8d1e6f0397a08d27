import type { Account } from '../actors/account.ts';
import { accountOfNoreply } from '../actors/noreply.ts';
import { appSightings } from '../authorship/account-signals.ts';
import { WEB_FLOW_ID } from '../authorship/automation.ts';
import { findBranchPushes, isUnseen } from '../authorship/branch-pushes.ts';
import { agentOfPerson } from '../authorship/commit-signals.ts';
import type { AgentRegistry } from '../authorship/registry.ts';
import { namedMailbox, searchable, trailersOf } from '../authorship/trailers.ts';
import type { ChangeFacts, CommitFacts, GitPerson, PullEvidence, RunFacts } from '../facts.ts';
import type { Parties, Party, Role } from './party.ts';

type Add = (account: Account | null, role: Role, where: string) => void;

/**
 * Names everyone on the requesting side of a change, by numeric account id, with every role and where it was seen. Bots are
 * parties too. Git text (mailboxes, trailers) may put an account here, so a forged trailer can exclude an approver but never
 * admit one (C2, C11).
 *
 * @param change every commit, pull request and run attempt of the change; a part of them finds a part of the parties
 * @see invariant 3 of docs/design.md
 */
export function findParties(change: ChangeFacts, registry: AgentRegistry): Parties {
  const found = new Map<number, Party>();
  const add: Add = (account, role, where) => {
    if (account === null || account.id === WEB_FLOW_ID) return;
    const known = found.get(account.id);
    const roles = known?.roles ?? [];
    found.set(account.id, {
      // An account that the API named replaces one that only a mailbox named.
      account: known === undefined || known.account.type === 'Unknown' ? account : known.account,
      roles: roles.some((held) => held.role === role && held.where === where) ? roles : [...roles, { role, where }],
    });
  };

  const merges = new Set(change.countersignedMerges);
  for (const commit of change.commits) addCommit(commit, merges, registry, add);
  for (const evidence of change.pulls) addPull(evidence, registry, add);
  for (const run of change.runAttempts) addRun(run, change, merges, add);
  const { direct, unknown } = findBranchPushes(change);
  for (const { actor, after } of direct) add(actor, 'pusher', `push of ${after.slice(0, 7)}`);
  const nobodys = new Set([...unknown, ...direct.filter(({ actor }) => actor === null).map(({ after }) => after)]);
  return {
    all: [...found.values()],
    unattributed: change.commits
      .filter((commit) => nobodys.has(commit.sha) || isUnseen(commit, change) || isUnattributed(commit, registry))
      .map(({ sha }) => sha),
  };
}

/** The roles that keep a party from countersigning, each once; empty for someone who only merged what was countersigned. */
export function excludingRoles(party: Party): readonly Role[] {
  return [...new Set(party.roles.map(({ role }) => role))].filter((role) => role !== 'merger');
}

/** True when this account may not fill any seat, because it stands on the requesting side (invariant 3); no permission exempts it. */
export function isExcluded(parties: Parties, accountId: number): boolean {
  return parties.all.some((party) => party.account.id === accountId && excludingRoles(party).length > 0);
}

function addCommit(commit: CommitFacts, merges: ReadonlySet<string>, registry: AgentRegistry, add: Add): void {
  const where = `commit ${commit.sha.slice(0, 7)}`;
  const [author, ...coAuthors] = commit.authors;
  const byAgent = [...commit.authors, commit.committer].some((person) => agentOfPerson(person, registry) !== null);
  add(accountOf(author), isMerge(commit, merges) ? 'merger' : 'author', where);
  for (const person of [...coAuthors, ...trailerPeople(commit.message)]) {
    add(accountOf(person), 'co-author', where);
    // Copilot and Devin name who asked them only as a co-author (C2).
    if (byAgent && agentOfPerson(person, registry) === null) add(accountOf(person), 'sponsor', where);
  }
  add(accountOf(commit.committer), 'committer', where);
  if (commit.signature.verified) add(commit.signature.signer, 'committer', where);
}

function addPull({ pull, timeline, pushes }: PullEvidence, registry: AgentRegistry, add: Add): void {
  const where = `pull request #${pull.number}`;
  add(pull.author, 'pull-request-author', where);
  // Opened by an agent's App with its user's token: that user asked for it (Codex and Cursor always do so).
  const viaAgent = appSightings(pull.viaApp, pull.author, registry).some(({ tier }) => tier === 'verified');
  if (viaAgent) add(pull.author, 'sponsor', where);
  for (const { actor } of pushes) add(actor, 'pusher', where);
  for (const event of timeline) {
    if (event.kind === 'force-pushed') add(event.actor, 'pusher', where);
    if (event.kind === 'agent-started') add(event.actor, 'sponsor', where);
  }
}

function addRun(run: RunFacts, change: ChangeFacts, merges: ReadonlySet<string>, add: Add): void {
  const where = `run ${run.id} attempt ${run.attempt}`;
  // A re-run keeps `actor` and names the person who re-ran as `triggering_actor` (C9).
  const starters = run.attempt === 1 ? [run.actor, run.triggeringActor] : [run.actor];
  for (const account of starters) {
    add(account, startedByMerging(account, run, change, merges) ? 'merger' : 'dispatcher', where);
  }
  if (run.attempt > 1) add(run.triggeringActor, 're-runner', where);
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

/** Only a merge that GitHub itself made and signed: anything else could carry its author's own changes (C21). */
function isMerge(commit: CommitFacts, merges: ReadonlySet<string>): boolean {
  return merges.has(commit.sha) && commit.parents.length > 1 && commit.signature.verified && commit.signature.byGitHub;
}

/** GitHub reads a trailer only where git does; one that a squash flattened or oddly spaced still names its person. */
function trailerPeople(message: string): readonly GitPerson[] {
  return trailersOf(searchable(message)).flatMap(({ key, value }) => {
    const { name, email } = namedMailbox(value);
    return key === 'co-authored-by' && email !== null ? [{ name, email, account: null }] : [];
  });
}

function accountOf(person: GitPerson | undefined): Account | null {
  if (person === undefined) return null;
  if (person.account !== null) return person.account;
  const named = accountOfNoreply(person.email);
  return named === null ? null : { ...named, type: 'Unknown' };
}

/**
 * Whether some author is nobody whom GitHub knows, so that anyone may have written it (C12). An agent's account id in a
 * private address, or an agent's mailbox as co-author, names its bearer well enough: it can only tighten. As the author,
 * a mailbox without an account still names nobody who answers for it.
 */
function isUnattributed({ authors, signature }: CommitFacts, registry: AgentRegistry): boolean {
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
