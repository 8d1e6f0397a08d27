import { syncBuiltinESMExports } from 'node:module';
import promises from 'node:timers/promises';

/*
 * Loaded before the committed bundle where a test waits for its time-outs: in that process every time-out and pause takes a
 * twentieth. So the bundle has no switch for them, which a step before could press.
 */
const FASTER = 20;

const { setTimeout: start } = globalThis;
const { setTimeout: pause } = promises;
const timeout = AbortSignal.timeout.bind(AbortSignal);

Object.assign(globalThis, {
  setTimeout: (run: () => void, ms = 0, ...args: readonly []) => start(run, ms / FASTER, ...args),
});
Object.assign(promises, { setTimeout: (ms = 0, value?: unknown) => pause(ms / FASTER, value) });
Object.assign(AbortSignal, { timeout: (ms: number) => timeout(Math.ceil(ms / FASTER)) });
syncBuiltinESMExports();
