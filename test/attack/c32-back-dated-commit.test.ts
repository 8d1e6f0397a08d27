import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** A commit on top of `parent` that claims to be years older than the approval; written by git, dates and all. */
function backDated(parent: string): string {
  const who = { name: AGENT, email: '198982749+Copilot@users.noreply.github.com', date: '2001-09-09T01:46:40Z' };
  const env = {
    ...process.env,
    GIT_AUTHOR_NAME: who.name,
    GIT_AUTHOR_EMAIL: who.email,
    GIT_AUTHOR_DATE: who.date,
    GIT_COMMITTER_NAME: who.name,
    GIT_COMMITTER_EMAIL: who.email,
    GIT_COMMITTER_DATE: who.date,
  };
  const git = ['--git-dir', stage.sandbox.gitDir(stage.repo)];
  // The tree of the first commit: what the approved head changed is gone again.
  const args = [...git, 'commit-tree', `${parent}~1^{tree}`, '-p', parent, '-m', 'Nothing new here'];
  return execFileSync('git', args, { env, encoding: 'utf8' }).trim();
}

describe('C32 back-dated commit', () => {
  test('a commit of 2001, pushed after the approval, voids it all the same', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');

    const sha = backDated(pull.headSha);
    await sandbox.as(AGENT).updateRef(repo, 'copilot/change', sha);
    await stage.settle();
    expect(stage.check(sha)?.conclusion).toBe('action_required');

    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(stage.check(sha)?.conclusion).toBe('success');
  });
});
