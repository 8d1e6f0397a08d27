import { because } from '../core/gate/reasons.ts';
import { FINDINGS_MAX, proposalSchema } from '../core/proposal.ts';
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
  const listed = fitting(findings);
  const proposal = proposalSchema.safeParse({
    environment,
    subjects,
    findings: listed,
    moreFindings: findings.length - listed.length,
    reason: inputs.reason,
  });
  if (proposal.success) return { proposal: proposal.data, notes };
  // Subjects and findings are ours; what is left is what the workflow wrote.
  const field = proposal.error.issues[0]?.path[0];
  throw field === 'environment'
    ? inputRefused('environment', 'is longer than 255 characters')
    : inputRefused('reason', 'is longer than 2,000 characters');
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
function fitting(findings: readonly ProposedFinding[]): readonly ProposedFinding[] {
  const listed: ProposedFinding[] = [];
  let size = 0;
  for (const finding of findings.slice(0, FINDINGS_MAX)) {
    size += Buffer.byteLength(JSON.stringify(finding)) + 1;
    if (size > MOST_BYTES) break;
    listed.push(finding);
  }
  return listed;
}
