import { toHex, utf8 } from '../core/evidence/bytes.ts';
import type { Because } from '../core/gate/decision.ts';
import { visible } from '../core/gate/reason.ts';
import { because, explain } from '../core/gate/reasons.ts';
import { outlook } from './evaluate.ts';
import type { Evaluation, Outlook } from './evaluate.ts';
import { escapeMarkdown, fit, listed } from './markdown.ts';
import type { RunLook } from './run-look.ts';
import { becauseLines, deadEnd, decisionButtons, decisionTitle, requestSummary } from './show-request.ts';
import type { GateState } from './state.ts';

/** GitHub takes ten status reports a deployment, of 1,024 characters each; two are kept back. */
const REPORTS_MAX = 8;
const REPORT_CHARACTERS = 1024;
const SUMMARY_CHARACTERS = 65_000;
const PEOPLE_SHOWN = 10;

/** Check run of one environment's deployments on the deployed SHA; whoever names environments cannot hide in it (C97). */
export function deploymentCheckName(environment: string): string {
  return `countersign deploy: ${visible(environment)}`;
}

/** Says on GitHub how the gate stands; writes only what has changed since it was last said. */
export async function showGate(look: RunLook, gate: GateState, evaluation: Evaluation): Promise<void> {
  const held = gate.state !== 'closed';
  const prospects = held ? await outlook(look.ports, evaluation) : { people: [], possible: true };
  const reported = held ? await report(look, gate, evaluation, prospects) : gate;
  const summary = fit(requestSummary(evaluation, prospects, pullTitles(evaluation)), SUMMARY_CHARACTERS);
  const conclusion = gate.state !== 'closed' ? 'action_required' : gate.end === 'released' ? 'success' : 'failure';
  const digest = digestOf(look, `${conclusion}\n${summary}`);
  if (digest === reported.lastCheck) return;
  const first = evaluation.decision.because[0] ?? because('nothing-decided', {});
  await look.ports.gatekeeper.putCheck(look.ref, {
    name: deploymentCheckName(gate.environment),
    headSha: look.run.headSha,
    externalId: evaluation.digest,
    conclusion,
    title: decisionTitle(first),
    summary,
    actions: held ? decisionButtons(evaluation.code) : [],
  });
  await look.gates.put({ ...reported, lastCheck: digest });
}

/** A gate that ended without a decision: whoever looks at its check is told so, and no button is left on it. */
export async function showEnded(look: RunLook, gate: GateState, reason: Because): Promise<void> {
  if (gate.lastCheck === '') return;
  await look.ports.gatekeeper.putCheck(look.ref, {
    name: deploymentCheckName(gate.environment),
    headSha: gate.headSha,
    externalId: gate.requestDigest ?? '',
    conclusion: gate.end === 'withdrawn' ? 'cancelled' : 'failure',
    title: decisionTitle(reason),
    summary: becauseLines([reason]),
    actions: [],
  });
}

async function report(look: RunLook, gate: GateState, evaluation: Evaluation, prospects: Outlook): Promise<GateState> {
  const text = heldReport(evaluation, prospects);
  const digest = digestOf(look, text);
  if (digest === gate.lastReport || gate.reports >= REPORTS_MAX) return gate;
  // Counted first: a report sent twice is worse than one not sent, the check says the same.
  const counted = await look.gates.put({ ...gate, reports: gate.reports + 1, lastReport: digest });
  await look.ports.gatekeeper.reportDeployment(look.ref, look.run.id, gate.environmentName, text);
  return counted;
}

/** Why it is held, and who can release it. */
function heldReport(evaluation: Evaluation, prospects: Outlook): string {
  const { decision, code } = evaluation;
  const people = prospects.people.map(({ login }) => `@${login}`);
  const lines = [
    `Held by Countersign. Code: ${code}`,
    ...deadEnd(evaluation, prospects).map(explain),
    people.length === 0 ? 'Nobody can release it at present.' : `Can be released by: ${listed(people, PEOPLE_SHOWN)}`,
    `How: the button of the check run, GitHub's deployment prompt, or the comment /countersign approve ${code}`,
    ...decision.because.map((each) => `- ${each.code}: ${escapeMarkdown(explain(each))}`),
  ];
  return fit(lines.join('\n'), REPORT_CHARACTERS);
}

function pullTitles(evaluation: Evaluation): readonly string[] {
  return evaluation.gathered.change.pulls.map(({ pull }) => `#${pull.number} ${pull.title}`);
}

function digestOf(look: RunLook, text: string): string {
  return toHex(look.ports.sha256(utf8(text)));
}
