import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveReader } from '../adapters/github/live-branch.ts';
import { GateError } from '../core/errors.ts';
import { WORKFLOW_INSTALLATION } from '../core/evidence/records/log-origin.ts';
import { because } from '../core/gate/reasons.ts';
import type { ProposedSubject } from '../core/proposal.ts';
import { approvedSubjects, checkSubjects } from './approved-subjects.ts';
import type { Attestable } from './attestation-statement.ts';
import { checkEvent, checkSource, expectedSha } from './check-source.ts';
import { ActionFailure, forgeFailure } from './failure.ts';
import { findRelease } from './find-release.ts';
import type { Search, WantedGate } from './find-release.ts';
import { heldSummary, passedSummary } from './gate-summary.ts';
import { environmentOf, inputRefused } from './inputs.ts';
import { dayFolders, openLiveLog } from './live-log.ts';
import type { LiveLog } from './live-log.ts';
import { openLiveReader } from './live-reader.ts';
import { digestSubjects } from './subjects.ts';
import { EVIDENCE_BRANCH, readTrust } from './trust.ts';
import type { Trust } from './trust.ts';
import type { ActionContext, KeptGate, Verdict } from './verdict.ts';
import { explainNotReleased, weighRelease } from './weigh-release.ts';
import type { Anchor } from './release-shapes.ts';

const MOST_WAIT_SECONDS = 600;
/** Between two looks at the branch: soon at first, because most records that are awaited are a second away. */
const PAUSES_MS = [1_000, 2_000, 4_000];
const LAST_PAUSE_MS = 5_000;
/** First the days on which the record of a job that has just begun stands; then all in which it can. */
const NEAR_DAYS = [0, 1] as const;
const FAR_DAYS = [-1, 8] as const;

/** For all calls to GitHub together, beside the waiting: an honest one takes a second. */
const MOST_MS = 120_000;

/**
 * Mode `gate`: passes only when a record that is in force lets exactly this go: this repository, run, attempt, environment
 * and commit, and of what was proposed exactly what lies on the disk now.
 * @throws {ActionFailure} for everything else
 */
export async function runGate(context: ActionContext): Promise<Verdict> {
  return (await openGate(context)).verdict;
}

/** As `runGate`; also what lay on the disk when it was held against what was approved, for whoever uses it afterwards. */
export async function openGate(
  context: ActionContext,
): Promise<{ readonly verdict: Verdict; readonly subjects: readonly ProposedSubject[] }> {
  const { runner, inputs, clock } = context;
  const wanted = { runId: runner.runId, attempt: runner.attempt, environment: environmentOf(inputs) };
  const waitMs = waitSeconds(inputs['wait-seconds']) * 1_000;
  const until = clock.now() + waitMs;
  checkEvent(runner);
  const reader = openLiveReader(context, AbortSignal.timeout(waitMs + MOST_MS));
  const attest = inputs.attest === '' ? null : await (await import('./attest.ts')).openAttester(context);
  // What needs no answer of the log is asked meanwhile; what it finds counts as soon as it is known.
  const source = settle(checkSource(context, reader));
  const present = settle(digestSubjects(inputs, runner));
  try {
    const found = await waitForRelease(context, reader, wanted, {
      until,
      ready: () => Promise.all([source(), present()]),
    });
    const isCheckedOut = await source();
    const subjects = await present();
    const { verdict, attestable } = await conclude(context, reader, { found, onDisk: { subjects, isCheckedOut } });
    return { verdict: attest === null ? verdict : await attest(verdict, attestable), subjects };
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    throw forgeFailure(error, 'reading the policy and the evidence branch', 'contents: read');
  }
}

interface Look {
  readonly trust: Trust;
  readonly log: LiveLog;
  readonly search: Search;
}

interface Found extends Look {
  readonly anchor: Anchor;
}

interface OnDisk {
  readonly subjects: readonly ProposedSubject[];
  readonly isCheckedOut: boolean;
}

/** Looks again for a record that is not there yet, and for nothing else. */
async function waitForRelease(
  context: ActionContext,
  reader: LiveReader,
  wanted: WantedGate,
  /** `ready`: everything that has nothing to do with the log; if it fails, there is nothing to wait for. */
  { until, ready }: { readonly until: number; readonly ready: () => Promise<unknown> },
): Promise<Found> {
  const { runner, clock, print } = context;
  const cache = new Map<string, Uint8Array>();
  for (let looks = 0; ; looks += 1) {
    const look = await lookOnce(context, reader, wanted, cache);
    const { log, search } = look;
    const checkpoint = { checkpoint: log.note };
    const at = { expectedSha: expectedSha(runner), installationId: log.ids.installationId, nowMs: clock.now() };
    if (search.anchor !== null) {
      const { anchor } = search;
      const { index, path } = anchor.located;
      const details = { ...checkpoint, record: index, recordUrl: recordUrl(context, log, path) };
      withDetails(details, () => {
        weighRelease({ anchor, later: search.later }, at);
      });
      return { ...look, anchor };
    }
    const why = explainNotReleased(search, wanted, { ...at, size: log.checkpoint.size });
    const pause = PAUSES_MS[looks] ?? LAST_PAUSE_MS;
    if (why.isFinal || clock.now() + pause > until) {
      const summary = heldSummary(wanted.environment, why.requested, isAlone(log));
      throw new ActionFailure(why.because, { ...checkpoint, decision: why.decision, summary });
    }
    await ready();
    if (looks === 0)
      print(`No release of this attempt is recorded yet; looking again until ${new Date(until).toISOString()}.`);
    await sleep(pause);
  }
}

