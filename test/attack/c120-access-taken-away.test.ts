import { afterEach, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { field, recordsOf } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** The App is suspended, taken from the repository, uninstalled or robbed of a permission while a deployment is held. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const idOfInstallation = (): number => Number(field(stage.records()[0]?.['repository'], 'installationId'));

async function click(sha: string): Promise<void> {
  const check = stage.check(sha, PRODUCTION_CHECK);
  const approve = check?.actions.find(({ label }) => label === 'Approve');
  await stage.sandbox.as('dave').clickCheckAction(stage.repo, check?.id ?? 0, approve?.identifier ?? '');
  await stage.settle();
}

const reasons = (): readonly string[] => recordsOf(stage, 'drift').map((record) => JSON.stringify(record['because']));

describe('C120 access taken away mid-flight', () => {
  test('suspended: nothing is released; back again: released by an answer given then', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    const installation = idOfInstallation();
    stage.sandbox.suspend(installation, true);
    await click(sha);
    await stage.settleRetries();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    stage.sandbox.suspend(installation, false);
    await stage.settle();
    await stage.settleRetries();
    await click(sha);
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
  }, 60_000);

  test('taken from the repository and given back: a record names the change', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    const installation = idOfInstallation();
    stage.sandbox.selectRepository(installation, stage.repo, false);
    await stage.settle();
    await stage.app().sweep();
    await stage.settle();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    stage.sandbox.selectRepository(installation, stage.repo, true);
    await stage.settle();
    await stage.settleRetries();
    expect(reasons().join()).toMatch(/installation-changed.*added/);
    await click(sha);
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
  }, 60_000);

  test('uninstalled: GitHub keeps the job waiting, and the App stays up', async () => {
    stage = await openStage();
    const { runId } = await heldDeployment(stage);
    stage.sandbox.uninstall(idOfInstallation());
    await stage.settle();
    await stage.settleRetries();
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(jobOf(stage, runId)?.conclusion).not.toBe('success');
    expect(kindsOf(stage)).not.toContain('authorised');
    expect((await fetch(`${stage.app().url}/readyz`)).status).toBe(200);
  }, 60_000);

  test('robbed of a permission: what cannot be read is not taken for empty', async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    const body = { message: 'Resource not accessible by integration' };
    stage.sandbox.faults.add({ path: /\/actions\//, when: 'before', times: 1_000, do: { status: 403, body } });
    await click(sha);
    await stage.settleRetries();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(kindsOf(stage)).not.toContain('authorised');
    stage.sandbox.faults.clear();
    await stage.settleRetries();
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
  }, 60_000);
});
