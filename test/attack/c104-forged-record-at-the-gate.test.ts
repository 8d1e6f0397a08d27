import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { checkEvidence } from '../support/check-evidence.ts';
import { createLog, recordBytes } from '../support/evidence-log.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import { openGateStage } from '../support/gate-stage.ts';
import type { GateRun, GateStage } from '../support/gate-stage.ts';
import { evidenceBranch } from '../support/evidence-repository.ts';
import { runAction } from '../support/runner/run-action.ts';

/**
 * Alice may push to any branch, also to that of the evidence, and writes the workflow: nothing of it lets a job go that nobody
 * countersigned.
 */

let world: GateStage;
/** Let go by an admin, not by us. */
let run: GateRun;
let origin = '';

beforeAll(async () => {
  world = await openGateStage();
  await world.released();
  run = await world.held();
  origin = world.key.split('+')[0] ?? '';
  const { sandbox } = world.stage;
  // From here on the App hears of nothing, as if it were slow: it would mend the branch.
  sandbox.webhooks.pause();
  await sandbox.as('alice').bypass(run.runId);
});

afterAll(async () => {
  await world.stage.sandbox.webhooks.resume();
  await world.stage.settle();
  await world.close();
});

function forgedRecord(): string {
  const { stage } = world;
  const [real] = stage.records().filter((record) => record.kind === 'authorised');
  const { kind: _kind, at: _at, repository, ...fields } = real ?? { kind: '' };
  const gate = { runId: run.runId, attempt: 1, environment: 'production', opening: 1 };
  const notAfter = new Date(stage.sandbox.clock.now() + 60_000).toISOString();
  const [host = '', installationId, id] = origin.split('/');
  expect(repository).toEqual({ host, installationId: Number(installationId), id: Number(id) });
  const ids = { host, installationId: Number(installationId), id: Number(id) };
  return Buffer.from(recordBytes('authorised', { ...fields, gate, headSha: run.sha, notAfter }, 1, ids)).toString();
}

const today = (): string => new Date(world.stage.sandbox.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');

/** Puts files on the evidence branch, asks the gate, and puts everything back. */
async function withFiles(files: Readonly<Record<string, string>>): Promise<string | undefined> {
  const { sandbox, repo } = world.stage;
  const before = sandbox.branchHead(repo, evidenceBranch) ?? '';
  await sandbox.as('alice').commit(repo, evidenceBranch, { files, message: 'Countersigned, trust me' });
  const { code } = await world.gate(run);
  await sandbox.as('alice').forcePush(repo, evidenceBranch, before);
  return code;
}

describe('C104 a forged record', () => {
  test('without one the job is stopped', async () => {
    expect((await world.gate(run)).code).toBe('release-not-recorded');
  });

  test('as the next one of the log is stopped', async () => {
    const index = String(world.stage.records().length).padStart(9, '0');
    expect(await withFiles({ [`records/${today()}/${index}-authorised.json`]: forgedRecord() })).toBe(
      'evidence-not-in-tree',
    );
  });

  test('in the place of a real one is stopped', async () => {
    const { sandbox, repo } = world.stage;
    const paths = [...evidenceFiles(sandbox, repo).keys()];
    const path = paths.findLast((each) => each.endsWith('-authorised.json')) ?? '';
    expect(await withFiles({ [path]: forgedRecord() })).toBe('evidence-not-in-tree');
  });

  test('in a whole log of the forger, named like ours, is stopped', async () => {
    const log = createLog(origin);
    await log.append([log.opening(), Buffer.from(forgedRecord())]);
    const texts = [...log.files].filter(([path]) => !path.startsWith('tile/'));
    const files = Object.fromEntries(texts.map(([path, bytes]) => [path, Buffer.from(bytes).toString()]));
    expect(await withFiles(files)).toBe('key-does-not-match');
  });

  test('on a branch of the forger is never looked at', async () => {
    const { sandbox, repo } = world.stage;
    const files = { checkpoint: checkEvidence(sandbox, repo).file('checkpoint') };
    await sandbox.as('alice').commit(repo, 'my-evidence', { files, message: 'Look here' });
    expect((await world.gate(run, { inputs: { 'evidence-branch': 'my-evidence' } })).code).toBe('trust-branch-differs');
  });
});

describe('C116 the workflow brings its own trust', () => {
  test.each([
    ['a key', 'key', () => formatVerifierKey(createLog(origin).pin), 'trust-key-differs'],
    ['an App', 'app-url', () => 'https://countersign.evil.example', 'trust-app-url-differs'],
    ['a branch', 'evidence-branch', () => 'main', 'trust-branch-differs'],
  ])('%s of its own stops the job', async (_, input, value, code) => {
    expect((await world.gate(run, { inputs: { [input]: value() } })).code).toBe(code);
  });

  test('a policy on its own branch is not read', async () => {
    const { sandbox, repo } = world.stage;
    const text = sandbox.file(repo, 'main', '.github/countersign.yml') ?? '';
    const own = text.replace(world.key, formatVerifierKey(createLog(origin).pin));
    await sandbox.as('alice').commit(repo, 'mine', { files: { '.github/countersign.yml': own }, message: 'Mine' });
    const env = { GITHUB_REF: 'refs/heads/mine', GITHUB_REF_NAME: 'mine' };
    expect((await world.gate(run, { env })).code).toBe('release-not-recorded');
  });

  test('an address that says yes to everything is believed nothing: only the trusted key counts', async () => {
    const { sandbox } = world.stage;
    const yes = { status: 200, body: { data: { valid: true, decision: 'release' } } };
    const undo = sandbox.faults.add({ path: 'liveBranch', when: 'before', do: yes });
    expect((await world.gate(run)).code).toBe('forge-shape-unknown');
    undo();
  });

  test('another repository is refused, whatever its log says', async () => {
    const env = { GITHUB_REPOSITORY_ID: '1' };
    expect((await world.gate(run, { env, event: {} })).code).toBe('repository-differs');
  });
});

describe('C71 Countersign is not pinned in the workflow', () => {
  test('it is said, and nothing is let go or kept back by it', async () => {
    const { sandbox, repo } = world.stage;
    const ran = await runAction({
      sandbox,
      repo,
      runId: run.runId,
      job: 'deploy',
      inputs: { environment: 'production', 'wait-seconds': '0' },
      workspace: world.workspace,
      permissions: { contents: 'read' },
      env: { GITHUB_ACTION_REF: 'main' },
    });
    expect(ran.exitCode).toBe(1);
    expect(ran.annotations.map(({ level, title }) => [level, title])).toEqual([
      ['warning', 'Countersign: Countersign is not pinned'],
      ['error', 'Countersign: Nobody countersigned this'],
    ]);
  });

  test('a workflow without our step is held by the App all the same', async () => {
    const { stage } = world;
    await stage.sandbox.webhooks.resume();
    const runId = await stage.deploy('carol', { jobs: [{ name: 'apply', environment: 'production' }] });
    expect(stage.sandbox.runState(runId).jobs.map(({ status }) => status)).toEqual(['waiting']);
  });
});
