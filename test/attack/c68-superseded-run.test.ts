import { afterEach, describe, expect, test } from 'vitest';
import { askedBy, heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { AGENT, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** A run that cancels the one before it. */
async function deployInGroup(): Promise<number> {
  const run = await stage.sandbox.as('carol').dispatch(stage.repo, {
    name: 'deploy',
    jobs: [{ name: 'deploy', environment: 'production' }],
    concurrency: { group: 'production', cancelInProgress: true },
  });
  return run.id;
}

/** The agent's change on main and a run of it that waits. */
async function reviewed(): Promise<{ readonly runId: number; readonly sha: string }> {
  const { sha } = await stage.sandbox.as(AGENT).commit(stage.repo, 'main', {
    files: { 'infra/main.tf': '# what is being reviewed\n' },
    message: askedBy(stage, 'carol'),
  });
  const runId = await deployInGroup();
  await stage.settle();
  return { runId, sha };
}

async function clickOld(sha: string): Promise<void> {
  const check = stage.check(sha, PRODUCTION_CHECK);
  await stage.sandbox.as('dave').clickCheckAction(stage.repo, check?.id ?? 0, check?.actions[0]?.identifier ?? '');
}

describe('C68 a newer run takes the place of the one under review', () => {
  test('the click for the cancelled run of another commit is not transferred to the newer one', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const old = await reviewed();
    sandbox.webhooks.pause();
    await clickOld(old.sha);
    const { sha } = await sandbox
      .as(AGENT)
      .commit(repo, 'main', { files: { 'infra/evil.tf': 'x' }, message: askedBy(stage, 'carol', 'x') });
    const newer = await deployInGroup();
    await sandbox.webhooks.resume();
    await stage.settle();
    expect(jobOf(stage, old.runId)?.conclusion).toBe('cancelled');
    expect(jobOf(stage, newer)?.status).toBe('waiting');
    expect(sandbox.effectiveReleases).toEqual([]);
    expect(stage.check(old.sha, PRODUCTION_CHECK)).toMatchObject({ conclusion: 'cancelled', actions: [] });

    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, newer)?.conclusion).toBe('success');
  });

  test.each(['before', 'after'])('nor to a newer run of the same commit, told %s the cancellation', async (order) => {
    stage = await openStage();
    const { webhooks } = stage.sandbox;
    const old = await reviewed();
    webhooks.pause();
    await clickOld(old.sha);
    const newer = await deployInGroup();
    await webhooks.resume((held) => (order === 'before' ? held : held.toReversed()));
    await stage.settle();
    expect(jobOf(stage, newer)?.status).toBe('waiting');
    expect(stage.sandbox.effectiveReleases).toEqual([]);
    expect(kindsOf(stage)).toContain('withdrawn');
    expect(kindsOf(stage)).not.toContain('released');

    await stage.press('dave', old.sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, newer)?.conclusion).toBe('success');
  });

  test('two waiting runs of one commit: the button answers the one that it shows', async () => {
    stage = await openStage();
    const first = await heldDeployment(stage);
    const second = await stage.deploy('carol');
    await stage.press('dave', first.sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, first.runId)?.status).toBe('waiting');
    expect(jobOf(stage, second)?.conclusion).toBe('success');
  });
});
