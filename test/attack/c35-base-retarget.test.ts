import { afterEach, describe, expect, test } from 'vitest';
import { kindsOf } from '../support/held-deployment.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** `dev` asks for one person, `main` for two. */
const policy = `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  maintainers: { min-permission: maintain }
rules:
  - id: anywhere
    why: Someone who did not write it
    when: { agent: true }
    require: [{ from: maintainers, count: 1 }]
  - id: main-takes-two
    why: Two people for what ships
    when: { branch: [main] }
    require: [{ from: maintainers, count: 2 }]
`;

const approve = async (by: string, number: number): Promise<void> => {
  await stage.sandbox.as(by).review(stage.repo, number, { state: 'APPROVED' });
  await stage.settle();
};

describe('C35 base retarget', () => {
  test('an approval under a weak base is void under main, where the policy of main is asked', async () => {
    stage = await openStage({ policy });
    const { sandbox, repo } = stage;
    await sandbox.as('alice').updateRef(repo, 'dev', sandbox.branchHead(repo, 'main') ?? '');
    const pull = await agentPullRequest(stage, { base: 'dev' });
    await approve('bob', pull.number);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');

    await sandbox.as('alice').editPullRequest(repo, pull.number, { base: 'main' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toContain('0 of 2 seats are filled');
    expect(stage.check(pull.headSha)?.summary).toContain('before the base branch of the pull request was changed');
    expect(kindsOf(stage)).toContain('superseded');

    await approve('dave', pull.number);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await approve('bob', pull.number);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('a release for the weak base makes nobody a mere merger on main', async () => {
    stage = await openStage({ policy });
    const { sandbox, repo } = stage;
    await sandbox.as('alice').updateRef(repo, 'dev', sandbox.branchHead(repo, 'main') ?? '');
    const pull = await agentPullRequest(stage, { base: 'dev' });
    await approve('bob', pull.number);
    await sandbox.as('alice').editPullRequest(repo, pull.number, { base: 'main' });
    await stage.settle();
    // No ruleset stands in the way here: dave merges what is held, and that makes it his.
    const { sha } = await sandbox.as('dave').merge(repo, pull.number);
    await stage.settle();
    expect(kindsOf(stage)).toContain('bypassed');

    const run = await stage.deploy('carol');
    for (const login of ['dave', 'bob']) await stage.press(login, sha, 'countersign deploy: production', 'Approve');
    expect(sandbox.runState(run).status).toBe('waiting');
    expect(stage.records().findLast((record) => record.kind === 'refused')).toMatchObject({
      reviewer: { login: 'dave' },
      because: [{ code: 'reviewer-is-party' }],
    });
  });
});
