import { classify } from '../core/authorship/classify.ts';
import { isLoose } from '../core/authorship/branch-pushes.ts';
import type { Classification, Signal } from '../core/authorship/classification.ts';
import type {
  ChangedFile,
  ChangeFacts,
  PullEvidence,
  PullFacts,
  PushFacts,
  RepositoryFacts,
  RepositoryRef,
  RunFacts,
  TimelineEvent,
} from '../core/facts.ts';
import type { PartyContext } from '../core/parties/find-parties.ts';
import type { Parties, Party } from '../core/parties/party.ts';
import { policyRegistry } from '../core/policy/policy-registry.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { ReadPorts } from '../core/ports.ts';
import { countersignedMerges } from './countersigned-merges.ts';
import { partiesOf, sponsorsOf } from './parties.ts';
import { pullsOfRange } from './range-pulls.ts';
import { findRange } from './range.ts';
import type { DeployedHead, Range } from './range.ts';
import { load } from './state.ts';

/** Everything that is judged about one change, with what was judged from it. */
export interface Gathered {
  readonly change: ChangeFacts;
  readonly classification: Classification;
  readonly parties: Parties;
  /** Both names of every renamed file. */
  readonly paths: readonly string[];
  readonly pathsComplete: boolean;
}

/** GitHub lists at most this many commits of a pull request; at the limit there may be more. */
const PULL_COMMITS_MAX = 250;

export async function gatherPullRequest(
  ports: ReadPorts,
  ref: RepositoryRef,
  pull: PullFacts,
  policy: Policy | null,
  earlier: { readonly signals: readonly Signal[]; readonly people: readonly Party[] },
): Promise<Gathered> {
  const commits = await ports.forge.pullCommits(ref, pull.number);
  const { files, complete } = await ports.forge.changedFiles(ref, pull.number);
  const incomplete = [
    ...(commits.length >= PULL_COMMITS_MAX ? ['commits-truncated'] : []),
    ...(complete ? [] : ['files-truncated']),
    // Commits that stop short of the head belong to another moment than the head does.
    ...(commits.at(-1)?.sha === pull.headSha ? [] : ['head-moved']),
  ];
  const change = {
    commits,
    pulls: [await pullEvidence(ports, ref, pull)],
    runAttempts: [],
    incomplete,
    countersignedMerges: [],
    branchPushes: null,
    unseenPulls: pull.headRepositoryId === ref.id ? [] : [pull.number],
  };
  const known = { signals: earlier.signals, people: new Map([[pull.number, sponsorsOf(earlier.people)]]) };
  return judge(ports, ref, change, policy, { files, complete, earlier: known });
}

export interface GatheredDeployment extends Gathered {
  readonly range: Range;
  /** Pull requests of this repository whose head is the deployed commit: reviews of each can fill seats. */
  readonly headPulls: readonly PullEvidence[];
  /** The same facts as another policy judges them. */
  readonly under: (policy: Policy | null) => Promise<GatheredDeployment>;
}

export async function gatherDeployment(
  ports: ReadPorts,
  repository: RepositoryFacts,
  run: RunFacts,
  environment: string,
  policy: Policy | null,
): Promise<GatheredDeployment> {
  const runAttempts: RunFacts[] = [];
  for (let attempt = 1; attempt < run.attempt; attempt += 1) {
    runAttempts.push(await ports.forge.runAttempt(repository.ref, run.id, attempt));
  }
  runAttempts.push(run);
  return gatherRange(ports, repository, { head: run, runAttempts, environment }, policy);
}

/** A commit as it would be deployed, by nobody yet; `environment` only says whose base it is compared with. */
export async function gatherCommit(
  ports: ReadPorts,
  repository: RepositoryFacts,
  sha: string,
  environment: string,
  policy: Policy | null,
): Promise<GatheredDeployment> {
  const head = { headSha: sha, headRepositoryId: repository.ref.id, headBranch: null };
  return gatherRange(ports, repository, { head, runAttempts: [], environment }, policy);
}

