import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { sha256 } from '../../../adapters/signing/node-crypto.ts';
import { openStore } from '../../../adapters/store/open-store.ts';
import { toHex, utf8 } from '../../../core/evidence/bytes.ts';
import { factsPath, policyPath } from '../../../core/evidence/layout.ts';
import type { SealedInput } from '../../../core/ports.ts';
import { Bench } from '../../support/branch-bench.ts';

/** A log with two records of its own, in two commits. */
async function opened(): Promise<Bench> {
  const bench = new Bench();
  const log = bench.writer();
  await log.append(bench.ref, [bench.record(1)]);
  await log.append(bench.ref, [bench.record(2)]);
  return bench;
}

const recordPath = (bench: Bench, index: number): string =>
  [...bench.repository.tree(bench.repository.head ?? '').keys()].find((path) =>
    path.includes(`/${String(index).padStart(9, '0')}-heartbeat`),
  ) ?? '';

describe('C101: somebody who can push to the evidence branch', () => {
  const changes: readonly (readonly [string, (bench: Bench) => void])[] = [
    ['adds a file', (bench) => bench.repository.foreignCommit({ 'records/2026/11/21/000000009-released.json': '{}' })],
    ['changes a record', (bench) => bench.repository.foreignCommit({ [recordPath(bench, 1)]: '{"forged":true}' })],
    ['deletes a record', (bench) => bench.repository.foreignCommit({ [recordPath(bench, 2)]: null })],
    ['deletes the checkpoint', (bench) => bench.repository.foreignCommit({ checkpoint: null })],
    [
      'puts the older checkpoint back',
      (bench) => {
        const [before = ''] = bench.repository.heads;
        const old = bench.repository.tree(before).get('checkpoint')?.bytes ?? new Uint8Array();
        bench.repository.foreignCommit({ checkpoint: new TextDecoder().decode(old) });
      },
    ],
    [
      'makes a record executable',
      (bench) => {
        const tree = new Map(bench.repository.tree(bench.repository.head ?? ''));
        const path = recordPath(bench, 1);
        tree.set(path, { mode: '100755', bytes: tree.get(path)?.bytes ?? new Uint8Array() });
        bench.repository.point(bench.repository.add(tree, bench.repository.head, 'somebody'));
      },
    ],
    ['pushes an empty commit', (bench) => bench.repository.foreignCommit({})],
    [
      'pushes twice',
      (bench) => {
        bench.repository.foreignCommit({ 'README.md': 'trust me' });
        bench.repository.foreignCommit({ 'policies/x.yml': 'version: 1' });
      },
    ],
  ];

  test.each(changes)('%s: it is recorded and every byte is put back, forward', async (_what, act) => {
    const bench = await opened();
    const ours = bench.repository.head;
    act(bench);
    const theirs = bench.repository.head ?? '';
    const log = bench.writer();
    expect(await log.inspect(bench.ref)).toBe('repaired');
    expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
    expect(bench.kinds()).toEqual(['log-opened', 'heartbeat', 'heartbeat', 'repaired']);
    expect(lastRecord(bench)).toMatchObject({ expectedHead: ours, foundHead: theirs });
    // Their commit stays in the history: nothing was forced.
    expect(bench.repository.ancestors(bench.repository.head ?? '').has(theirs)).toBe(true);
    expect(await log.inspect(bench.ref)).toBe('intact');
    expect(bench.contradictions()).toEqual([]);
  });

  test.each(changes)('%s, and the next record finds it out', async (_what, act) => {
    const bench = await opened();
    act(bench);
    await bench.writer().append(bench.ref, [bench.record(3)]);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 5 });
    expect(bench.kinds().slice(3).sort()).toEqual(['heartbeat', 'repaired']);
  });

  test('moves the branch back: the missing commits are pushed again, and it is recorded', async () => {
    const bench = await opened();
    const [first = '', second = ''] = bench.repository.heads;
    bench.repository.point(first);
    expect(await bench.writer().inspect(bench.ref)).toBe('repaired');
    expect(bench.repository.heads.slice(0, 4)).toEqual([first, second, first, second]);
    expect(lastRecord(bench)).toMatchObject({ kind: 'repaired', expectedHead: second, foundHead: first });
    expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
  });

  test('deletes the branch: it is made again where it was, and it is recorded', async () => {
    const bench = await opened();
    const ours = bench.repository.head ?? '';
    bench.repository.point(null);
    expect(await bench.writer().inspect(bench.ref)).toBe('repaired');
    expect(bench.repository.ancestors(bench.repository.head ?? '').has(ours)).toBe(true);
    expect(lastRecord(bench)).toMatchObject({ kind: 'repaired', expectedHead: ours });
    expect(lastRecord(bench)).not.toHaveProperty('foundHead');
    expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
  });

  const rewrites: readonly (readonly [string, (bench: Bench) => void])[] = [
    [
      'force-pushes another history',
      (bench) => {
        bench.repository.point(null);
        bench.repository.foreignCommit({ 'README.md': 'nothing ever happened' });
      },
    ],
    [
      'moves it back and pushes something else',
      (bench) => {
        bench.repository.point(bench.repository.heads[0] ?? null);
        bench.repository.foreignCommit({ 'README.md': 'less happened' });
      },
    ],
    [
      'deletes the branch, and GitHub has collected its commits',
      (bench) => {
        for (const head of bench.repository.heads) bench.repository.forget(head);
        bench.repository.point(null);
      },
    ],
  ];

  test.each(rewrites)('%s: a new log names the old checkpoint and holds every old record', async (_what, act) => {
    const bench = await opened();
    const old = bench.signed.at(-1);
    const before = bench.digests().slice(1);
    act(bench);
    const log = bench.writer();
    expect(await log.inspect(bench.ref)).toBe('repaired');
    expect(await bench.verify(bench.repository.head, 2)).toMatchObject({ ok: true, size: 4 });
    expect(bench.digests().slice(1, 3)).toEqual(before);
    expect(bench.kinds()).toEqual(['log-opened', 'heartbeat', 'heartbeat', 'drift']);
    const previous = { origin: bench.origin(1), size: 3, root: Buffer.from(old?.root ?? []).toString('base64') };
    expect(predicates(bench)[0]).toMatchObject({ log: { generation: 2, previous } });
    expect(await log.inspect(bench.ref)).toBe('intact');
    const [sealed] = await log.append(bench.ref, [bench.record(3)]);
    expect(sealed?.index).toBe(4);
    expect(await log.find(bench.ref, bench.digest(bench.record(1)))).toBe(1);
    expect(bench.contradictions(2)).toEqual([]);
  });

  test('cannot make the log write by its own push: looking at an intact branch changes and signs nothing', async () => {
    const bench = await opened();
    const [heads, signed] = [bench.repository.heads.length, bench.signed.length];
    expect(await bench.writer().inspect(bench.ref)).toBe('intact');
    expect([bench.repository.heads.length, bench.signed.length]).toEqual([heads, signed]);
    expect(await new Bench().writer().inspect(bench.ref)).toBe('intact');
  });
});

