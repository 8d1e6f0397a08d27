import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { branchCases } from './branch-cases.ts';
import { GitHubBench } from './github-bench.ts';

branchCases('GitHub', () => GitHubBench.start());

describe('the evidence branch at GitHub', () => {
  let bench: GitHubBench;
  beforeEach(async () => {
    bench = await GitHubBench.start();
  });
  afterEach(() => bench.close());

  const opened = async (): Promise<void> => {
    await bench.writer().append(bench.ref, [bench.record(0)]);
  };

  test('is continued by one call a commit', async () => {
    const log = bench.writer();
    await log.append(bench.ref, [bench.record(1), bench.record(2)]);
    const before = bench.sandbox.requests.length;
    await log.append(bench.ref, [bench.record(3), bench.record(4)]);
    expect(bench.routes(before)).toEqual(['graphql createCommitOnBranch']);
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

  test('of a repository that the App has lost is not taken for deleted', async () => {
    await opened();
    bench.fault('GET /repos/{owner}/{repo}/git/ref/{ref}', 'before', { status: 404 });
    bench.fault('GET /repos/{owner}/{repo}', 'before', { status: 404 });
    await expect(bench.writer().inspect(bench.ref)).rejects.toMatchObject({ code: 'ERR_FORGE_NOT_FOUND' });
    expect(await bench.verify()).toMatchObject({ ok: true, size: 2 });
  });
});
