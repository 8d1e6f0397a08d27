import { afterEach, describe, expect, test } from 'vitest';
import { codeOn, heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { postDelivery } from '../support/post-delivery.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { PLAN_AND_DEPLOY, planOf, propose } from '../support/telling-the-app.ts';

/** Mallory has installed the App on a repository of her own. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const HERS = 'mallory/shop';

async function openWithMallory(): Promise<{ readonly installationId: number; readonly repositoryId: number }> {
  stage = await openStage();
  const { sandbox } = stage;
  sandbox.user('mallory');
  const { id } = sandbox.repo(HERS, { files: { 'README.md': '# Hers\n' }, by: 'mallory' });
  sandbox.environment(HERS, 'production', { customRule: 'countersign' });
  const { installationId } = sandbox.install('countersign', 'mallory', [HERS]);
  await stage.settle();
  return { installationId, repositoryId: id };
}

describe('C60 cross-tenant confusion', () => {
  test("a victim's code, typed in the attacker's repository, is unknown there and answers nothing here", async () => {
    await openWithMallory();
    const { sandbox, repo } = stage;
    const { runId, sha } = await heldDeployment(stage);
    const code = codeOn(stage, sha, PRODUCTION_CHECK);
    await sandbox.as('mallory').commit(HERS, 'topic', { files: { 'a.tf': 'a' }, message: 'a' });
    const { number } = await sandbox.as('mallory').openPullRequest(HERS, { head: 'topic', title: 'a' });
    await stage.settle();
    await sandbox.as('mallory').comment(HERS, number, `/countersign approve ${code}`);
    await stage.settle();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(sandbox.comments(HERS, number).at(-1)?.body).toContain('belongs to no request that is held here now');
    expect(kindsOf(stage)).not.toContain('reviewed');

    // The same words of somebody who may decide, in the repository that they belong to.
    await sandbox.as('bob').commit(repo, 'topic', { files: { 'notes.md': 'n' }, message: 'n' });
    const pull = await sandbox.as('bob').openPullRequest(repo, { head: 'topic', title: 'n' });
    await sandbox.as('dave').comment(repo, pull.number, `/countersign approve ${code}`);
    await stage.settle();
    expect(sandbox.runState(runId).conclusion).toBe('success');
  });

  test.each([
    ['her installation and repository', true, true],
    ['her installation alone', true, false],
    ['her repository alone', false, true],
  ])("a delivery about the victim's run with %s moves nothing", async (_what, installation, repository) => {
    const hers = await openWithMallory();
    const { webhooks } = stage.sandbox;
    const { runId, sha } = await heldDeployment(stage);
    const letThrough = webhooks.drop((delivery) => delivery.action === 'requested_action');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    letThrough();
    const click = webhooks.deliveries.findLast((delivery) => delivery.action === 'requested_action')?.body ?? '';
    const asked = webhooks.deliveries.findLast(({ event }) => event === 'deployment_protection_rule')?.body ?? '';
    const ids: Readonly<Record<'installation' | 'repository', { readonly id: number }>> = JSON.parse(click);
    const swap = (body: string): string => {
      const text = installation ? body.replaceAll(String(ids.installation.id), String(hers.installationId)) : body;
      if (!repository) return text;
      return text.replaceAll(String(ids.repository.id), String(hers.repositoryId)).replaceAll(stage.repo, HERS);
    };
    expect(swap(asked)).not.toBe(asked);
    await postDelivery(stage, 'deployment_protection_rule', swap(asked));
    await postDelivery(stage, 'check_run', swap(click));
    await stage.settleRetries();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(stage.sandbox.effectiveReleases).toEqual([]);
    expect(kindsOf(stage)).not.toContain('reviewed');

    await postDelivery(stage, 'check_run', click);
    await stage.settle();
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
  });

  test('each repository has a log of its own, in its own repository', async () => {
    await openWithMallory();
    const { sandbox } = stage;
    const { runId, sha } = await heldDeployment(stage);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    await sandbox
      .as('mallory')
      .dispatch(HERS, { name: 'deploy', jobs: [{ name: 'deploy', environment: 'production' }] });
    await stage.settle();
    const origin = (repo: string): string | undefined =>
      sandbox.file(repo, 'countersign-evidence', 'checkpoint')?.split('\n')[0];
    expect(origin(stage.repo)).toBeDefined();
    expect(origin(HERS)).toBeDefined();
    expect(origin(HERS)).not.toBe(origin(stage.repo));
    expect(stage.records().filter((record) => record.kind === 'requested')).toHaveLength(1);
    expect(sandbox.runState(runId).conclusion).toBe('success');
  });

  test('what her jobs propose is asked for in her repository alone', async () => {
    await openWithMallory();
    const { sandbox } = stage;
    const { runId, sha } = await heldDeployment(stage, PLAN_AND_DEPLOY);
    const code = codeOn(stage, sha, PRODUCTION_CHECK);
    const hers = await sandbox.as('mallory').dispatch(HERS, { name: 'deploy', jobs: PLAN_AND_DEPLOY });
    await stage.settle();
    expect(await propose(stage, hers.id, 'plan', planOf('a'))).toBe('taken');
    expect(codeOn(stage, sha, PRODUCTION_CHECK)).toBe(code);

    expect(await propose(stage, runId, 'plan', planOf('b'))).toBe('taken');
    expect(codeOn(stage, sha, PRODUCTION_CHECK)).not.toBe(code);
  });

  test('jobs of a repository that the App is not installed on are told so, also beside one that it is', async () => {
    stage = await openStage();
    const { sandbox } = stage;
    sandbox.user('mallory');
    for (const [repo, by] of [
      [HERS, 'mallory'],
      ['acme/other', 'alice'],
    ] as const) {
      sandbox.repo(repo, { files: { 'README.md': '# Other\n' }, by });
      const run = await sandbox.as(by).dispatch(repo, { name: 'plan', jobs: [{ name: 'plan', manual: true }] });
      expect(await propose(stage, run.id, 'plan', planOf('a'))).toBe('app-not-installed');
    }
    sandbox.install('countersign', 'mallory', [HERS]);
    sandbox.environment(HERS, 'production', { customRule: 'countersign' });
    // What GitHub said of a repository is remembered for half a minute.
    sandbox.clock.advance(30_000);
    const run = await sandbox.as('mallory').dispatch(HERS, { name: 'plan', jobs: [{ name: 'plan', manual: true }] });
    expect(await propose(stage, run.id, 'plan', planOf('a'))).toBe('taken');
  });
});
