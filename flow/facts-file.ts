import { commitmentOf } from '../core/evidence/records/commitment.ts';
import { factsPath } from '../core/evidence/layout.ts';
import { renderJson } from '../core/evidence/strict-json.ts';
import { toHex, utf8 } from '../core/evidence/bytes.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { Decision } from '../core/gate/decision.ts';
import { canonicalJson, requestFields } from '../core/gate/request-digest.ts';
import type { Parties } from '../core/parties/party.ts';
import type { Ports, RecordPorts } from '../core/ports.ts';
import { quoteReasons, sortedJobs } from '../core/record/bounded-lists.ts';
import { firstThatFit } from '../core/record/first-that-fit.ts';
import { keepDisclosure, nameOf, saltOf } from './disclosure.ts';
import type { Evaluation } from './evaluate.ts';
import type { KnownJob } from './state.ts';
import type { TeamSnapshot } from './teams.ts';

/** Of a party that is named in hundreds of commits the first ones say enough; all roles are named. */
const PATHS_MAX = 20;
/** Of each of so many parties that others would find no room. */
const PATHS_OF_A_CROWD = 2;
const CROWD = 30;

/**
 * Bytes of the lists that a change can make long. A commit of the evidence branch takes a megabyte, with the policy and what
 * is proposed: no change, however large, may keep its request from being written down (invariant 2).
 */
const LIST_BYTES = {
  signals: 50_000,
  parties: 120_000,
  unattributedCommits: 10_000,
  commits: 90_000,
  pullRequests: 15_000,
  runAttempts: 20_000,
  countersignedMerges: 15_000,
} as const;
/** All teams together, which share it. */
const MEMBERS_BYTES = 100_000;

export interface FactsFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly digest: string;
}

/**
 * The facts that a decision rests on, stored by digest beside the record: who by id and role, which commits, which signals
 * of what kind, and whole lists of which the record has the first entries. No text of the requesting side but what it
 * proposed to run, no mailbox, no path (invariant 11): the words of signals stand as commitments under one salt a file, paths
 * as one digest. Proposals stand in full, because a job looks itself up in them. The same facts give the same file as long as
 * their disclosure is kept.
 *
 * @param jobs the jobs that an authorisation names; none where nothing is let go
 */
export async function factsFile(
  ports: RecordPorts,
  ref: RepositoryRef,
  evaluation: Evaluation,
  jobs: readonly KnownJob[] = [],
): Promise<FactsFile> {
  const { signals } = evaluation.gathered.classification;
  const plain = renderFacts(ports, evaluation, jobs, (value) => value);
  const { digest: requestDigest } = evaluation;
  const commitWith =
    (salt: Uint8Array) =>
    (value: string): string =>
      commitmentOf(salt, value, ports.sha256);
  const kept = await keepDisclosure(ports, ref, `facts/${nameOf(ports, plain)}`, (salt) => ({
    texts: [...new Set(signals.map(({ value }) => value))],
    factsDigest: nameOf(ports, renderFacts(ports, evaluation, jobs, commitWith(salt))),
    reasonCommitment: null,
    requestDigest,
  }));
  return fileOf(ports, renderFacts(ports, evaluation, jobs, commitWith(saltOf(kept))));
}

/** Facts of a deployment that nobody decided: its jobs. */
export function jobsFile(ports: Pick<Ports, 'sha256'>, jobs: readonly KnownJob[]): FactsFile {
  return fileOf(ports, renderJson({ jobs: sortedJobs(jobs) }));
}

/** What of an evaluation stands in its facts. */
type FactsOf = Pick<Evaluation, 'gathered' | 'request' | 'decision' | 'proposals' | 'memberships'>;

/**
 * The facts as they are written down.
 *
 * @param commit what stands for the words of a signal
 */
