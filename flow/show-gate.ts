import { toHex, utf8 } from '../core/evidence/bytes.ts';
import type { Because } from '../core/gate/decision.ts';
import { visible } from '../core/gate/reason.ts';
import { because, explain } from '../core/gate/reasons.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { CheckRunInput, Ports } from '../core/ports.ts';
import { enqueueTask } from './enqueue-task.ts';
import { NOTHING_ASKED, outlook } from './evaluate.ts';
import type { Evaluation, Outlook } from './evaluate.ts';
import { escapeMarkdown, fit, listed } from './markdown.ts';
import type { RunLook } from './run-look.ts';
import { proposedLine } from './show-proposals.ts';
import { howToApprove } from './show-signing.ts';
import {
  becauseLines,
  deadEnd,
  decisionButtons,
  decisionTitle,
  excludedPeople,
  releasersLine,
  requestSummary,
} from './show-request.ts';
import { keysOf, load, save } from './state.ts';
import type { GateState } from './state.ts';

/** GitHub takes ten status reports a deployment, of 1,024 characters each; two are kept back. */
const REPORTS_MAX = 8;
const REPORT_CHARACTERS = 1024;
const SUMMARY_CHARACTERS = 65_000;
const EXCLUDED_SHOWN = 3;

/** Check run of one environment's deployments on the deployed SHA; whoever names environments cannot hide in it (C97). */
export function deploymentCheckName(environment: string): string {
  return `countersign deploy: ${visible(environment)}`;
}

/** Says on GitHub how the gate was decided and stands; writes only what has changed since it was last said. */
export async function showGate(look: RunLook, gate: GateState, evaluation: Evaluation): Promise<void> {
  // It ended in another way than it was decided: `showEnds` says so.
  if (gate.end !== null && gate.end !== 'released' && gate.end !== 'rejected') return;
  const held = gate.state !== 'closed';
  const prospects = held ? await outlook(look.ports, evaluation) : NOTHING_ASKED;
  const reported = held ? await report(look, gate, evaluation, prospects) : gate;
  const summary = fit(requestSummary(evaluation, prospects, pullTitles(evaluation)), SUMMARY_CHARACTERS);
  const first = evaluation.decision.because[0] ?? because('nothing-decided', {});
  await putCheck(look, reported, {
    name: deploymentCheckName(gate.environment),
    headSha: look.run.headSha,
    externalId: evaluation.digest,
    conclusion: conclusionOf(gate),
    title: decisionTitle(first),
    summary,
    actions: held ? decisionButtons(evaluation.code) : [],
  });
}

/**
 * Gates whose checks do not say yet how they closed: no decision came to it, or it could not be written then. No button is left
 * on them. Where the run asks again in the environment, the check speaks of that.
 */
export async function showEnds(look: RunLook): Promise<void> {
  const gates = look.gates.all();
  for (const gate of gates) {
    const isLast = gates.findLast(({ environment }) => environment === gate.environment) === gate;
    if (gate.state === 'closed' && gate.endShown === false && isLast) await showEnded(look, gate);
  }
}

async function showEnded(look: RunLook, gate: GateState): Promise<void> {
  if (gate.requestDigest === null) return;
  const reason = reasonOfEnd(look, gate);
  await putCheck(look, gate, {
    name: deploymentCheckName(gate.environment),
    headSha: gate.headSha,
    externalId: gate.requestDigest,
    conclusion: conclusionOf(gate),
    title: decisionTitle(reason),
    summary: becauseLines([reason]),
    actions: [],
  });
}

function reasonOfEnd(look: RunLook, { end, environment, released }: GateState): Because {
  if (released !== null) return because('gate-released', { environment, record: released.digest });
  if (end === 'rejected') return because('gate-rejected', { environment });
  if (end === 'misapplied') return because('attempt-changed-after-release', { attempt: look.run.attempt });
  if (end === 'withdrawn') return because('request-withdrawn', { what: 'the run no longer waits here' });
  return because('released-without-us', { environment, what: 'its jobs run' });
}