async function lookOnce(
  { runner, inputs, clock }: ActionContext,
  reader: LiveReader,
  wanted: WantedGate,
  cache: Map<string, Uint8Array>,
): Promise<Look> {
  const nowMs = clock.now();
  const near = dayFolders(nowMs, ...NEAR_DAYS);
  // Read with the usual branch before the policy names it: nearly always that is the one.
  const guess = inputs['evidence-branch'] || EVIDENCE_BRANCH;
  const first = await reader.read({ branch: guess, folders: near });
  const { host, repository } = runner;
  const trust = readTrust(first.policy, inputs);
  const search = async (branch: typeof first.branch): Promise<Look> => {
    if (branch === null) throw new ActionFailure(because('evidence-branch-missing', { branch: trust.branch }));
    const log = await openLiveLog({ reader, branch, keys: trust.keys, host, repositoryId: repository.id, cache });
    return { trust, log, search: await findRelease(log, wanted) };
  };
  const again = async (folders: readonly string[]): Promise<Look> =>
    search((await reader.read({ branch: trust.branch, folders })).branch);
  const look = trust.branch === guess ? await search(first.branch) : await again(near);
  return look.search.anchor === null ? again(dayFolders(nowMs, ...FAR_DAYS)) : look;
}

async function conclude(
  context: ActionContext,
  reader: LiveReader,
  { found, onDisk }: { readonly found: Found; readonly onDisk: OnDisk },
): Promise<{ readonly verdict: Verdict; readonly attestable: Attestable }> {
  const { runner, keep } = context;
  const { trust, log, anchor } = found;
  const { subjects: present, isCheckedOut } = onDisk;
  const { fields, located, digest } = anchor;
  const { environment, runId, attempt } = fields.gate;
  const reviewers = [...new Set(fields.seats.map(({ reviewer }) => reviewer.login))];
  const record = located.index;
  const details = { reviewers, record, recordUrl: recordUrl(context, log, located.path), checkpoint: log.note };
  const facts = await log.facts(fields.factsDigest, record);
  const approved = withDetails(details, () => {
    const subjects = approvedSubjects(facts, environment, record);
    checkSubjects(present, subjects);
    return subjects;
  });
  await checkAttested(context, reader, found).catch((error: unknown) => {
    throw detailed(error, details);
  });
  const kept: KeptGate = {
    environment,
    runId,
    attempt,
    record,
    recordDigest: digest,
    requestDigest: fields.requestDigest,
    appUrl: trust.appUrl,
  };
  keep('gate', JSON.stringify(kept));
  const sha = fields.headSha;
  const passed = because('gate-passed', { record, run: runId, attempt, environment, reviewers: reviewers.join(', ') });
  const attestable: Attestable = {
    note: log.note,
    origin: log.checkpoint.origin,
    record: { index: record, kind: fields.kind, sha256: digest },
    environment,
    headSha: sha,
    approved,
    reason: passed.code,
  };
  const verdict: Verdict = {
    decision: 'release',
    because: [passed],
    ...details,
    summary: passedSummary(runner, {
      environment,
      sha,
      kind: fields.kind,
      approved,
      present,
      isCheckedOut,
      ...details,
    }),
  };
  return { verdict, attestable };
}

/** Where the policy asks for it, the log's key alone lets nothing go. */
async function checkAttested(context: ActionContext, reader: LiveReader, { trust, log, anchor }: Found): Promise<void> {
  const { attested, policyCommit } = trust;
  if (attested === null) {
    if (context.inputs.attestation !== '') context.warn(because('attestation-not-demanded', {}));
    return;
  }
  const { checkAttestation } = await import('./check-attestation.ts');
  const reliedOn = { origin: log.checkpoint.origin, record: anchor.located.index, digest: anchor.digest };
  await checkAttestation(context, reader, { attested, policyCommit }, reliedOn);
}

function waitSeconds(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MOST_WAIT_SECONDS) return seconds;
  throw inputRefused('wait-seconds', `is no whole number from 0 to ${MOST_WAIT_SECONDS}`);
}

function isAlone({ ids }: LiveLog): boolean {
  return ids.installationId === WORKFLOW_INSTALLATION;
}

function recordUrl({ runner }: ActionContext, { commitSha }: LiveLog, path: string): string {
  const { owner, name } = runner.repository;
  return `${runner.serverUrl}/${owner}/${name}/blob/${commitSha}/${path}`;
}

/** A failure that says which record it is about. */
function withDetails<T>(details: Partial<Verdict>, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw detailed(error, details);
  }
}

function detailed(error: unknown, details: Partial<Verdict>): unknown {
  if (!(error instanceof ActionFailure)) return error;
  const { because: reasons, ...found } = error.verdict;
  return new ActionFailure([error.because, ...reasons.slice(1)], { ...details, ...found });
}

/** Starts now, is told when it is asked for: a failure meanwhile is neither lost nor loud. */
function settle<T>(started: Promise<T>): () => Promise<T> {
  started.catch(() => null);
  return () => started;
}
