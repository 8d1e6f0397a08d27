import { existsSync, statfsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The four kinds of test, in the order in which a failure is cheapest to understand. */
const projects = ['unit', 'contract', 'e2e', 'attack'] as const;

/** Repositories and databases of tests in memory, where there is plenty: a third of the suite was waiting for a disk. */
function temporaryFolder(): string {
  const inMemory = '/dev/shm';
  if (!existsSync(inMemory)) return tmpdir();
  const { bavail, bsize } = statfsSync(inMemory);
  return bavail * bsize >= 4 * 2 ** 30 ? inMemory : tmpdir();
}

const TMPDIR = temporaryFolder();

export default defineConfig({
  test: {
    // Vitest leaves one core idle by itself; of two that is half of them.
    maxWorkers: availableParallelism(),
    projects: projects.map((name) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        isolate: false,
        setupFiles: ['test/support/seed.ts'],
        // The compiled code of the programs that tests start again and again.
        env: { TMPDIR, NODE_COMPILE_CACHE: join(TMPDIR, 'countersign-test-code') },
        testTimeout: 30_000,
        hookTimeout: 30_000,
      },
    })),
  },
});
