import { because } from '../core/gate/reasons.ts';
import type { Because } from '../core/gate/decision.ts';
import type { JobFacts, RepositoryRef, RunFacts } from '../core/facts.ts';
import type { RecordPorts, Sealed } from '../core/ports.ts';
import { loadGates } from './gates.ts';
import { placeKey } from './proposals.ts';
import { endedByWorkflowSealing } from './release-records.ts';
import { rememberSuccess } from './remember-success.ts';
import { approvalKey } from './reviews.ts';
import { sealOne } from './seal.ts';
import { load, save } from './state.ts';
import type { GateState } from './state.ts';

/** How the workflow says that the protected job ended: `needs.<job>.result`. */
export type JobResult = 'success' | 'failure' | 'cancelled' | 'skipped';

export type RunClosed =
  | { readonly kind: 'closed'; readonly record: Sealed; readonly conclusion: string }
  | { readonly kind: 'refused'; readonly because: Because };

/**
 * Writes down how a job ended that `decideRun` had let go, and takes a success as the base of the next deployment. The workflow
 * says the result, and GitHub's own list of the attempt's jobs must not contradict it: a success that one of them does not
 * show is not written, so the next deployment is compared with an older base, which misses nothing.
 *
 * @throws {GateError} ERR_FORGE_*, ERR_LOG_*, ERR_STORE_*
 */
export async function closeRun(
  ports: RecordPorts,
  ref: RepositoryRef,
  run: RunFacts,
  asked: { readonly environment: string; readonly result: JobResult },
): Promise<RunClosed> {
  const environment = asked.environment.toLowerCase();
  const gates = await loadGates(ports, ref, run.id);
  const gate = gates.all().find((each) => each.attempt === run.attempt && each.environment === environment);
  if (gate === undefined || gate.released === null) {
    return { kind: 'refused', because: because('gate-not-released', { environment, attempt: run.attempt }) };
  }
  const jobs = await ports.forge.attemptJobs(ref, run.id, run.attempt);
  const contradiction = contradicts(asked.result, jobs);
  if (contradiction !== null) {
    const params = { said: asked.result, found: contradiction };
    return { kind: 'refused', because: because('outcome-unconfirmed', params) };
  }
  const { released } = gate;
  const closed: GateState = { ...gate, released: { ...released, outcome: asked.result } };
  if (released.outcome === null) await gates.put(closed);
  if (asked.result === 'success') await rememberSuccess(ports, ref, closed);
  await seeApprovals(ports, ref, run, environment);
  const record = await sealOne(ports, ref, endedByWorkflowSealing(ports, ref, run.id, gate, released, asked.result));
  return { kind: 'closed', record, conclusion: asked.result };
}

/** The approvals that were given until the job ended belong to this attempt. */
async function seeApprovals(ports: RecordPorts, ref: RepositoryRef, run: RunFacts, environment: string): Promise<void> {
  const key = placeKey({ runId: run.id, attempt: run.attempt, environment });
  const stored = await load(ports.documents, ref, 'approvals', key);
  const body = (await ports.forge.approvals(ref, run.id)).map(approvalKey);
  await save(ports.documents, ref, 'approvals', key, { body, version: stored?.version ?? 0 });
}

const GOOD: ReadonlySet<string> = new Set(['success', 'skipped', 'neutral']);

/**
 * What of the list speaks against the result; null: nothing. Which job was the protected one GitHub does not tell, so a success
 * asks it of all that have ended: one beside the deciding job did well, and none did badly.
 */
function contradicts(result: JobResult, jobs: readonly JobFacts[]): string | null {
  const ended = jobs.filter(({ status }) => status === 'completed');
  const bad = ended.find(({ conclusion }) => !GOOD.has(conclusion ?? ''));
  if (result === 'success') {
    if (bad !== undefined) return `a job that ended with ${bad.conclusion ?? 'nothing'}`;
    return ended.filter(({ conclusion }) => conclusion === 'success').length < 2 ? 'no job that ended well' : null;
  }
  if (result === 'skipped' || bad !== undefined) return null;
  return 'no job that did not end well';
}