describe('a store that does not know what our key signed', () => {
  test('because it is new: nothing is signed or written, and a person must look', async () => {
    const known = await opened();
    const lost = new Bench();
    const files = known.repository.tree(known.repository.head ?? '');
    lost.repository.point(lost.repository.add(files, null, 'the lost store'));
    const log = lost.writer();
    await expect(log.append(lost.ref, [lost.record(5)])).rejects.toMatchObject({ code: 'ERR_LOG_DRIFT' });
    expect([lost.repository.heads.length, lost.signed.length]).toEqual([1, 0]);
  });

  test.each([
    ['more records than the store has', 2],
    ['another record at the same place', 1],
  ])('because a backup was put back and the branch holds %s: nothing is signed', async (_what, more) => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-backup-'));
    const first = openStore(join(folder, 'data.sqlite'));
    const before = new Bench({ store: first.logs });
    await before.writer().append(before.ref, [before.record(1)]);
    await first.close();
    copyFileSync(join(folder, 'data.sqlite'), join(folder, 'backup.sqlite'));

    const second = openStore(join(folder, 'data.sqlite'));
    const goesOn = new Bench({ store: second.logs, repository: before.repository });
    const log = goesOn.writer();
    for (let n = 0; n < more; n += 1) await log.append(goesOn.ref, [goesOn.record(10 + n)]);
    const third = openStore(join(folder, 'backup.sqlite'));
    const backup = new Bench({ store: third.logs, repository: before.repository });
    const refused = backup.writer();
    await expect(refused.append(backup.ref, [backup.record(20)])).rejects.toMatchObject({ code: 'ERR_LOG_DRIFT' });
    expect(await refused.inspect(backup.ref)).toBe('drift');
    expect(backup.signed).toEqual([]);
    expect(await goesOn.verify()).toMatchObject({ ok: true, size: 2 + more });
    for (const store of [second, third]) await store.close();
    rmSync(folder, { recursive: true });
  });
});

