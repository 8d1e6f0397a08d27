import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fetchBranch } from '../../../action/fetch-branch.ts';

const folder = mkdtempSync(join(tmpdir(), 'fetch-branch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a git that does not end, and leaves behind what holds its pipes, is not waited for', async () => {
  writeFileSync(join(folder, 'git'), '#!/bin/sh\nsleep 5 &\nsleep 5\n', { mode: 0o755 });
  const asked = { url: 'http://127.0.0.1:2/acme/shop.git', branch: 'evidence', token: 'ghs_secret' };
  const env = { PATH: [folder, process.env['PATH']].join(delimiter) };
  const began = performance.now();
  await expect(fetchBranch(join(folder, 'bare'), asked, env, 200)).rejects.toThrow('it took too long');
  expect(performance.now() - began).toBeLessThan(3_000);
});
