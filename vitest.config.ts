import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** The four kinds of test, in the order in which a failure is cheapest to understand. */
const projects = ['unit', 'contract', 'e2e', 'attack'] as const;

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
        testTimeout: 30_000,
        hookTimeout: 30_000,
      },
    })),
  },
});
