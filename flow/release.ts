import { GateError } from '../core/errors.ts';
import type { WaitingJob } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import type { Account } from '../core/actors/account.ts';
import { concludeGone } from './aftermath.ts';
import { closeReleased, voidAuthorisation } from './close-gate.ts';
import { rememberCounted } from './deployment-reviews.ts';
import type { Evaluation } from './evaluate.ts';
import { enqueueTask } from './enqueue-task.ts';
import { gateName } from './gates.ts';
import { proposalsFor, whatRuns, wouldRun } from './proposals.ts';
import { authorisedSealing } from './release-records.ts';
import { rejectedSealing } from './request-records.ts';
import { reviewSealings, sealReviews } from './request.ts';
import { seatReviewsStand } from './seat-reviews.ts';
import { sealAll, sealOne } from './seal.ts';
import { readWaiting, waitingAt } from './run-look.ts';
import type { RunLook } from './run-look.ts';
import type { GateState } from './state.ts';

/** An authorisation is in force for at most this long (docs/design.md 4.2, step 2). */
const AUTHORISATION_MS = 10 * 60_000;

/** Answers in one go before the queue's backoff takes over; each is preceded by a fresh look. */
const ANSWERS_IN_ONE_GO = 3;

/**
 * The release protocol, docs/design.md 4.2. What it promises: no answer goes out before its authorisation is on the evidence
 * branch; none for another attempt or for a job that the authorisation does not name; and whatever is lost on the way, the
 * log ends up saying what happened. `gate.authorisation` is durable before every step that depends on it.
 */
export async function release(
  look: RunLook,
  gate: GateState,
  evaluation: Evaluation,
  waiting: readonly WaitingJob[],
): Promise<GateState> {
  const standing = gate.authorisation;
  if (standing !== null) {
    const covers = standing.requestDigest === evaluation.digest && isWithin(waiting, standing.jobs);
    if (covers && look.ports.clock.now() < standing.notAfter) return answer(look, gate, evaluation);
    const why = covers
      ? because('authorisation-expired', { notAfter: new Date(standing.notAfter).toISOString() })
      : because('request-superseded', { what: 'the request or its jobs' });
    return authorise(look, await voidAuthorisation(look, gate, why), evaluation, waiting);
  }
  return authorise(look, gate, evaluation, waiting);
}

/** Step 2: the authorisation is durable on the branch, together with the reviews that it rests on. */
async function authorise(
  look: RunLook,
  gate: GateState,
  evaluation: Evaluation,
  waiting: readonly WaitingJob[],
): Promise<GateState> {
  const { ports, ref, run } = look;
  const authorisation = {
    number: gate.authorisations + 1,
    digest: null,
    requestDigest: evaluation.digest,
    jobs: waiting.map(({ id, name }) => ({ id, name })),
    notAfter: ports.clock.now() + AUTHORISATION_MS,
    posted: false,
    accepted: false,
    seatReviews: [...evaluation.seatReviews],
  };
  const meant = await look.gates.put({
    ...gate,
    state: 'authorised',
    authorisations: authorisation.number,
    authorisation,
  });
  await rememberCounted(ports, ref, evaluation);
  const sealed = await sealAll(ports, ref, [
    ...(await reviewSealings(ports, ref, evaluation)),
    authorisedSealing(ports, ref, run.id, meant, authorisation, evaluation),
  ]);
  const last = sealed.at(-1);
  if (last === undefined) throw new GateError('ERR_LOG_REFUSED', 'the log did not confirm the authorisation');
  const authorised = await look.gates.put({ ...meant, authorisation: { ...authorisation, digest: last.digest } });
  return answer(look, authorised, evaluation);
}

