import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256, verify } from '../../adapters/signing/node-crypto.ts';
import { generateSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { toHex } from '../../core/evidence/bytes.ts';
import { parseCheckpoint } from '../../core/evidence/notes/checkpoint.ts';
import { openNote, parseNote, parseVerifierKey } from '../../core/evidence/notes/signed-note.ts';
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
const STORE = `refs/countersign/${evidenceBranch}`;
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

async function refused(code: Parameters<typeof expectRefused>[1], run = runs[0]): Promise<void> {
  if (run === undefined) throw new TypeError('there is no run');
  const before = git(remote, ['for-each-ref']);
  expectRefused(await world.step('decide', run), code);
  expect(git(remote, ['for-each-ref'])).toBe(before);
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
  test('makes nobody believe a store that the key did not write', async () => {
    const honest = git(remote, ['rev-parse', STORE]);
    const tree = git(remote, ['rev-parse', `${STORE}^{tree}`]);
    git(remote, ['update-ref', STORE, git(remote, ['commit-tree', tree, '-p', honest, '-m', `mac ${'0'.repeat(64)}`])]);
    await refused('store-forged');
    git(remote, ['update-ref', STORE, honest]);
  });

  test('makes nobody sign a second tree of a size by an older state that the key did write, or by none', async () => {
    const honest = git(remote, ['rev-parse', STORE]);
    const [run] = runs;
    if (run === undefined) throw new TypeError('there is no run');
    git(remote, ['update-ref', STORE, git(remote, ['rev-list', '--max-parents=0', honest])]);
    expectRefused(await world.step('decide', run), 'evidence-drift');
    git(remote, ['update-ref', '-d', STORE]);
    expectRefused(await world.step('decide', run), 'evidence-drift');
    git(remote, ['update-ref', STORE, honest]);
    expect((await world.step('decide', run)).outputs['reason']).toBe('held-alone');
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
    const inputs = { 'signing-key': generateSigningKeys() };
    const [run] = runs;
    if (run === undefined) throw new TypeError('there is no run');
    expectRefused(await world.step('decide', run, { inputs }), 'signing-key-untrusted');
    const files = { [POLICY]: null };
    await world.sandbox.as('alice').commit(world.repo, 'main', { files, message: 'No trust' });
    expectRefused(await world.step('decide', run, { inputs }), 'log-of-previous-key');
  });
});
