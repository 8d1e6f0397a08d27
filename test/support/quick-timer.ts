import type { StartOptions } from '../../app/start.ts';

const SHORT_MS = 5_000;

/**
 * Pauses of a few seconds (between tries, of the worker) take moments, so that a test can let many tries fail; what is
 * longer (sweeps, renewals of leases) keeps its time. What is due is still decided by the sandbox's clock.
 */
export const quickTimer: StartOptions = {
  leaseMs: 60_000,
  timer: {
    after: (ms, run) => {
      const handle = setTimeout(run, ms <= SHORT_MS ? Math.min(ms, 10) : ms);
      return () => clearTimeout(handle);
    },
  },
};
