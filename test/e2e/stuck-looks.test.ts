import { afterAll, expect, test } from 'vitest';
import { REASONS } from '../../core/gate/reasons.ts';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { quickTimer } from '../support/quick-timer.ts';
import { approve } from '../support/reviewing.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';

/** A look that fails for long says so on the held check, once, and the check comes back when a look succeeds. */

const stage = await openStage({ start: quickTimer });
const { sandbox } = stage;
sandbox.environment(stage.repo, 'staging', { customRule: 'countersign' });
const NO_LOG = {
  status: 200,
  body: { data: null, errors: [{ type: 'UNPROCESSABLE', message: 'protected by a rule' }] },
};

afterAll(() => stage.close());

const failToWrite = () =>
  sandbox.faults.add({ path: 'createCommitOnBranch', when: 'before', times: 1_000, do: NO_LOG });
const checkWrites = (): number =>
  sandbox.requests.filter(({ method, route }) => method !== 'GET' && route.includes('/check-runs')).length;
const title = (sha: string, name?: string): string | null | undefined => stage.check(sha, name)?.title;
const { title: REFUSED } = REASONS['evidence-unavailable'];

test('a deployment whose approval cannot be written down says so, and is let go when it can; another does not flap', async () => {
  const jobs = ['staging', 'production'].map((environment) => ({ name: environment, environment }));
  const { runId, sha } = await heldDeployment(stage, jobs);
  const held = stage.check(sha, PRODUCTION_CHECK);
  const other = stage.check(sha, 'countersign deploy: staging');
  expect(other?.conclusion).toBe('action_required');
  failToWrite();
  await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
  expect(title(sha, PRODUCTION_CHECK), 'after one failure').toBe(held?.title);

  const writes = checkWrites();
  await stage.settleRetries();
  await stage.settleRetries();
  expect(checkWrites() - writes).toBe(1);
  expect(stage.check(sha, 'countersign deploy: staging')).toEqual(other);
  const stuck = stage.check(sha, PRODUCTION_CHECK);
  expect(stuck).toMatchObject({ id: held?.id, conclusion: 'action_required', title: REFUSED });
  expect(stuck?.summary).toContain(REASONS['evidence-unavailable'].wayOut);
  expect(stuck?.summary).not.toContain('protected by a rule');
  expect(stuck?.actions.map(({ label }) => label)).toEqual(['Reject']);

  sandbox.faults.clear();
  const deployed = () => jobOf(stage, runId, 'production')?.conclusion;
  await stage.settleRetries(() => deployed() === 'success');
  expect(deployed()).toBe('success');
  expect(stage.check(sha, PRODUCTION_CHECK)?.conclusion).toBe('success');
});

test('so does a pull request that was never judged, and one that is held', async () => {
  failToWrite();
  const pull = await agentPullRequest(stage);
  expect(title(pull.headSha)).toBe(REASONS['nothing-decided'].title);
  await stage.settleRetries();
  await stage.settleRetries();
  expect(stage.check(pull.headSha)).toMatchObject({ title: REFUSED, conclusion: 'action_required' });
  sandbox.faults.clear();
  await stage.settleRetries(() => title(pull.headSha) !== REFUSED);
  expect(title(pull.headSha)).not.toBe(REFUSED);

  failToWrite();
  await approve(stage, 'bob', pull);
  await stage.settleRetries();
  await stage.settleRetries();
  expect(stage.check(pull.headSha)?.actions.map(({ label }) => label)).toEqual(['Reject']);
  expect(title(pull.headSha)).toBe(REFUSED);
  sandbox.faults.clear();
  await stage.settleRetries(() => stage.check(pull.headSha)?.conclusion === 'success');
  expect(stage.check(pull.headSha)?.conclusion).toBe('success');
});
