import { describe, expect, test } from 'vitest';

import { Bench } from '../../support/branch-bench.ts';

describe('the first record of a repository', () => {
  test('makes the branch with log-opened, keys, attributes and a README', async () => {
    const bench = new Bench();
    const sealed = await bench.writer().append(bench.ref, [bench.record(1), bench.record(2)]);
    expect(sealed.map(({ index }) => index)).toEqual([1, 2]);
    expect(bench.kinds()).toEqual(['log-opened', 'heartbeat', 'heartbeat']);
    expect(bench.repository.heads).toHaveLength(1);
    expect(await bench.verify()).toMatchObject({ ok: true, origin: bench.origin(), size: 3 });
  });
});
