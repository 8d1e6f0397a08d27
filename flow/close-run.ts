import { GateError } from '../core/errors.ts';
import { because } from '../core/gate/reasons.ts';
import type { Because } from '../core/gate/decision.ts';
import type { JobFacts, RepositoryRef, RunFacts } from '../core/facts.ts';
import type { RecordPorts, Sealed } from '../core/ports.ts';
import { loadGates } from './gates.ts';
import { placeKey } from './proposals.ts';
import { endedByWorkflowSealing } from './release-records.ts';
import { rememberSuccess } from './remember-success.ts';
import { approvalKey } from './reviews.ts';
import { sealAll } from './seal.ts';
import { load, save } from './state.ts';
import type { GateState } from './state.ts';

/** How the workflow says that the protected job ended: `needs.<job>.result`. */
export type JobResult = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface RunToClose {
  readonly environment: string;
  readonly result: JobResult;
  /** Name of the protected job as GitHub lists it; null: the workflow does not say. */
  readonly job: string | null;
}

export type RunClosed =
  | { readonly kind: 'closed' | 'closed-before'; readonly record: Sealed }
  | { readonly kind: 'refused'; readonly because: Because };

/**
 * Writes down, once, how a job ended that `decideRun` had let go, and takes a success as the base of the next deployment. The
 * workflow says the result, and GitHub's own list of that attempt's jobs must not contradict it: a success that it does not
 * show is not written, so the next deployment is compared with an older base, which misses nothing.
 *
 * A closing job that failed is run again as a part of a later attempt, in which nothing was decided: then it closes the attempt
 * that was let go last, as long as nobody has asked for the environment since.
 *
 * @throws {GateError} ERR_FORGE_*, ERR_LOG_*, ERR_STORE_*; ERR_LOG_BUSY: another closing job is writing it
 */
export async function closeRun(
  ports: RecordPorts,
  ref: RepositoryRef,
  run: RunFacts,
  { result, job, ...asked }: RunToClose,
): Promise<RunClosed> {
  const environment = asked.environment.toLowerCase();
  const gates = await loadGates(ports, ref, run.id);
  const gate = gates.all().findLast((each) => each.environment === environment);
  if (gate === undefined || gate.released === null || gate.attempt > run.attempt) {
    return { kind: 'refused', because: because('gate-not-released', { environment, attempt: run.attempt }) };
  }
  const { released, attempt } = gate;
  if (released.outcome !== null) return closedBefore(ports, ref, gate, released, result);
  const { ended, quiet } = await jobsOf(ports, ref, run, attempt);
  const contradiction = contradicts(result, ended, job);
  if (contradiction !== null) {
    const params = { said: result, attempt, found: contradiction };
    return { kind: 'refused', because: because('outcome-unconfirmed', params) };
  }
  const sealings = [endedByWorkflowSealing(ports, ref, run.id, gate, released, result)];
  const [record] = await sealAll(ports, ref, sealings, async ([outcomeDigest]) => {
    // Remembered together with the record itself: both get to the store in one push.
    await gates.put({ ...gate, released: { ...released, outcome: result, outcomeDigest, quiet } });
    if (result === 'success') await rememberSuccess(ports, ref, gate);
    await seeApprovals(ports, ref, run, environment);
  });
  if (record === undefined) throw new GateError('ERR_LOG_REFUSED', 'the log did not confirm an outcome');
  return { kind: 'closed', record };
}

async function closedBefore(
  { log }: RecordPorts,
  ref: RepositoryRef,
  { environment, attempt }: GateState,
  { outcome, outcomeDigest }: NonNullable<GateState['released']>,
  said: JobResult,
): Promise<RunClosed> {
  if (outcome !== said) {
    const params = { environment, attempt, recorded: outcome ?? '', said };
    return { kind: 'refused', because: because('outcome-differs', params) };
  }
  const index = outcomeDigest === undefined ? null : await log.find(ref, outcomeDigest);
  if (outcomeDigest === undefined || index === null) {
    throw new GateError('ERR_LOG_BUSY', 'another closing job is writing the outcome');
  }
  return { kind: 'closed-before', record: { digest: outcomeDigest, index } };
}

/** The approvals that were given until the job ended belong to this attempt. */
async function seeApprovals(ports: RecordPorts, ref: RepositoryRef, run: RunFacts, environment: string): Promise<void> {
  const key = placeKey({ runId: run.id, attempt: run.attempt, environment });
  const stored = await load(ports.documents, ref, 'approvals', key);
  const body = (await ports.forge.approvals(ref, run.id)).map(approvalKey);
  await save(ports.documents, ref, 'approvals', key, { body, version: stored?.version ?? 0 });
}

/**
 * `ended`: jobs of the attempt that have, without those of their names that run in this one, such as the closing job. `quiet`:
 * nothing is left of the attempt but the job that closes it.
 */
async function jobsOf(
  { forge }: RecordPorts,
  ref: RepositoryRef,
  run: RunFacts,
  attempt: number,
): Promise<{ readonly ended: readonly JobFacts[]; readonly quiet: boolean }> {
  const jobs = await forge.attemptJobs(ref, run.id, attempt);
  const now = attempt === run.attempt ? jobs : await forge.attemptJobs(ref, run.id, run.attempt);
  const running = new Set(now.filter(({ status }) => status !== 'completed').map(({ name }) => name));
  return {
    ended: jobs.filter(({ name, status }) => status === 'completed' && !running.has(name)),
    quiet: attempt === run.attempt && jobs.filter(({ status }) => status !== 'completed').length <= 1,
  };
}

const GOOD: ReadonlySet<string> = new Set(['success', 'skipped', 'neutral']);

/**
 * What of the list speaks against the result; null: nothing. GitHub does not tell which job was the protected one. Where the
 * workflow does not either, a success asks it of all that have ended: one beside the deciding job did well, and none did badly.
 */
function contradicts(result: JobResult, ended: readonly JobFacts[], job: string | null): string | null {
  const own = job === null ? ended : ended.filter(({ name }) => isPartOf(name, job));
  if (own.length === 0 && job !== null) return `no job \`${job}\` that has ended`;
  const bad = own.find(({ conclusion }) => !GOOD.has(conclusion ?? ''));
  const done = own.filter(({ conclusion }) => conclusion === 'success').length;
  if (result === 'success') {
    if (bad !== undefined) return `a job that ended with ${bad.conclusion ?? 'nothing'}`;
    return done < (job === null ? 2 : 1) ? 'no job that ended well' : null;
  }
  if (result === 'skipped') return job !== null && (done > 0 || bad !== undefined) ? 'a job that has run' : null;
  return bad === undefined ? 'no job that did not end well' : null;
}

/** A job of a matrix is listed as `job (value)`, one of a called workflow as `job / other`. */
function isPartOf(name: string, job: string): boolean {
  return name === job || name.startsWith(`${job} (`) || name.startsWith(`${job} / `);
}
