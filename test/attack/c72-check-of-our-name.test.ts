import { afterEach, describe, expect, test } from 'vitest';
import type { App } from '../../sandbox/sandbox.ts';
import { appJwt, call, textAt } from '../contract/sandbox/sandbox-client.ts';
import type { Reply } from '../contract/sandbox/sandbox-client.ts';
import { approve } from '../support/reviewing.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** The branch rule names our App as the expected source, as the installation guide asks; the name alone proves nothing. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function open(): Promise<Stage> {
  stage = await openStage();
  stage.sandbox.requireCheck(stage.repo, 'main', 'countersign', 'countersign');
  return stage;
}

const tokenOf = (login: string): string => stage.sandbox.user(login).token;
const post = (path: string, token: string, body: unknown): Promise<Reply> =>
  call(stage.sandbox, 'POST', `/repos/${stage.repo}/${path}`, { token, body });
const merge = (by: string, number: number): Promise<unknown> => stage.sandbox.as(by).merge(stage.repo, number);
const ours = (sha: string) =>
  stage.sandbox.checkRuns(stage.repo, sha).filter(({ app, name }) => app === 'countersign' && name === 'countersign');

/** Another App with `checks: write` on the repository, and a token for it. */
async function lookAlike(): Promise<{ readonly app: App; readonly token: string }> {
  const { sandbox } = stage;
  const app = sandbox.app({
    slug: 'countersign-ci',
    webhookSecret: 'secret of somebody else',
    permissions: { checks: 'write' },
    events: [],
  });
  const { installationId } = sandbox.install('countersign-ci', 'acme', [stage.repo]);
  const path = `/app/installations/${installationId}/access_tokens`;
  const { body } = await call(sandbox, 'POST', path, { token: appJwt(app, sandbox.clock.now()), body: {} });
  return { app, token: textAt(body, 'token') };
}

describe('C72 a status or check of our name', () => {
  test('a commit status that a writer posts under our name changes nothing', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    const status = { state: 'success', context: 'countersign' };
    const { status: answered } = await post(`statuses/${pull.headSha}`, tokenOf('alice'), status);
    await stage.settle();
    expect(answered).toBe(201);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await expect(merge('alice', pull.number)).rejects.toThrow(/countersign/);
  });

  test('a green check of our name by another App is not ours: it is neither taken for it nor written over', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    const { token } = await lookAlike();
    const copy = { name: 'countersign', head_sha: pull.headSha, status: 'completed', conclusion: 'success' };
    const made = await post('check-runs', token, copy);
    expect(made.status).toBe(201);
    await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'CHANGES_REQUESTED', body: 'no' });
    await stage.settle();
    expect(ours(pull.headSha).map(({ conclusion }) => conclusion)).toEqual(['failure']);
    await expect(merge('alice', pull.number)).rejects.toThrow(/countersign/);
  });

  test('neither another App nor a person can write on our check', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    const { token } = await lookAlike();
    const path = `/repos/${stage.repo}/check-runs/${ours(pull.headSha)[0]?.id}`;
    for (const credential of [token, tokenOf('alice')]) {
      const body = { status: 'completed', conclusion: 'success' };
      expect((await call(stage.sandbox, 'PATCH', path, { token: credential, body })).status).toBe(403);
    }
    expect(ours(pull.headSha).map(({ conclusion }) => conclusion)).toEqual(['action_required']);
  });

  test('honest: our own check turns green after the review of a distinct human, and the merge goes through', async () => {
    await open();
    const pull = await agentPullRequest(stage);
    await approve(stage, 'bob', pull);
    expect(ours(pull.headSha).map(({ conclusion }) => conclusion)).toEqual(['success']);
    await merge('alice', pull.number);
    await stage.settle();
    expect(stage.sandbox.pullRequest(stage.repo, pull.number).merged).toBe(true);
  });
});