function conclusionOf({ state, end }: GateState): CheckRunInput['conclusion'] {
  if (state !== 'closed') return 'action_required';
  if (end === 'released') return 'success';
  return end === 'withdrawn' ? 'cancelled' : 'failure';
}

/** When a gate has closed, the others that wait there are shown again, with their buttons. */
async function putCheck(look: RunLook, gate: GateState, check: CheckRunInput): Promise<void> {
  const isWritten = await putDeploymentCheck(look.ports, look.ref, gate.environment, check);
  if (gate.state !== 'closed') return;
  if (isWritten) await lookAtOthers(look, gate);
  await look.gates.put({ ...gate, endShown: true });
}

/**
 * Runs of one commit share the check of an environment, so what it says is remembered for the commit and not for the run.
 *
 * @param environment lower case
 * @returns false when that is what it says already
 */
export async function putDeploymentCheck(
  ports: Ports,
  ref: RepositoryRef,
  environment: string,
  check: CheckRunInput,
): Promise<boolean> {
  const key = `${check.headSha}/${environment}`;
  const digest = digestOf(ports, `${check.externalId}\n${check.conclusion}\n${check.summary}`);
  const shown = await load(ports.documents, ref, 'deployment-check', key);
  if (shown?.body.digest === digest) return false;
  await ports.gatekeeper.putCheck(ref, check);
  await save(ports.documents, ref, 'deployment-check', key, { body: { digest }, version: shown?.version ?? 0 });
  return true;
}

async function lookAtOthers({ ports, ref, run }: RunLook, closed: GateState): Promise<void> {
  for (const runId of await keysOf(ports.documents, ref, 'open-run')) {
    if (runId === String(run.id)) continue;
    const gates = (await load(ports.documents, ref, 'run', runId))?.body.gates ?? [];
    const waits = gates.some(
      (gate) => gate.state !== 'closed' && gate.headSha === closed.headSha && gate.environment === closed.environment,
    );
    if (waits) await enqueueTask(ports, { kind: 'run', repository: ref, runId: Number(runId) });
  }
}

async function report(look: RunLook, gate: GateState, evaluation: Evaluation, prospects: Outlook): Promise<GateState> {
  const text = heldReport(evaluation, prospects);
  const digest = digestOf(look.ports, text);
  if (digest === gate.lastReport || gate.reports >= REPORTS_MAX) return gate;
  // Counted first: a report sent twice is worse than one not sent, the check says the same.
  const counted = await look.gates.put({ ...gate, reports: gate.reports + 1, lastReport: digest });
  await look.ports.gatekeeper.reportDeployment(look.ref, look.run.id, gate.environmentName, text);
  return counted;
}

/** Why it is held, and who can release it. */
function heldReport(evaluation: Evaluation, prospects: Outlook): string {
  const { decision, code } = evaluation;
  const refused = excludedPeople(evaluation).map(({ line }) => line);
  const lines = [
    `Held by Countersign. Code: ${code}`,
    ...deadEnd(evaluation, prospects).map(explain),
    `Can be released by: ${releasersLine(evaluation, prospects)}`,
    howToApprove(evaluation).short,
    ...proposedLine(evaluation.proposals),
    ...decision.because.map((each) => `- ${each.code}: ${escapeMarkdown(explain(each))}`),
    ...(refused.length === 0 ? [] : [`May not, and why: ${listed(refused, EXCLUDED_SHOWN, '; ')}`]),
  ];
  return fit(lines.join('\n'), REPORT_CHARACTERS);
}

function pullTitles(evaluation: Evaluation): readonly string[] {
  return evaluation.gathered.change.pulls.map(({ pull }) => `#${pull.number} ${pull.title}`);
}

function digestOf({ sha256 }: Ports, text: string): string {
  return toHex(sha256(utf8(text)));
}
