import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { GitHubBench } from './github-bench.ts';

let bench: GitHubBench;
beforeEach(async () => {
  bench = await GitHubBench.start();
});
afterEach(() => bench.close());

async function opened(): Promise<void> {
  await bench.writer().append(bench.ref, [bench.record(0)]);
}

describe('the evidence branch at GitHub', () => {
  test('is made with its first records, and continued by one call a commit', async () => {
    const log = bench.writer();
    await log.append(bench.ref, [bench.record(1), bench.record(2)]);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 3 });
    const before = bench.sandbox.requests.length;
    await log.append(bench.ref, [bench.record(3), bench.record(4)]);
    expect(bench.routes(before)).toEqual(['graphql createCommitOnBranch']);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 5 });
    expect(bench.file('README.md')).toContain('countersign verify');
    expect(await log.inspect(bench.ref)).toBe('intact');
  });

  test('holds more than one full tile', async () => {
    const log = bench.writer();
    await log.append(
      bench.ref,
      Array.from({ length: 300 }, (_, number) => bench.record(number)),
    );
    expect(await bench.verify()).toMatchObject({ ok: true, size: 301 });
    expect(bench.file('tile/0/000')).toBeDefined();
  });

  test('is written by two processes at once without a record lost or doubled', async () => {
    const logs = [bench.writer(), bench.writer()];
    const sealed = await Promise.all(
      logs.flatMap((log, process) =>
        Array.from({ length: 10 }, (_, n) => log.append(bench.ref, [bench.record(process * 10 + n)])),
      ),
    );
    const numbers = sealed.flat().map(({ index }) => index);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(await bench.verify()).toMatchObject({ ok: true, size: 21 });
  });

  test.each([
    ['dropped before', 'before', 'drop'],
    ['dropped after it happened', 'after', 'drop'],
    ['answered 502 before', 'before', { status: 502 }],
    ['answered 502 after it happened', 'after', { status: 502 }],
    ['answered 409', 'before', { status: 409 }],
    ['answered 422', 'before', { status: 422 }],
  ] as const)('a commit that is %s is there once', async (_what, when, fault) => {
    await opened();
    bench.fault('createCommitOnBranch', when, fault);
    await bench.writer().append(bench.ref, [bench.record(1)]);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 3 });
  });

  test.each([
    ['POST /repos/{owner}/{repo}/git/blobs'],
    ['POST /repos/{owner}/{repo}/git/trees'],
    ['POST /repos/{owner}/{repo}/git/commits'],
    ['POST /repos/{owner}/{repo}/git/refs'],
  ])('a first commit whose %s is lost before and after it happened is there once', async (route) => {
    bench.fault(route, 'before', 'drop');
    bench.fault(route, 'after', 'drop');
    await bench.writer().append(bench.ref, [bench.record(1)]);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 2 });
  });

  test('C103: closed to the App by a missing permission or a rule, nothing is acknowledged', async () => {
    await opened();
    const head = bench.head();
    bench.fault('createCommitOnBranch', 'before', { status: 403, body: { message: 'Resource not accessible' } });
    const log = bench.writer();
    await expect(log.append(bench.ref, [bench.record(1)])).rejects.toMatchObject({ code: 'ERR_LOG_REFUSED' });
    bench.fault('createCommitOnBranch', 'before', { status: 422, body: { message: 'rule violations' } }, 4);
    await expect(log.append(bench.ref, [bench.record(1)])).rejects.toMatchObject({ code: 'ERR_LOG_REFUSED' });
    expect(bench.head()).toBe(head);
    await log.append(bench.ref, [bench.record(1)]);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 3 });
  });

  test('a commit that somebody pushes in between is found, told and undone by going forward', async () => {
    await opened();
    bench.fault('createCommitOnBranch', 'before', async () => {
      await bench.push({ 'records/forged.json': '{}', checkpoint: null });
    });
    await bench.writer().append(bench.ref, [bench.record(1)]);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
    expect(bench.file('records/forged.json')).toBeUndefined();
  });

  test('a race that another process wins puts the record behind the other one', async () => {
    await opened();
    const other = bench.writer();
    bench.fault('createCommitOnBranch', 'before', async () => {
      await other.append(bench.ref, [bench.record(2)]);
    });
    await bench.writer().append(bench.ref, [bench.record(1)]);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
  });

  test('C101: deleted, it is made again where it was, and that is told', async () => {
    await opened();
    const head = bench.head();
    const log = bench.writer();
    await bench.deleteBranch();
    expect(await log.inspect(bench.ref)).toBe('repaired');
    expect(await bench.verify()).toMatchObject({ ok: true, size: 3 });
    expect(bench.history()).toContain(head);
    expect(await log.inspect(bench.ref)).toBe('intact');
  });

  test('C101: moved back, the missing commits are pushed again, and that is told', async () => {
    await opened();
    const first = bench.head();
    const log = bench.writer();
    await log.append(bench.ref, [bench.record(1)]);
    const second = bench.head();
    await bench.forcePush(first);
    expect(await log.inspect(bench.ref)).toBe('repaired');
    expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
    expect(bench.history()).toContain(second);
    expect(await log.inspect(bench.ref)).toBe('intact');
  });

  test('C101: rewritten, a new log holds what the old one held, and why', async () => {
    await opened();
    const log = bench.writer();
    await log.append(bench.ref, [bench.record(1)]);
    await bench.forcePush(bench.mainHead());
    expect(await log.inspect(bench.ref)).toBe('repaired');
    // log-opened, what the old log held but its own log-opened, and the drift.
    expect(await bench.verify(2)).toMatchObject({ ok: true, size: 4 });
    expect(await log.inspect(bench.ref)).toBe('intact');
  });

  test('of a repository that the App has lost is not taken for deleted', async () => {
    await opened();
    bench.fault('GET /repos/{owner}/{repo}/git/ref/{ref}', 'before', { status: 404 });
    bench.fault('GET /repos/{owner}/{repo}', 'before', { status: 404 });
    await expect(bench.writer().inspect(bench.ref)).rejects.toMatchObject({ code: 'ERR_FORGE_NOT_FOUND' });
    expect(await bench.verify()).toMatchObject({ ok: true, size: 2 });
  });
});
