import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSigstore } from '../../sandbox/sigstore/sigstore.ts';
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

/** The example with its lines for keyless signing: the two jobs that these are about, with nothing proposed. */
function keylessExample(): string {
  const lines = text.replaceAll(/^( +)# (\S.*) # keyless.*$/gm, '$1$2').replace('attest: github', 'attest: own');
  expect(lines).toContain('id-token: write');
  return lines
    .replace(/^ {2}propose:\n[^]*?(?=^ {2}# Runs in the environment)/m, '')
    .replace(/^ {4}needs: propose\n/m, '')
    .replace(/^ {6}proposal: .*\n/m, '      proposal: none\n')
    .replace(/^ {2}close:\n[^]*$/m, '')
    .replace(/^ {10}mode: run\n/m, '')
    .replaceAll(/^ {10}(?:artifacts|command): .*\n/gm, '');
}

test('with its keyless lines the deciding job attests, and the protected job asks for that', async () => {
  const { sandbox, repo, signingKeys } = world;
  const path = '.github/workflows/keyless.yml';
  const keyless = keylessExample();
  const sigstore = await startSigstore(sandbox);
  const called = keyless.match(/uses: (countersign\/countersign\/\.github\/workflows\/countersign\.yml@[0-9a-f]{40})/);
  const policy = sandbox.file(repo, 'main', '.github/countersign.yml') ?? '';
  const trust = [
    '  attested:',
    `    workflow: ${called?.[1] ?? ''}`,
    '    root: .github/sigstore.jsonl',
    `  sigstore: { fulcio-url: '${sigstore.url}', tsa-url: '${sigstore.url}' }`,
  ];
  const files = {
    '.github/countersign.yml': `${policy}${trust.join('\n')}\n`,
    '.github/sigstore.jsonl': sigstore.trustedRoot({ rekor: false }),
  };
  await sandbox.as('alice').commit(repo, 'main', { files, message: 'Say who must have signed' });
  const change = { [path]: keyless };
  const message = askedBy(world, 'carol');
  const { sha } = await sandbox.as(AGENT).commit(repo, 'main', { files: change, message });
  const number = await world.askForReview({ runId: 0, sha });
  await sandbox.as('dave').review(repo, number, { state: 'APPROVED' });
  const environmentSecrets = { countersign: { COUNTERSIGN_SIGNING_KEY: signingKeys } };
  const run = await startWorkflow({
    sandbox,
    repo,
    path,
    text: keyless,
    by: 'carol',
    event: 'push',
    environmentSecrets,
  });
  try {
    const { jobs, conclusion } = await run.finish();
    expect(jobs['deploy']?.steps.at(-1)?.run?.outputs['reason']).toBe('gate-passed');
    expect(conclusion).toBe('success');
    expect(sigstore.asked).toEqual(['/api/v2/signingCert', '/api/v1/timestamp']);
  } finally {
    run.close();
    await sigstore.close();
  }
}, 60_000);