async function gatherRange(
  ports: ReadPorts,
  { ref, defaultBranch }: RepositoryFacts,
  deployed: {
    readonly head: DeployedHead & Pick<RunFacts, 'headBranch'>;
    readonly runAttempts: readonly RunFacts[];
    readonly environment: string;
  },
  policy: Policy | null,
): Promise<GatheredDeployment> {
  const { head, runAttempts, environment } = deployed;
  const range = await findRange(ports, ref, head, environment, policy);
  const { numbers, incomplete } = await pullsOfRange(ports, ref, range.commits, head.headSha);
  const pulls: PullEvidence[] = [];
  const strangers: PullEvidence[] = [];
  for (const number of numbers) {
    const pull = await ports.forge.pullRequest(ref, number);
    if (await isOfStranger(ports, ref, pull)) strangers.push(...(await doneByWriters(ports, ref, pull)));
    else pulls.push(await pullEvidence(ports, ref, pull));
  }

  const change: ChangeFacts = {
    commits: range.commits,
    pulls: [...pulls, ...strangers],
    runAttempts,
    incomplete: [...range.incomplete, ...incomplete],
    countersignedMerges: await countersignedMerges(ports, ref, range.commits, pulls),
    unseenPulls: pulls.filter(({ pull }) => pull.headRepositoryId !== ref.id).map(({ pull }) => pull.number),
    branchPushes: await branchPushes(ports, ref, range, [head.headBranch, defaultBranch]),
  };
  const signals: Signal[] = [];
  const people = new Map<number, readonly Party[]>();
  for (const { number } of pulls.map(({ pull }) => pull)) {
    const known = await load(ports.documents, ref, 'pull', String(number));
    signals.push(...(known?.body.signals ?? []));
    // Also who wrote what a squash left out of its message; who merged it later is not known from there.
    people.set(number, known?.body.people ?? []);
  }

  const known = { files: range.files, complete: range.filesComplete, earlier: { signals, people } };
  const headPulls = pulls.filter(({ pull }) => pull.headSha === head.headSha && pull.headRepositoryId === ref.id);
  const under = async (judging: Policy | null): Promise<GatheredDeployment> => ({
    ...(await judge(ports, ref, change, judging, known)),
    range,
    headPulls,
    under,
  });
  return under(policy);
}

/**
 * Anybody can fork a public repository and open a pull request with our own commit as its head. Nothing came through it before
 * it is merged, so whatever stands in it says nothing of the commit; what our own people did there is another matter.
 */
async function isOfStranger(ports: ReadPorts, ref: RepositoryRef, pull: PullFacts): Promise<boolean> {
  if (pull.headRepositoryId === ref.id || pull.merged || pull.author?.type !== 'User') return false;
  return !(await canWrite(ports, ref, pull.author.login));
}

async function canWrite(ports: ReadPorts, ref: RepositoryRef, login: string): Promise<boolean> {
  return !['none', 'read', 'triage'].includes(await ports.people.permission(ref, login));
}

/** Of a stranger's pull request only what people did on it who may write here, and so could countersign: one of them may have asked the agent. */
async function doneByWriters(ports: ReadPorts, ref: RepositoryRef, pull: PullFacts): Promise<readonly PullEvidence[]> {
  const writers = new Map<string, boolean>();
  const timeline: TimelineEvent[] = [];
  for (const event of await ports.forge.timeline(ref, pull.number)) {
    if (event.kind === 'reviewed' || event.kind === 'base-changed' || event.actor?.type !== 'User') continue;
    const { login } = event.actor;
    const known = writers.get(login) ?? (await canWrite(ports, ref, login));
    writers.set(login, known);
    if (known) timeline.push(event);
  }
  // Its text, labels and branch are the stranger's.
  const bare = { ...pull, title: '', body: '', labels: [], headRef: '', viaApp: null };
  return timeline.length === 0 ? [] : [{ pull: bare, timeline, pushes: [] }];
}

/** Pushes that made one of the commits the tip of a branch; asked only where a commit came through no pull request. */
async function branchPushes(
  ports: ReadPorts,
  ref: RepositoryRef,
  { kind, commits }: Range,
  branches: readonly (string | null)[],
): Promise<readonly PushFacts[] | null> {
  if (!commits.some(isLoose)) return [];
  const shas = new Set(commits.map(({ sha }) => sha));
  const found: PushFacts[] = [];
  for (const branch of new Set(branches)) {
    if (branch !== null) found.push(...(await ports.forge.recentPushes(ref, branch)));
  }
  const pushes = found.filter(({ after }) => shas.has(after));
  // The one commit of a baseline or rollback may be older than any push that is still told; such a request never lacks a seat.
  return pushes.length === 0 && (kind === 'baseline' || kind === 'rollback') ? null : pushes;
}

async function pullEvidence(ports: ReadPorts, ref: RepositoryRef, pull: PullFacts): Promise<PullEvidence> {
  const timeline = await ports.forge.timeline(ref, pull.number);
  // A fork's pushes are not in this repository's activity; its opener and committers are parties all the same.
  const pushes = pull.headRepositoryId === ref.id ? await ports.forge.pushes(ref, pull.headRef) : [];
  return { pull, timeline, pushes };
}

async function judge(
  ports: ReadPorts,
  ref: RepositoryRef,
  change: ChangeFacts,
  policy: Policy | null,
  known: {
    readonly files: readonly ChangedFile[];
    readonly complete: boolean;
    readonly earlier: { readonly signals: readonly Signal[]; readonly people: PartyContext['earlier'] };
  },
): Promise<Gathered> {
  const { files, complete, earlier } = known;
  const paths = files.flatMap((file) => (file.previousPath === null ? [file.path] : [file.path, file.previousPath]));
  const classification = classify(change, policyRegistry(policy), {
    // An allow-list holds only within its paths, so without all paths there is none.
    automation: complete ? (policy?.automation ?? []).map(({ account, paths }) => ({ accountId: account, paths })) : [],
    touchedPaths: paths,
    earlier: earlier.signals,
  });
  const parties = await partiesOf(ports, ref, change, policy, earlier.people);
  return { change, classification, parties, paths, pathsComplete: complete };
}