export function renderFacts(
  ports: Pick<Ports, 'sha256'>,
  { gathered, request, decision, proposals, memberships }: FactsOf,
  jobs: readonly KnownJob[],
  commit: (value: string) => string,
): string {
  const { classification, parties, change } = gathered;
  const cut: { list: string; count: number; digest: string }[] = [];
  const bounded = <T>(list: keyof typeof LIST_BYTES, entries: readonly T[]): readonly T[] => {
    const first = firstThatFit(entries, LIST_BYTES[list]);
    if (first.length < entries.length) {
      cut.push({ list, count: entries.length, digest: nameOf(ports, renderJson(entries)) });
    }
    return first;
  };
  const pathsMax = parties.all.length > CROWD ? PATHS_OF_A_CROWD : PATHS_MAX;
  return renderJson({
    request: requestFields(request, ports.sha256),
    jobNames: request.kind === 'deployment' ? request.jobs.toSorted() : [],
    jobs: sortedJobs(jobs),
    proposals,
    class: classification.class,
    agents: classification.agents,
    signals: bounded(
      'signals',
      classification.signals.map(({ tier, kind, agent, value }) => ({
        tier,
        kind,
        agent,
        valueCommitment: commit(value),
      })),
    ),
    parties: bounded(
      'parties',
      parties.all.map(({ account, roles }) => ({
        id: account.id,
        login: account.login,
        type: account.type,
        roles: [...new Set(roles.map(({ role }) => role))].toSorted(),
        paths: roles
          .slice(0, pathsMax)
          .map(({ role, source, where, by }) => ({ role, source, where, ...(by === undefined ? {} : { by }) })),
        pathCount: roles.length,
      })),
    ),
    unattributedCommits: bounded('unattributedCommits', parties.unattributed),
    commits: bounded(
      'commits',
      change.commits.map(({ sha, treeSha }) => ({ sha, treeSha })),
    ),
    pullRequests: bounded(
      'pullRequests',
      change.pulls.map(({ pull }) => ({ number: pull.number, headSha: pull.headSha })),
    ),
    // The last attempt is the one that is judged.
    runAttempts: bounded(
      'runAttempts',
      change.runAttempts
        .map((run) => ({
          attempt: run.attempt,
          actorId: run.actor?.id ?? null,
          triggeringActorId: run.triggeringActor?.id ?? null,
          event: run.event,
          workflow: run.path,
          calledWorkflows: run.calledWorkflows.map((called) => ({ path: called.path, sha: called.sha })),
        }))
        .toReversed(),
    ).toReversed(),
    incomplete: change.incomplete,
    countersignedMerges: bounded('countersignedMerges', change.countersignedMerges),
    pathsDigest: nameOf(ports, canonicalJson(gathered.paths.toSorted())),
    pathsComplete: gathered.pathsComplete,
    seats: decision.seats.map(({ seat }) => ({ id: seat.id, group: seat.source.group, rules: seat.rules })),
    memberships: memberships.map((team) => shownTeam(team, decision, parties, MEMBERS_BYTES / memberships.length)),
    because: quoteReasons(decision.because),
    reviews: decision.reviews.map(({ review, counts, because }) => ({
      id: review.id,
      reviewerId: review.reviewer.id,
      verdict: review.verdict,
      counts,
      reason: because.code,
    })),
    cut,
  });
}

/**
 * Of the members only those who answered or had a part: nothing was decided by the others, and evidence is for ever. Whoever
 * answered comes first, so that a crowd of parties never pushes them out.
 */
function shownTeam(
  { team, baseAt, changedAt, members }: TeamSnapshot,
  { reviews }: Decision,
  parties: Parties,
  bytesMax: number,
) {
  const hadPart = new Set(parties.all.map(({ account }) => account.id));
  const answered = new Set(reviews.map(({ review }) => review.reviewer.id));
  const rank = ({ id }: { readonly id: number }): number => (answered.has(id) ? 0 : 1);
  const concerned = members
    .filter(({ id }) => answered.has(id) || hadPart.has(id))
    .toSorted((left, right) => rank(left) - rank(right))
    .map(({ id, since }) => ({ id, firstSeenAt: new Date(since ?? baseAt).toISOString(), base: since === null }));
  return {
    team,
    source: 'GET /orgs/{org}/teams/{team_slug}/members',
    baseAt: new Date(baseAt).toISOString(),
    changedAt: new Date(changedAt).toISOString(),
    memberCount: members.length,
    members: firstThatFit(concerned, bytesMax),
  };
}

function fileOf(ports: Pick<Ports, 'sha256'>, text: string): FactsFile {
  const bytes = utf8(text);
  const digest = toHex(ports.sha256(bytes));
  return { path: factsPath(digest), bytes, digest };
}
