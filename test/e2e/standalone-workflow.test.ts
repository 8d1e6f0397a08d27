import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evidenceBranch } from '../support/evidence-repository.ts';
import { askedBy } from '../support/held-deployment.ts';
import { runVerify } from '../support/run-verify.ts';
import { startWorkflow } from '../support/runner/run-workflow.ts';
import { AGENT } from '../support/stage.ts';
import { openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneStage } from '../support/standalone-stage.ts';

/** docs/workflows/standalone.yml as it stands there, with our reusable workflow, run by runners in the private repository. */

const OURS = 'countersign/countersign';
const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

let world: StandaloneStage;
let text = '';

beforeAll(async () => {
  world = await openStandaloneStage();
  const { sandbox } = world;
  sandbox.user('maker');
  sandbox.org('countersign', { owners: ['maker'] });
  const reusable = '.github/workflows/countersign.yml';
  const files = { 'action.yml': read('action.yml'), [reusable]: read(reusable) };
  const { sha } = sandbox.repo(OURS, { by: 'maker', files });
  text = read('docs/workflows/standalone.yml').replaceAll('0'.repeat(40), sha);
});
afterAll(async () => {
  await world.close();
});

test('the example holds an agent’s commit, and runs it after a review and a re-run', async () => {
  const { sandbox, repo, signingKeys } = world;
  const path = '.github/workflows/deploy.yml';
  const files = { 'scripts/deploy.sh': 'echo deployed to "$1"\n', [path]: text };
  const { sha } = await sandbox.as(AGENT).commit(repo, 'main', { files, message: askedBy(world, 'carol') });
  const run = await startWorkflow({
    sandbox,
    repo,
    path,
    text,
    by: 'carol',
    event: 'push',
    environmentSecrets: {
      countersign: { COUNTERSIGN_SIGNING_KEY: signingKeys },
      production: { DEPLOY_TOKEN: 'xyzzy' },
    },
  });
  try {
    const held = await run.finish();
    expect(held.conclusion).toBe('failure');
    expect(held.jobs['propose']?.result).toBe('success');
    const decide = held.jobs['decide / decide'];
    expect(
      decide?.steps.map(({ name, outcome, problem, run: step }) => [name, outcome, problem, step?.outputs['reason']]),
    ).toEqual([
      ['Know whose code runs', 'skipped', null, undefined],
      [expect.stringContaining('actions/checkout@'), 'success', null, undefined],
      ['Decide', 'failure', null, 'held-alone'],
    ]);
    const number = await world.askForReview({ runId: run.runId, sha });
    await sandbox.as('dave').review(repo, number, { state: 'APPROVED' });
    await run.rerun('carol', { failedOnly: true });
    const released = await run.finish();
    const steps = Object.values(released.jobs).flatMap((job) =>
      job.steps.map(({ name, run: step }) => [name, step?.stdout]),
    );
    expect(JSON.stringify(steps)).toContain('deployed to production');
    expect(released.conclusion).toBe('success');
    expect(await runVerify(sandbox.gitDir(repo), evidenceBranch, world.key)).toContain('workflow-sealed');
    expect(JSON.stringify(steps)).not.toContain(signingKeys.split('\n')[1]);
  } finally {
    run.close();
  }
}, 60_000);
