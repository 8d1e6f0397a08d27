import { z } from 'zod';
import type { RepositoryRef } from '../../core/facts.ts';
import { because } from '../../core/gate/reasons.ts';
import { proposalSchema } from '../../core/proposal.ts';
import { RESULTS } from '../../core/record/release-schemas.ts';
import { placeKey } from '../../flow/proposals.ts';
import { withReport } from '../../flow/reports.ts';
import { load, writeOf } from '../../flow/state.ts';
import { withOutcome } from '../../flow/told.ts';
import { spendOn } from './take-proposal.ts';
import type { Taken, TakingParts } from './take-proposal.ts';
import type { CallingJob } from './verify-token.ts';

/** A job may run for 35 days at most. */
const MOST_SECONDS = 35 * 24 * 3_600;

/** What a job's last step says of how it ended. */
export const outcomeSchema = z.strictObject({
  environment: proposalSchema.shape.environment,
  result: z.enum(RESULTS),
  /** From the first step of ours to the last. */
  seconds: z.int().nonnegative().max(MOST_SECONDS),
  /** SHA-256 of the record by which the job was let go, lower-case hex. */
  released: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export type Outcome = z.infer<typeof outcomeSchema>;

/** Keeps what the runner says and queues a look at the run: how it ended is what GitHub says then. */
export async function takeOutcome(
  parts: TakingParts,
  ref: RepositoryRef,
  job: CallingJob,
  { environment, result, seconds, released }: Outcome,
): Promise<Taken> {
  const { documents } = parts;
  const place = { runId: job.runId, attempt: job.attempt, environment };
  const key = placeKey(place);
  return spendOn(parts, ref, job, async () => {
    const gates = (await load(documents, ref, 'run', String(job.runId)))?.body.gates ?? [];
    const theirs = gates.filter((gate) => gate.attempt === job.attempt && gate.environment === environment);
    if (theirs.length === 0) return { kind: 'refused', status: 409, because: because('outcome-without-gate', {}) };
    // A record that let nothing go here is anybody's invention: many of them would leave no room for what is meant.
    const isOurs = theirs.some((gate) =>
      [gate.released?.digest, gate.released?.authorisedDigest, gate.authorisation?.digest].includes(released),
    );
    const report = { released: isOurs ? (released ?? null) : null, result, seconds };
    const next = withReport(await load(documents, ref, 'reports', key), report);
    const told = await withOutcome(documents, ref, place, parts.clock.now());
    return { writes: [writeOf(ref, 'reports', key, next), writeOf(ref, 'told', String(place.runId), told)] };
  });
}