/** Steps 3 to 6. */
async function answer(look: RunLook, authorised: GateState, evaluation: Evaluation): Promise<GateState> {
  const { ports, ref, run } = look;
  let gate = authorised;
  for (let answers = 0; answers < ANSWERS_IN_ONE_GO; answers += 1) {
    const authorisation = gate.authorisation;
    if (authorisation === null) return gate;

    // Step 3: the same attempt, no job that the authorisation does not name, and every seat still stands.
    const now = await ports.forge.run(ref, run.id);
    const waiting = await readWaiting(ports, ref, now);
    const again: RunLook = { ...look, run: now, waiting };
    const here = waitingAt(again, gate);
    if (here.length === 0) return concludeGone(again, gate);
    if (!isWithin(here, authorisation.jobs)) {
      return voidAuthorisation(
        again,
        gate,
        because('jobs-changed', {
          environment: gate.environment,
          jobs: here.map((job) => job.name).join(', '),
        }),
      );
    }
    if (!(await seatReviewsStand(ports, ref, evaluation))) {
      return voidAuthorisation(again, gate, because('review-withdrawn', { login: 'a reviewer' }));
    }
    if (ports.clock.now() >= authorisation.notAfter) {
      return voidAuthorisation(
        again,
        gate,
        because('authorisation-expired', { notAfter: new Date(authorisation.notAfter).toISOString() }),
      );
    }

    gate = await look.gates.put({ ...gate, authorisation: { ...authorisation, posted: true } });
    // After that, never before: a proposal is stored first and looks at the gate afterwards, so one of the two sees the other.
    if (!(await runsTheSame(again, gate, evaluation))) {
      await enqueueTask(ports, { kind: 'run', repository: ref, runId: run.id });
      return voidAuthorisation(again, gate, because('request-superseded', { what: 'what would run' }));
    }
    const outcome = await ports.gatekeeper.answerDeployment(
      ref,
      run.id,
      gate.environmentName,
      'approved',
      releaseComment(evaluation),
    );
    if (outcome.kind === 'accepted') return afterAccepted(again, gate);
    look.report({
      level: 'warn',
      message: 'the answer to GitHub was not confirmed; looking again',
      fields: { gate: gateName(run.id, gate), outcome: outcome.kind },
    });
  }
  throw new GateError('ERR_FORGE_UNAVAILABLE', 'GitHub did not confirm the answer to a deployment', {
    effect: 'unknown',
  });
}

/** Neither a proposal nor a called workflow has changed since it was judged (C42, C46). */
async function runsTheSame(look: RunLook, gate: GateState, { request }: Evaluation): Promise<boolean> {
  if (request.kind !== 'deployment') return false;
  const { body } = await proposalsFor(look.ports.documents, look.ref, { ...gate, runId: look.run.id });
  return wouldRun(whatRuns(look.run, body, look.ports.sha256)) === wouldRun(request);
}

/**
 * Steps 4 and 5: GitHub said yes; to the attempt that was meant? A run that was started again since says nothing by itself:
 * the released job may be done already. Whether it was let go is asked of the jobs.
 */
async function afterAccepted(look: RunLook, answered: GateState): Promise<GateState> {
  const { authorisation } = answered;
  if (authorisation === null) return answered;
  const gate = await look.gates.put({ ...answered, authorisation: { ...authorisation, posted: true, accepted: true } });
  const after = await look.ports.forge.run(look.ref, look.run.id);
  return after.attempt === gate.attempt
    ? closeReleased(look, gate, 'answered')
    : concludeGone({ ...look, run: after, waiting: [] }, gate);
}

/** An eligible person said no: the record first, then GitHub's final answer. */
export async function reject(look: RunLook, gate: GateState, evaluation: Evaluation): Promise<GateState> {
  await sealReviews(look.ports, look.ref, evaluation);
  await sealOne(look.ports, look.ref, rejectedSealing(look.ports, look.ref, evaluation));
  return finishRejection(look, await look.gates.put({ ...gate, state: 'rejecting' }));
}

export async function finishRejection(look: RunLook, gate: GateState): Promise<GateState> {
  const comment = 'Countersign: a reviewer with the right to decide said no. A new run asks again.';
  const outcome = await look.ports.gatekeeper.answerDeployment(
    look.ref,
    look.run.id,
    gate.environmentName,
    'rejected',
    comment,
  );
  if (outcome.kind === 'unknown') {
    throw new GateError('ERR_FORGE_UNAVAILABLE', 'GitHub did not confirm a rejection', { effect: 'unknown' });
  }
  return look.gates.put({ ...gate, state: 'closed', end: 'rejected' });
}

function isWithin(waiting: readonly WaitingJob[], named: readonly { readonly id: number }[]): boolean {
  return waiting.every((job) => named.some((known) => known.id === job.id));
}

function releaseComment(evaluation: Evaluation): string {
  const reviewers = evaluation.decision.seats.flatMap(({ filledBy }) =>
    filledBy === null ? [] : [nameOf(filledBy.reviewer)],
  );
  return `Countersign: released. Countersigned by ${reviewers.join(', ')}. Request ${evaluation.code}.`;
}

/** A login is at most 39 characters of letters, digits and dashes, so it is safe to show. */
function nameOf(account: Account): string {
  return `${account.login} (${account.id})`;
}
