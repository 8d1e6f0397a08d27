import type { LiveReader } from '../adapters/github/live-branch.ts';
import { GateError } from '../core/errors.ts';
import { because } from '../core/gate/reasons.ts';
import { readCheckout } from './checkout.ts';
import { ActionFailure } from './failure.ts';
import { isOfAnotherRepository } from './runner-context.ts';
import type { RunnerContext } from './runner-context.ts';
import type { ActionContext } from './verdict.ts';

const TAGS = 'refs/tags/';

/** The commit that a record must name: that of the run, which for a pull request is its head and not the test merge. */
export function expectedSha({ pullRequestHeadSha, sha }: RunnerContext): string {
  return pullRequestHeadSha ?? sha;
}

/**
 * Does the run come from this repository, its workflow file from the commit that is deployed (attacks C43, C66)?
 * @throws {ActionFailure} `head-from-fork`, `workflow-differs`
 */
export function checkEvent(runner: RunnerContext): void {
  if (isOfAnotherRepository(runner)) {
    const { headRepositoryId } = runner;
    const found = headRepositoryId === 0 ? 'that is deleted' : (headRepositoryId ?? 'unknown');
    throw new ActionFailure(because('head-from-fork', { found }));
  }
  checkWorkflow(runner, expectedSha(runner));
}

/**
 * Is what the job would run the commit that the run is of: the tag, if it is of one, and what is checked out (attacks C43,
 * C44)?
 * @returns whether anything is checked out where the job works
 * @throws {ActionFailure} `tag-moved`, `checkout-*`
 */
export async function checkSource(context: ActionContext, reader: LiveReader): Promise<boolean> {
  const [isCheckedOut] = await Promise.all([checkCheckout(context), checkTag(context.runner, reader)]);
  return isCheckedOut;
}

/** GitHub takes the workflow file from the commit of the event, which of a pull request is the test merge. */
function checkWorkflow({ repository, workflowRef, workflowSha, sha }: RunnerContext, expected: string): void {
  const own = `${repository.owner}/${repository.name}/`.toLowerCase();
  const isOwn = workflowRef.toLowerCase().startsWith(own);
  if (isOwn && (workflowSha === sha || workflowSha === expected)) return;
  const found = isOwn ? `commit ${workflowSha}` : 'another repository';
  throw new ActionFailure(because('workflow-differs', { found, expected }));
}

async function checkTag(runner: RunnerContext, reader: LiveReader): Promise<void> {
  const { ref, refType } = runner;
  if (refType !== 'tag') return;
  const expected = expectedSha(runner);
  const tag = ref.startsWith(TAGS) ? ref.slice(TAGS.length) : ref;
  const found = await reader.tag(tag).catch((error: unknown) => {
    if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return null;
    throw error;
  });
  if (found === expected) return;
  throw new ActionFailure(because('tag-moved', { tag, found: found ?? 'no commit', expected }));
}

/**
 * Is what is checked out where the job works the commit that the run is of, unchanged?
 * @returns whether anything is
 * @throws {ActionFailure} `checkout-*`
 */
export async function checkCheckout({ runner, inputs, env }: ActionContext): Promise<boolean> {
  const expected = expectedSha(runner);
  const checkout = await readCheckout(runner.workspace, inputs['working-directory'], env);
  if (checkout === null) return false;
  const { headSha, changed, changedCount } = checkout;
  if (headSha !== expected) throw new ActionFailure(because('checkout-differs', { found: headSha, expected }));
  if (changedCount === 0) return true;
  const more = changedCount > changed.length ? `, and ${changedCount - changed.length} more` : '';
  throw new ActionFailure(because('checkout-modified', { files: `${changed.join(', ')}${more}` }));
}
