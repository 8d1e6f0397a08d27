import { z } from 'zod';
import { utf8 } from '../core/evidence/bytes.ts';
import { parseCheckpoint } from '../core/evidence/notes/checkpoint.ts';
import { parseNote } from '../core/evidence/notes/signed-note.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import { proposalSchema } from '../core/proposal.ts';
import type { Proposal } from '../core/proposal.ts';
import { decideRun } from '../flow/decide-run.ts';
import type { RunDecision } from '../flow/decide-run.ts';
import { NOTHING_ASKED } from '../flow/evaluate.ts';
import type { Evaluation, Outlook } from '../flow/evaluate.ts';
import { code } from '../flow/markdown.ts';
import { deadEnd, releasersLine, requestSummary } from '../flow/show-request.ts';
import type { Attestable } from './attestation-statement.ts';
import { ActionFailure } from './failure.ts';
import { required } from './inputs.ts';
import { withStandalone } from './standalone.ts';
import type { Standalone } from './standalone.ts';
import type { ActionContext, Verdict } from './verdict.ts';

/**
 * Mode `decide`, for those who work without the App: the job before the protected one. It passes only when a release stands on
 * the evidence branch; a hold stands there too, and fails the job with who can release it and how.
 * @throws {ActionFailure} for everything but a release
 */
export async function runDecide(context: ActionContext): Promise<Verdict> {
  const environmentName = required(context.inputs, 'environment');
  const proposals = readProposals(context.inputs.proposal, environmentName.toLowerCase());
  const attest = context.inputs.attest === '' ? null : await (await import('./attest.ts')).openAttester(context);
  const { verdict, attestable } = await withStandalone(context, (standalone) =>
    decide(context, standalone, environmentName, proposals),
  );
  if (verdict.decision === 'release')
    return attest === null ? verdict : attest(verdict, decidedHere(verdict, attestable));
  const [first, ...more] = verdict.because;
  if (first === undefined) throw new TypeError('a hold without a reason');
  throw new ActionFailure([first, ...more], verdict);
}

async function decide(
  { runner, inputs }: ActionContext,
  { ports, ref, repository, locate }: Standalone,
  environmentName: string,
  proposals: readonly Proposal[],
): Promise<Decided> {
  const run = await ports.forge.run(ref, runner.runId);
  if (run.attempt !== runner.attempt) {
    throw new ActionFailure(because('run-attempt-changed', { attempt: runner.attempt, current: run.attempt }));
  }
  if (run.headRepositoryId !== ref.id) throw new ActionFailure(because('run-fork', {}));
  const prompts = ownPrompt(inputs['signing-environment'], environmentName);
  const asked = { runId: run.id, attempt: run.attempt, environmentName, proposals, prompts };
  const decision = await decideRun({ ports, ref, repository, run, ...asked });
  if (decision.kind === 'asked-otherwise') {
    throw new ActionFailure(because('proposals-differ', { environment: environmentName }));
  }
  const place = decision.record === null ? {} : await locate(decision.record);
  if (decision.kind === 'released-before') {
    const elsewhere = because('decided-elsewhere', { environment: environmentName });
    return { verdict: { decision: 'release', because: [elsewhere], ...place }, attestable: null };
  }
  const { evaluation } = decision;
  const reviewers = evaluation.decision.seats.flatMap(({ filledBy }) =>
    filledBy === null ? [] : [filledBy.reviewer.login],
  );
  const common = { reviewers, ...place };
  if (decision.kind === 'released') {
    const summary = [requestSummary(evaluation, NOTHING_ASKED, [])];
    const attestable = toAttestable(decision, environmentName.toLowerCase(), place.checkpoint);
    return { verdict: { decision: 'release', because: evaluation.decision.because, ...common, summary }, attestable };
  }
  const { prospects } = decision;
  const reasons = toldAlone(evaluation, prospects, environmentName);
  const how = howToRelease(evaluation, prospects, environmentName);
  const verdict = {
    decision: decision.kind === 'held' ? 'hold' : 'reject',
    because: reasons,
    ...common,
    summary: [how, requestSummary(evaluation, prospects, [], '')],
  };
  return { verdict, attestable: null };
}

interface Decided {
  readonly verdict: Verdict;
  /** What this job decided itself; null: nothing was released, or another job did it. */
  readonly attestable: Attestable | null;
}

