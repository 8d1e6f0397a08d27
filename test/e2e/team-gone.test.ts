import { afterAll, expect, test } from 'vitest';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { approve } from '../support/reviewing.ts';
import { agentPullRequest, oneSeatPolicy, openStage, PRODUCTION_CHECK } from '../support/stage.ts';

/** The policy names a team that is gone: it holds, and says so to whoever looks, instead of trying again for ever. */

let first = '';
const stage = await openStage({
  policy: (sha) => {
    first = sha;
    return oneSeatPolicy(sha).replace('{ min-permission: maintain }', '{ teams: [acme/gone], users: [bob] }');
  },
});
const screen = (sha: string, name?: string): string => (stage.check(sha, name)?.summary ?? '').replaceAll('\\', '');

afterAll(() => stage.close());

test('a pull request shows who may decide, and after an answer what has to be mended', async () => {
  const pull = await agentPullRequest(stage);
  expect(screen(pull.headSha)).toMatch(/Who may decide \| @bob \|/);
  await approve(stage, 'bob', pull);
  expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
  expect(screen(pull.headSha)).toMatch(/policy-not-enforceable\*\*: [^\n]*no team acme\/gone/);

  stage.sandbox.team('acme', 'gone', []);
  await stage.app().sweep();
  await stage.settle();
  expect(stage.check(pull.headSha)?.conclusion).toBe('success');
});

test('so does a deployment, also where the policy asks for time in a team of another owner', async () => {
  const files = {
    '.github/countersign.yml': oneSeatPolicy(first).replace(
      '{ min-permission: maintain }',
      '{ teams: [other/sre], users: [dave], member-for: 24h }',
    ),
  };
  await stage.sandbox.as('alice').commit(stage.repo, 'main', { files, message: 'Ask another organisation' });
  await stage.settle();
  const { runId, sha } = await heldDeployment(stage);
  expect(screen(sha, PRODUCTION_CHECK)).toMatch(/policy-not-enforceable\*\*: [^\n]*no team other\/sre/);
  await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
  expect(jobOf(stage, runId)?.status).toBe('waiting');
});
