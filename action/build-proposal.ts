import { because } from '../core/gate/reasons.ts';
import { FINDINGS_MAX, PROPOSAL_MAX_BYTES, proposalSchema } from '../core/proposal.ts';
import type { Proposal, ProposedFinding, ProposedSubject } from '../core/proposal.ts';
import { findInPlan } from '../core/risk/find-in-plan.ts';
import { ActionFailure } from './failure.ts';
import { environmentOf, inputRefused } from './inputs.ts';
import { readPlanFile } from './plan-file.ts';
import { digestSubjects, findDirectory, findFiles } from './subjects.ts';
import type { ActionContext } from './verdict.ts';

/** The facts file of one gate holds up to 20 proposals and has 256 KiB for them. */
const MOST_BYTES = 96 * 1024;

export interface BuiltProposal {
  readonly proposal: Proposal;
  /** What a reader must know about how it was made, in sentences of ours. */
  readonly notes: readonly string[];
}

/**
 * Everything that this job says it will run, with what is risky in it; nothing is sent yet.
 * @throws {ActionFailure} `nothing-proposed`, and a code of its own for every input that cannot be read
 */
export async function buildProposal(context: ActionContext): Promise<BuiltProposal> {
  const { inputs, runner } = context;
  const environment = environmentOf(inputs);
  const subjects = await digestSubjects(inputs, runner);
  if (subjects.length === 0) throw new ActionFailure(because('nothing-proposed', {}));
  const { findings, notes } = await judgePlan(context, subjects);
  const { reason } = inputs;
  const without = { environment, subjects, findings: [], moreFindings: findings.length, reason };
  const room = PROPOSAL_MAX_BYTES - sizeOf(without);
  if (room < 0) throw new ActionFailure(because('proposal-too-large', { most: PROPOSAL_MAX_BYTES / 1_024 }));
  const listed = fitting(findings, Math.min(MOST_BYTES, room));
  const moreFindings = findings.length - listed.length;
  const proposal = proposalSchema.safeParse({ ...without, findings: listed, moreFindings });
  if (proposal.success) return { proposal: proposal.data, notes };
  // Subjects, findings and the reason have passed through us; what is left is what the workflow wrote.
  throw inputRefused('environment', 'is longer than 255 characters');
}

interface Judged {
  readonly findings: readonly ProposedFinding[];
  readonly notes: readonly string[];
}

async function judgePlan(context: ActionContext, subjects: readonly ProposedSubject[]): Promise<Judged> {
  const { inputs, runner, env, print } = context;
  const file = (await findFiles(inputs, runner)).find(({ kind }) => kind === 'plan');
  const bound = subjects.find(({ kind }) => kind === 'plan');
  if (file === undefined || bound === undefined) return { findings: [], notes: [NOT_READ] };
  const { path: directory } = await findDirectory(inputs['working-directory'], runner.workspace);
  const { plan, form } = await readPlanFile({ file, sha256: bound.sha256, directory, env, print });
  const others = subjects.some(({ kind }) => kind !== 'plan') ? [OTHERS_NOT_READ] : [];
  return { findings: findInPlan(plan), notes: [...(form === 'json' ? [ONLY_JSON] : []), ...others] };
}

const NOT_READ = 'No plan was given: files and commands are bound by their digest, and what is in them was not judged.';
const OTHERS_NOT_READ = 'Only the plan was judged; other files and commands are bound by their digest alone.';
const ONLY_JSON =
  'Only the JSON of a plan is bound here, and nothing says that it belongs to the plan file that is applied. Better hand in the plan file itself.';

/** The first ones, which are the worst, as many as fit. */
function fitting(findings: readonly ProposedFinding[], mostBytes: number): readonly ProposedFinding[] {
  const listed: ProposedFinding[] = [];
  let size = 0;
  for (const finding of findings.slice(0, FINDINGS_MAX)) {
    size += sizeOf(finding) + 1;
    if (size > mostBytes) break;
    listed.push(finding);
  }
  return listed;
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
