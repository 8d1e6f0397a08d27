import { afterEach, describe, expect, test } from 'vitest';
import { approve, field, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import { askedBy } from '../support/held-deployment.ts';
import { AGENT, oneSeatPolicy, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** A pull request that loosens the policy and uses the loosened one in the same breath. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const POLICY = '.github/countersign.yml';
const firstPolicy = (sha: string): string =>
  oneSeatPolicy(sha)
    .replace('{ min-permission: maintain }', '{ users: [carol] }')
    .replace('{ agent: true }', '{ kind: [deployment, pull-request] }');
/** Would let erin, the author's friend, release everything. */
const loosePolicy = `version: 1
scope: { deployments: all, pull-requests: agent }
groups:
  friends: { users: [erin] }
rules:
  - id: friends-only
    when: { kind: [deployment, pull-request] }
    require: [{ from: friends, count: 1 }]
`;

async function open(): Promise<void> {
  stage = await openStage({ policy: firstPolicy, people: ['alice', 'bob', 'carol', 'dave', 'erin'] });
}

async function changeOf(by: string, files: Readonly<Record<string, string>>, branch: string) {
  const { sandbox, repo } = stage;
  await sandbox.as(by).commit(repo, branch, { files, message: askedBy(stage, 'alice') });
  const pull = await sandbox.as(by).openPullRequest(repo, { head: branch, title: 'Change' });
  await stage.settle();
  return pull;
}

const policyDigests = (kind: string) => recordsOf(stage, kind).map((record) => record['policyDigest']);

describe('C75 policy changed in the same pull request', () => {
  test('the change is judged by the policy in force before it, and its own policy gives nobody a seat', async () => {
    await open();
    const pull = await changeOf(
      AGENT,
      { [POLICY]: loosePolicy, 'infra/main.tf': '# by the agent\n' },
      'copilot/policy',
    );
    await approve(stage, 'erin', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(['erin reviewer-lacks-authority']);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(policyDigests('released')).toEqual(policyDigests('requested'));
  });

  test('a person who changes nothing but the policy is held by it too', async () => {
    await open();
    const pull = await changeOf('alice', { [POLICY]: loosePolicy }, 'policy-only');
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'erin', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
  });

  test('a deployment from a branch with a policy of its own is judged by that of the default branch', async () => {
    await open();
    const files = { [POLICY]: loosePolicy, 'infra/main.tf': '# by the agent\n' };
    const { sha } = await stage.sandbox
      .as(AGENT)
      .commit(stage.repo, 'copilot/own', { files, message: askedBy(stage, 'alice') });
    const run = await stage.deploy('dave', { ref: 'copilot/own' });
    await stage.press('erin', sha, 'countersign deploy: production', 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    await stage.press('carol', sha, 'countersign deploy: production', 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['carol']);
  });

  test('pushed to the default branch with the change and deployed from there, it lets nobody in by itself', async () => {
    await open();
    const { sandbox, repo } = stage;
    const push = (policy: string, by: string) => {
      const files = { [POLICY]: policy, 'infra/main.tf': `# by ${by}\n` };
      return sandbox.as(by).commit(repo, 'main', { files, message: askedBy(stage, 'alice') });
    };
    const old = sandbox.file(repo, 'main', POLICY) ?? '';
    const first = await push(`${old}# as it was\n`, AGENT);
    await stage.deploy('dave');
    await stage.press('carol', first.sha, 'countersign deploy: production', 'Approve');
    expect(releasedBy(stage)).toEqual(['carol']);

    const { sha } = await push(loosePolicy, AGENT);
    const run = await stage.deploy('dave');
    await stage.press('erin', sha, 'countersign deploy: production', 'Approve');
    expect(sandbox.runState(run).status).toBe('waiting');
    expect(stage.check(sha, 'countersign deploy: production')?.summary).toContain('policy-before-it');
    await stage.press('carol', sha, 'countersign deploy: production', 'Approve');
    expect(sandbox.runState(run).conclusion).toBe('success');
    const reviewed = recordsOf(stage, 'reviewed').slice(-2);
    expect(reviewed.map((record) => field(record['reviewer'], 'login'))).toEqual(['erin', 'carol']);
  });

  test('honest: merged with the old policy satisfied, the new one is recorded and judges from then on', async () => {
    await open();
    const pull = await changeOf(AGENT, { [POLICY]: loosePolicy }, 'copilot/policy');
    await approve(stage, 'carol', pull);
    await stage.sandbox.as('carol').merge(stage.repo, pull.number);
    await stage.settle();
    const changed = recordsOf(stage, 'policy-changed').at(-1);
    expect(field(changed?.['by'], 'login')).toBe('carol');
    const next = await changeOf(AGENT, { 'infra/next.tf': '# next\n' }, 'copilot/next');
    await approve(stage, 'carol', next);
    expect(stage.check(next.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'erin', next);
    expect(stage.check(next.headSha)?.conclusion).toBe('success');
    expect(policyDigests('released').at(-1)).toBe(changed?.['policyDigest']);
  });
});
