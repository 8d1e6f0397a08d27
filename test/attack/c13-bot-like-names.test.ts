import { afterEach, describe, expect, test } from 'vitest';
import { approve, pullRequestOf, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Free text in git that looks like automation: it exempts nobody, and no approval becomes unnecessary by it. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const DISGUISES = [
  { title: 'a bracketed bot name', name: 'x[bot]', email: 'x@evil.example' },
  { title: 'a service account name', name: 'svc_deploy', email: 'svc_deploy@evil.example' },
  { title: "GitHub's own address", name: 'GitHub', email: 'noreply@github.com' },
  {
    title: "the workflow bot's address",
    name: 'github-actions[bot]',
    email: '41898282+github-actions[bot]@users.noreply.github.com',
  },
] as const;

/** Dependabot may go unasked below `lib/`; nobody else may. */
const ALLOWING_AUTOMATION = `version: 1
scope: { deployments: all, pull-requests: all }
automation:
  - { account: 49699333, login: "dependabot[bot]", paths: "lib/**" }
`;

describe('C13 names that look like a bot', () => {
  test.for(DISGUISES)('$title releases nothing, and one approval is not enough for it', async ({ name, email }) => {
    stage = await openStage({ policy: ALLOWING_AUTOMATION });
    const identity = { name, email };
    const pull = await pullRequestOf(stage, 'alice', [
      { message: 'Bump', author: identity, committer: identity, file: 'lib/a.txt' },
    ]);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await stage.press('alice', pull.headSha, 'countersign', 'Approve');
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)[0]).toMatch(/^alice reviewer-is-party: .*pull-request-author, pusher$/);
  });

  test.for(DISGUISES)('whoever pushes to main under $title cannot release it alone', async ({ name, email }) => {
    stage = await openStage();
    const identity = { name, email };
    const { sha } = await stage.sandbox
      .as('bob')
      .commit(stage.repo, 'main', { files: { 'a.txt': 'a' }, message: 'Bump', author: identity, committer: identity });
    await stage.settle();
    await stage.deploy('carol');
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(recordsOf(stage, 'authorised')).toEqual([]);
  });

  test('honest: a bracketed name of nobody is released by two humans who did not push it', async () => {
    stage = await openStage();
    const pull = await pullRequestOf(stage, 'alice', [{ message: 'Bump', author: DISGUISES[0] }]);
    await approve(stage, 'bob', pull);
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage).toSorted()).toEqual(['bob', 'carol']);
  });
});
