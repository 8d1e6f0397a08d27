import { afterEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../core/evidence/bytes.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import { pathOf, textOf, verdictOn } from '../support/evidence-verdict.ts';
import { codeOn, heldDeployment, jobOf } from '../support/held-deployment.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** What was said of one run, attempt or environment is said again of another. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function released() {
  stage = await openStage();
  const held = await heldDeployment(stage);
  await stage.press('dave', held.sha, PRODUCTION_CHECK, 'Approve');
  return held;
}

describe('C105 replay', () => {
  test.each([
    ['another run', /"runId": \d+/g, '"runId": 7'],
    ['another attempt', /"attempt": 1/g, '"attempt": 2'],
    ['another environment', /"environment": "production"/g, '"environment": "staging"'],
    ['another opening', /"opening": 1/g, '"opening": 2'],
    ['another repository', /"id": 9\d{8}/g, '"id": 900000099'],
    ['another time', /"at": "2/g, '"at": "3'],
  ])('a record that is made to speak of %s is not what was signed', async (_, from, to) => {
    await released();
    const files = evidenceFiles(stage.sandbox, stage.repo);
    const path = pathOf(files, 'authorised');
    const changed = textOf(files, path).replaceAll(from, to);
    expect(changed).not.toBe(textOf(files, path));
    files.set(path, utf8(changed));
    expect(await verdictOn(stage, files)).toMatchObject({ ok: false, problem: { path } });
  });

  test('a record that stands a second time in the log is refused', async () => {
    await released();
    const files = evidenceFiles(stage.sandbox, stage.repo);
    const from = pathOf(files, 'released');
    const to = pathOf(files, 'outcome').replace('-outcome', '-released');
    files.set(to, utf8(textOf(files, from)));
    files.delete(pathOf(files, 'outcome'));
    expect(await verdictOn(stage, files)).toMatchObject({ ok: false, problem: { path: to } });
  });

  test('the click that released one attempt releases no other, however often it is delivered', async () => {
    const { runId } = await released();
    await stage.sandbox.as('carol').rerun(runId);
    await stage.settle();
    const clicks = stage.sandbox.webhooks.deliveries.filter(({ action }) => action === 'requested_action');
    for (const { id } of clicks) await stage.sandbox.webhooks.redeliver(id);
    await stage.settle();
    expect(clicks.length).toBeGreaterThan(0);
    expect(jobOf(stage, runId, 'deploy', 2)?.status).toBe('waiting');
    expect(stage.sandbox.effectiveReleases).toHaveLength(1);
  });

  test('the code of one run is not the code of the next run of the same commit', async () => {
    const { runId, sha } = await released();
    const first = codeOf(runId);
    const pull = await agentPullRequest(stage, { branch: 'copilot/talk' });
    const next = await stage.deploy('carol');
    await stage.sandbox.as('dave').comment(stage.repo, pull.number, `/countersign approve ${first}`);
    await stage.settle();
    expect(jobOf(stage, next)?.status).toBe('waiting');

    // Honest: its own code does.
    const code = codeOn(stage, sha, PRODUCTION_CHECK);
    expect(code).not.toBe(first);
    await stage.sandbox.as('dave').comment(stage.repo, pull.number, `/countersign approve ${code}`);
    await stage.settle();
    expect(jobOf(stage, next)?.conclusion).toBe('success');
  });
});

function codeOf(runId: number): string {
  const report = stage.sandbox.runState(runId).reports[0]?.comment ?? '';
  return /approve ([0-9A-Z]{8})/.exec(report)?.[1] ?? '';
}
