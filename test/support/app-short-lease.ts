import { systemFiles } from '../../app/env-files.ts';
import { readEnv } from '../../app/env.ts';
import { startApp } from '../../app/start.ts';

/**
 * The process of `app/main.ts` with leases of a fraction of a second, so that a test which kills it at every step need not
 * wait ten seconds each time for the dead one's job.
 */
const reading = readEnv(process.env, systemFiles);
if (!reading.ok) throw new Error(reading.line);
await startApp(reading.value, { leaseMs: 300 });
