import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSigstore } from '../../sandbox/sigstore/sigstore.ts';
import { evidenceBranch } from '../support/evidence-repository.ts';
import { askedBy } from '../support/held-deployment.ts';
import { runVerify } from '../support/run-verify.ts';
import { startWorkflow } from '../support/runner/run-workflow.ts';
import { AGENT } from '../support/stage.ts';
import { openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneStage } from '../support/standalone-stage.ts';

/** docs/workflows/standalone.yml as it stands there, with our reusable workflow, run by runners in a private repository. */

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

/** The first code block of that kind in "Set it up alone" that has the word in it. */
function told(kind: 'sh' | 'yaml', word: string): string {
  const [, section = ''] = read('docs/action.md').split('## Set it up alone\n');
  const blocks = section.matchAll(/^ *```(\w+)\n([^]*?)^ *```$/gm);
  const [, , block = ''] = [...blocks].find((each) => each[1] === kind && each[2]?.includes(word)) ?? [];
  return block.replaceAll(/^ {3}/gm, '');
}

/** Makes the keys with the command that the page says, by the program that is part of the repository. */
function makeKeys(folder: string, log: string): { readonly pem: string; readonly key: string } {
  const line = told('sh', 'keygen').match(/^node countersign\/(\S+) (keygen .*)$/m) ?? [];
  const args = (line[2] ?? '').replace('github.com/1/<repository id>/1', log).split(' ');
  const said = execFileSync(process.execPath, [join(root.pathname, line[1] ?? ''), ...args], { cwd: folder });
  const key = /verifier key of \S+: (\S+)$/m.exec(said.toString())?.[1] ?? '';
  return { pem: readFileSync(join(folder, 'signing-keys.pem'), 'utf8'), key };
}

/** A private repository in which nothing was ever deployed by us, and that follows "Set it up alone" word by word. */
async function newcomer() {
  const { sandbox, workspace } = world;
  const repo = 'acme/newcomer';
  const { id, sha } = sandbox.repo(repo, { private: true, by: 'alice', files: { 'infra/main.tf': '# nothing yet\n' } });
  for (const login of ['alice', 'carol', 'dave']) sandbox.collaborator(repo, login, 'maintain');
  const { pem, key } = makeKeys(workspace, `${new URL(sandbox.url).host}/1/${id}/1`);
  const policy = told('yaml', 'baselines')
    .replace('<full SHA of what runs there now>', sha)
    .replace('<the verifier key that keygen printed>', key);
  const files = { '.github/countersign.yml': policy };
  await sandbox.as('alice').commit(repo, 'main', { files, message: 'Add the policy' });
  sandbox.environment(repo, 'countersign', { branches: ['main'] });
  sandbox.environment(repo, 'production', { branches: ['main'] });
  await sandbox.as('alice').updateRef(repo, 'production', sha);
  return { repo, pem, key };
}

test('who follows "Set it up alone" has an agent’s commit held, and let go after a review and a re-run', async () => {
  const { sandbox } = world;
  const { repo, pem, key } = await newcomer();
  const path = '.github/workflows/deploy.yml';
  const files = { 'scripts/deploy.sh': 'echo deployed to "$1"\n', [path]: text };
  await sandbox.as(AGENT).commit(repo, 'main', { files, message: askedBy(world, 'carol') });
  const run = await startWorkflow({
    sandbox,
    repo,
    path,
    text,
    by: 'carol',
    event: 'push',
    environmentSecrets: {
      countersign: { COUNTERSIGN_SIGNING_KEY: pem },
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
    const ask = { head: 'main', base: 'production', title: 'Deploy it' };
    const { number } = await sandbox.as('carol').openPullRequest(repo, ask);
    // What the annotation of the held job says is what the reviewer writes.
    const line = /\/countersign approve [0-9A-Z]{8}/.exec(decide?.steps.at(-1)?.run?.stdout ?? '')?.[0] ?? '';
    await sandbox.as('dave').review(repo, number, { state: 'APPROVED', body: line });
    await run.rerun('carol', { failedOnly: true });
    const released = await run.finish();
    const steps = Object.values(released.jobs).flatMap((job) =>
      job.steps.map(({ name, run: step }) => [name, step?.stdout]),
    );
    expect(JSON.stringify(steps)).toContain('deployed to production');
    expect(released.conclusion).toBe('success');
    expect(await runVerify(sandbox.gitDir(repo), evidenceBranch, key)).toContain('workflow-sealed');
    expect(JSON.stringify(steps)).not.toContain(pem.split('\n')[1]);
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
