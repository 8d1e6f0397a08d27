import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256, verify } from '../../adapters/signing/node-crypto.ts';
import { generateSigningKeys, loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { toHex } from '../../core/evidence/bytes.ts';
import { parseCheckpoint } from '../../core/evidence/notes/checkpoint.ts';
import {
  formatVerifierKey,
  openNote,
  parseNote,
  parseVerifierKey,
  toVerifierKey,
} from '../../core/evidence/notes/signed-note.ts';
import type { ModeGiven } from '../support/action-context.ts';
import { evidenceBranch, git } from '../support/evidence-repository.ts';
import { expectRefused } from '../support/runner/bad-input.ts';
import type { ActionRun } from '../support/runner/run-action.ts';
import { runVerify } from '../support/run-verify.ts';
import { openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneRun, StandaloneStage } from '../support/standalone-stage.ts';

/**
 * Eight jobs of eight runs decide at the same time on one repository that has no log yet, each by the committed bundle in a
 * process of its own; and then whoever can push tries to make the next one sign a second tree.
 */

const JOBS = 8;
const STORE = 'refs/countersign/log';
const POLICY = '.github/countersign.yml';

let world: StandaloneStage;
let remote = '';
const runs: StandaloneRun[] = [];
let said: readonly ActionRun[] = [];

beforeAll(async () => {
  world = await openStandaloneStage();
  remote = world.sandbox.gitDir(world.repo);
  const { sha } = await world.run();
  const spec = { name: 'Deploy', jobs: [{ name: 'decide', environment: 'countersign', manual: true }] };
  for (let n = 0; n < JOBS; n += 1) {
    const { id } = await world.sandbox.as('carol').dispatch(world.repo, spec, { ref: 'main' });
    runs.push({ runId: id, sha });
  }
  said = await Promise.all(runs.map((run) => world.step('decide', run)));
}, 120_000);
afterAll(async () => {
  await world.close();
});

/** Text of every blob that ever got to the server, also with a push that lost its race. */
function blobs(): readonly string[] {
  const objects = git(remote, ['cat-file', '--batch-all-objects', '--batch-check']).split('\n');
  const oids = objects.flatMap((line) => (/^(\w+) blob /.exec(line) ?? []).slice(1));
  return git(remote, ['cat-file', '--batch'], `${oids.join('\n')}\n`).split(/^[0-9a-f]{40} blob \d+\n/m);
}

async function refused(code: Parameters<typeof expectRefused>[1], run = runs[0]): Promise<ActionRun> {
  if (run === undefined) throw new TypeError('there is no run');
  const before = git(remote, ['for-each-ref']);
  const ran = await world.step('decide', run);
  expectRefused(ran, code);
  expect(git(remote, ['for-each-ref'])).toBe(before);
  return ran;
}

/** The same in this process, by another policy. @returns the parameters of the reason */
async function refusedBy(policy: string, code: string, given: Partial<ModeGiven> = {}): Promise<unknown> {
  const { sandbox, repo } = world;
  const [run] = runs;
  if (run === undefined) throw new TypeError('there is no run');
  const text = sandbox.file(repo, 'main', POLICY) ?? '';
  await sandbox.as('alice').commit(repo, 'main', { files: { [POLICY]: policy }, message: 'Other trust' });
  const evidence = (): string =>
    git(remote, ['for-each-ref', 'refs/countersign', `refs/heads/${evidenceBranch}`, 'refs/heads/log-two']);
  const before = evidence();
  const answers = [await world.decide(run, given), await world.closeRun(run, 'success', { job: 'decide', ...given })];
  expect(answers.map((said) => said.code)).toEqual([code, code]);
  expect(evidence()).toBe(before);
  await sandbox.as('alice').commit(repo, 'main', { files: { [POLICY]: text }, message: 'As before' });
  return answers[0]?.because[0]?.params;
}

/** The state of the store that the newest commit of the evidence branch names. */
function named(): string {
  return /^store ([0-9a-f]+) /m.exec(git(remote, ['log', '-1', '--format=%B', evidenceBranch]))?.[1] ?? 'none';
}

/** The verifier key of these keys for a log of that name. */
function keyLine(name: string, pem: string): string {
  const keys = loadSigningKeys(pem);
  if (!keys.ok) throw new TypeError(keys.issue);
  return formatVerifierKey(toVerifierKey(name, keys.value.checkpoint.publicKey, sha256));
}

describe('eight jobs at once', () => {
  test('each holds its own deployment and says at which record', () => {
    expect(said.map(({ exitCode, outputs }) => [exitCode, outputs['reason']])).toEqual(
      runs.map(() => [1, 'held-alone']),
    );
    const numbers = said.map(({ outputs }) => Number(outputs['record'])).toSorted((a, b) => a - b);
    expect(numbers).toEqual(runs.map((_, at) => at + 1));
  });

  test('no record is lost or doubled, and the log verifies', async () => {
    expect(await runVerify(remote, evidenceBranch, world.key)).toContain(`${JOBS + 1} records`);
    const paths = git(remote, ['ls-tree', '-r', '--name-only', evidenceBranch, 'records/']).split('\n');
    const gates = paths.slice(1).map((path) => {
      const text = git(remote, ['cat-file', 'blob', `${evidenceBranch}:${path}`]);
      return Number(/"runId": (\d+)/.exec(text)?.[1]);
    });
    expect(gates.toSorted((a, b) => a - b)).toEqual(runs.map(({ runId }) => runId).toSorted((a, b) => a - b));
  });

  test('of no size a second tree was signed, published or not', async () => {
    const key = parseVerifierKey(world.key, sha256);
    if (!key.ok) throw new TypeError(key.issue);
    const roots = new Map<number, Set<string>>();
    for (const blob of blobs()) {
      const bytes = Buffer.from(blob.replace(/\n\n$/, '\n'));
      const note = parseNote(bytes);
      const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
      if (!checkpoint.ok || !(await openNote(bytes, [key.value], verify)).ok) continue;
      const { size, root } = checkpoint.value;
      roots.set(size, (roots.get(size) ?? new Set()).add(toHex(root)));
    }
    // At least those that are on the branch were found.
    expect(roots.size).toBeGreaterThanOrEqual(Number(git(remote, ['rev-list', '--count', evidenceBranch])));
    expect([...roots.values()].filter((each) => each.size > 1)).toEqual([]);
  });
});

describe('whoever can push', () => {
  test('makes nobody believe a store that the key did not write, whatever it claims: what the branch names is put back', async () => {
    const honest = git(remote, ['rev-parse', STORE]);
    const state = named();
    const seal = `number 999\nmac ${'0'.repeat(64)}`;
    const forged = git(remote, ['commit-tree', `${honest}^{tree}`, '-p', honest, '-m', seal]);
    git(remote, ['update-ref', STORE, forged]);
    const [run] = runs;
    if (run === undefined) throw new TypeError('there is no run');
    const { outputs, stdout } = await world.step('decide', run);
    expect(outputs['reason']).toBe('held-alone');
    expect(stdout).toContain('What the log remembers was put back');
    const past = git(remote, ['rev-list', STORE]).split('\n');
    expect(past).toContain(state);
    expect(past).not.toContain(forged);
  });

  test('gets no new log under the old name by deleting all of it, where the policy says that it has begun', async () => {
    const { sandbox, repo } = world;
    const text = sandbox.file(repo, 'main', POLICY) ?? '';
    const files = { [POLICY]: text.replace('trust:\n', 'trust:\n  log-opened: true\n') };
    await sandbox.as('alice').commit(repo, 'main', { files, message: 'The log has begun' });
    const both = [STORE, `refs/heads/${evidenceBranch}`].map((ref) => [ref, git(remote, ['rev-parse', ref])] as const);
    for (const [ref] of both) git(remote, ['update-ref', '-d', ref]);
    await refused('log-vanished');
    for (const [ref, oid] of both) git(remote, ['update-ref', ref, oid]);
    const [run] = runs;
    if (run === undefined) throw new TypeError('there is no run');
    expect((await world.step('decide', run)).outputs['reason']).toBe('held-alone');
    await sandbox.as('alice').commit(repo, 'main', { files: { [POLICY]: text }, message: 'As before' });
  });

  test('a log that another key signs is refused, not continued', async () => {
    const pem = generateSigningKeys();
    const inputs = { 'signing-key': pem };
    const [run] = runs;
    if (run === undefined) throw new TypeError('there is no run');
    expectRefused(await world.step('decide', run, { inputs }), 'signing-key-untrusted');
    await refusedBy(policy().replace(world.key, keyLine(origin(), pem)), 'log-of-previous-key', { inputs });
  });
});

describe('C116 whoever calls the job', () => {
  test('cannot name a log of his own while the policy is not valid, or names none', async () => {
    const inputs = { 'evidence-branch': 'log-two' };
    await refusedBy('version: 1\nnonsense: 1\n', 'trust-policy-invalid', { inputs });
    await refusedBy(policy().replace(/^trust:[\s\S]*$/m, ''), 'trust-not-declared', { inputs });
  });

  test('gets no second log of the same name by another branch in the policy', async () => {
    const params = await refusedBy(`${policy()}  evidence-branch: log-two\n`, 'log-on-another-branch');
    expect(params).toEqual({ found: evidenceBranch, expected: 'log-two' });
  });

  test.each([
    ['another repository', () => origin().replace(/\/\d+\/1$/, '/999999/1')],
    ['another generation', () => origin().replace(/\/1$/, '/2')],
  ])('gets nothing written that no gate would believe: our key under the name of a log of %s', async (_, name) => {
    const params = await refusedBy(
      policy().replace(world.key, keyLine(name(), world.signingKeys)),
      'signing-key-untrusted',
    );
    expect(params).toEqual({ key: world.key });
  });
});

test('a store that was deleted, and that the server has no more, is not made up', async () => {
  git(remote, ['update-ref', '-d', STORE]);
  git(remote, ['prune', '--expire=now']);
  const ran = await refused('store-lost');
  expect(ran.summary).toContain(named());
});

function policy(): string {
  return world.sandbox.file(world.repo, 'main', POLICY) ?? '';
}

/** Name of the log. */
function origin(): string {
  return world.key.split('+')[0] ?? '';
}