function toAttestable(
  { record, evaluation }: Extract<RunDecision, { kind: 'released' }>,
  environment: string,
  note: string | undefined,
): Attestable | null {
  const checkpoint = note === undefined ? null : parseNote(utf8(note));
  const read = checkpoint?.ok === true ? parseCheckpoint(checkpoint.value.text) : null;
  if (note === undefined || read?.ok !== true) return null;
  return {
    note,
    origin: read.value.origin,
    record: { index: record.index, kind: 'released', sha256: record.digest },
    environment,
    headSha: evaluation.request.headSha,
    approved: evaluation.proposals
      .filter((proposal) => proposal.environment === environment)
      .flatMap(({ subjects }) => subjects),
    reason: evaluation.decision.because[0]?.code ?? '',
  };
}

/**
 * A release that stands in the log already is what whoever has the log's key can write: no job vouches for what it did not
 * decide itself.
 * @throws {ActionFailure} `attest-decided-elsewhere`
 */
function decidedHere(verdict: Verdict, attestable: Attestable | null): Attestable {
  if (attestable !== null) return attestable;
  const record = verdict.record ?? 'unknown';
  throw new ActionFailure(because('attest-decided-elsewhere', { record }), { ...verdict, decision: 'hold' });
}

/**
 * The prompt in which this job waited, where it is called for what this job decides about. Another job of the run may wait in
 * such an environment to decide about something else: what is answered there says nothing here.
 */
function ownPrompt(signingEnvironment: string, environmentName: string): readonly string[] {
  const prompt = signingEnvironment.toLowerCase();
  return prompt === `countersign-${environmentName.toLowerCase()}` ? [prompt] : [];
}

/** The reasons as they stand in the record; what waits for people says how they answer here, where nobody has a button. */
function toldAlone(evaluation: Evaluation, prospects: Outlook, environment: string): readonly Because[] {
  const who = releasersLine(evaluation, prospects).replaceAll('@', '');
  const { seats, because: reasons } = evaluation.decision;
  const filled = seats.filter(({ filledBy }) => filledBy !== null).length;
  const told = reasons.map((each) =>
    each.code === 'waiting-for-seats'
      ? because('held-alone', { environment, filled, total: seats.length, who, code: evaluation.code })
      : each,
  );
  return [...deadEnd(evaluation, prospects), ...told];
}

function howToRelease(evaluation: Evaluation, prospects: Outlook, environmentName: string): string {
  const where = `the pull request whose head is \`${evaluation.request.headSha.slice(0, 12)}\``;
  const prompt = `or answers at the prompt of ${code(`countersign-${environmentName}`)} where that environment has reviewers,`;
  return [
    '### How to get it released',
    `Who can: ${releasersLine(evaluation, prospects)}.`,
    `How: one of them approves ${where}, with this as the first line of the review,`,
    `~~~\n/countersign approve ${evaluation.code}\n~~~`,
    `${prompt} and then somebody re-runs the failed jobs of this run. The code stands for what is asked here, in every attempt of this run: when what would run changes, or what is deployed now, so does the code.`,
    'Whoever re-runs it counts as one of those who started it, and so may not be the one who approves.',
  ].join('\n\n');
}

const list = z.union([proposalSchema.transform((one) => [one]), z.array(proposalSchema).min(1).max(20)]);

/** Says that the run proposes nothing: an empty input is what a job leaves behind that dropped its output. */
const NOTHING_PROPOSED = 'none';

/**
 * What the propose step put out: one proposal, or a list of them.
 * @throws {ActionFailure} `proposal-missing`, `proposal-unreadable`
 */
function readProposals(text: string, environment: string): readonly Proposal[] {
  if (text === '') throw new ActionFailure(because('proposal-missing', {}));
  if (text === NOTHING_PROPOSED) return [];
  const parsed = list.safeParse(parseJson(text));
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    throw unreadable(field === '' ? 'it is no JSON of a proposal' : `its field ${field} has another form`);
  }
  if (parsed.data.some((proposal) => proposal.environment !== environment))
    throw unreadable('it is for another environment');
  return parsed.data;
}

function unreadable(why: string): ActionFailure {
  return new ActionFailure(because('proposal-unreadable', { why }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
