import { GateError } from '../core/errors.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { Because } from '../core/gate/decision.ts';
import { because, becauseOfError } from '../core/gate/reasons.ts';
import { requestCode } from '../core/gate/request-digest.ts';
import type { CheckAction, Ports } from '../core/ports.ts';
import { enqueueTask } from './enqueue-task.ts';
import { deploymentCheckName, putDeploymentCheck } from './show-gate.ts';
import { becauseLines, decisionButtons, decisionTitle } from './show-request.ts';
import { load, save } from './state.ts';
import type { GateState } from './state.ts';

/**
 * What held checks say while looks fail: whoever waits for one is told why it does not move (invariant 2). Each check is
 * written once for one failure, and again when a look succeeds.
 */

/** Some seconds: a check that showed every passing failure would flap. */
const LASTING_TRIES = 4;

function isLasting(error: unknown, tries: number): boolean {
  // What cannot be read is not tried again.
  return tries >= LASTING_TRIES || (error instanceof GateError && error.code === 'ERR_INPUT');
}

/** @param gates open ones that this look has not shown */
export async function showStuckGates(
  ports: Ports,
  ref: RepositoryRef,
  gates: readonly GateState[],
  error: unknown,
  tries: number,
): Promise<void> {
  if (!isLasting(error, tries)) return;
  const reason = reasonOf(error);
  await asFarAsPossible(async () => {
    for (const gate of gates) {
      await putDeploymentCheck(ports, ref, gate.environment, {
        name: deploymentCheckName(gate.environment),
        headSha: gate.headSha,
        externalId: gate.requestDigest ?? '',
        conclusion: 'action_required',
        title: decisionTitle(reason),
        summary: summaryOf(reason),
        actions: gate.requestDigest === null ? [] : rejection(gate.requestDigest),
      });
    }
  });
}

/** The same for a pull request that is held, or was never judged. */
export async function showStuckPull(
  ports: Ports,
  ref: RepositoryRef,
  number: number,
  error: unknown,
  tries: number,
): Promise<void> {
  if (!isLasting(error, tries)) return;
  const reason = reasonOf(error);
  await asFarAsPossible(async () => {
    const stored = await load(ports.documents, ref, 'pull', String(number));
    if (stored === null || !['evaluating', 'held'].includes(stored.body.state)) return;
    const { request, view: before, headSha } = stored.body;
    const view = {
      title: decisionTitle(reason),
      summary: summaryOf(reason),
      actions: request === null ? [] : rejection(request.digest),
    };
    if (before?.summary === view.summary) return;
    await save(ports.documents, ref, 'pull', String(number), {
      body: { ...stored.body, view },
      version: stored.version,
    });
    await enqueueTask(ports, { kind: 'check', repository: ref, headSha });
  });
}

function reasonOf(error: unknown): Because {
  const what = 'while what is held here was looked at';
  return error instanceof GateError ? becauseOfError(error.code, what) : because('internal-error', { what });
}

function summaryOf(reason: Because): string {
  return `${becauseLines([reason])}\n\nUntil then nothing is let go. Answers that are given are kept, and who may decide is shown again once it could be looked at.`;
}

/** Nobody approves what is not shown; to stop it needs no sight of it. */
function rejection(requestDigest: string): CheckAction[] {
  return decisionButtons(requestCode(requestDigest)).filter(({ identifier }) => identifier.startsWith('reject:'));
}

/** What hinders the look may hinder this too: then the next try says it. The look's own error is what is reported. */
async function asFarAsPossible(say: () => Promise<void>): Promise<void> {
  await say().catch((error: unknown) => {
    if (!(error instanceof GateError)) throw error;
  });
}