describe('what stands on the branch before the first record', () => {
  test('is replaced, and stays in the history', async () => {
    const bench = new Bench();
    const theirs = bench.repository.foreignCommit({ 'notes.txt': 'reserved' });
    await bench.writer().append(bench.ref, [bench.record(1)]);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 2 });
    expect(bench.repository.parent(bench.repository.head ?? '')).toBe(theirs);
  });

  test('is named as the previous log where it is one of an earlier installation', async () => {
    const bench = new Bench();
    const root = Buffer.alloc(32, 1).toString('base64');
    const line = `\n— github.com/3/67890/1 ${Buffer.alloc(68).toString('base64')}\n`;
    bench.repository.foreignCommit({ checkpoint: `github.com/3/67890/1\n17\n${root}\n${line}` });
    await bench.writer().append(bench.ref, [bench.record(1)]);
    expect(predicates(bench)[0]).toMatchObject({
      log: { previous: { origin: 'github.com/3/67890/1', size: 17, root } },
    });
    expect(await bench.verify()).toMatchObject({ ok: true });
  });
});

describe('a record that would not verify is refused before it is signed', () => {
  const bench = new Bench();
  const policy = utf8('version: 1\n');
  const digest = toHex(sha256(policy));
  const named = (attachments: SealedInput['attachments'], fields = { policyDigest: digest }): SealedInput => ({
    ...bench.record(1, fields),
    attachments,
  });

  test.each<[string, SealedInput]>([
    [
      'C105: of another repository',
      { ...bench.record(1), bytes: utf8(text(bench).replace('"id": 67890', '"id": 67891')) },
    ],
    [
      'C105: of another installation',
      { ...bench.record(1), bytes: utf8(text(bench).replace('"installationId": 12345', '"installationId": 12346')) },
    ],
    ['a second log-opened', { ...bench.record(1), bytes: utf8(text(bench).replace('heartbeat', 'log-opened')) }],
    ['of an unknown kind', { ...bench.record(1), bytes: utf8(text(bench).replace('heartbeat', 'approved')) }],
    ['with bytes that its JSON does not give again', { ...bench.record(1), bytes: utf8(` ${text(bench)}`) }],
    ['C108: longer than a leaf may be', bench.record(1, { filler: 'x'.repeat(65_535) })],
    ['without the policy that it names', named([])],
    ['with a policy that is not what it names', named([{ path: policyPath(digest), bytes: utf8('version: 2\n') }])],
    [
      'with a file that it does not name',
      { ...bench.record(1), attachments: [{ path: factsPath(digest), bytes: policy }] },
    ],
    ['C108: with a path that leads elsewhere', named([{ path: `../.github/workflows/${digest}.yml`, bytes: policy }])],
    ['C108: with 20 MB of facts', large(bench)],
  ])('%s', async (_what, input) => {
    await expect(bench.writer().append(bench.ref, [input])).rejects.toMatchObject({ code: 'ERR_INPUT' });
    expect(bench.repository.head).toBeNull();
  });

  test('and with exactly what it names it is taken', async () => {
    await bench.writer().append(bench.ref, [named([{ path: policyPath(digest), bytes: policy }])]);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 2 });
  });
});

function text(bench: Bench): string {
  return new TextDecoder().decode(bench.record(1).bytes);
}

function large(bench: Bench): SealedInput {
  const bytes = new Uint8Array(20_000_000);
  const digest = toHex(sha256(bytes));
  return { ...bench.record(1, { factsDigest: digest }), attachments: [{ path: factsPath(digest), bytes }] };
}

function predicates(bench: Bench): unknown[] {
  return bench.texts().map((record) => {
    const parsed: unknown = JSON.parse(record);
    return typeof parsed === 'object' && parsed !== null && 'predicate' in parsed ? parsed.predicate : null;
  });
}

function lastRecord(bench: Bench): unknown {
  return predicates(bench).at(-1);
}
