/**
 * One process of an App with its real wiring (environment, keys, client, store): says `ready`, waits for a line on its
 * standard input, appends its records all at once, each by a call of its own, and prints `<digest> <index>` of each one
 * when it is acknowledged.
 *
 * Arguments: the repository as JSON, the first number, how many.
 */
import { writeSync } from 'node:fs';
import { z } from 'zod';

import { randomIds, systemClock } from '../../adapters/clock.ts';
import { openStore } from '../../adapters/store/open-store.ts';
import { connect } from '../../app/connect.ts';
import { systemFiles } from '../../app/env-files.ts';
import { readEnv } from '../../app/env.ts';
import { recordBytes } from './evidence-log.ts';

const repository = z.object({
  host: z.string(),
  installationId: z.int(),
  id: z.int(),
  owner: z.string(),
  name: z.string(),
});
/** Pauses are made for a GitHub that is far away; this one is on the same machine. */
const NEARER = 20;

const reading = readEnv(process.env, systemFiles);
if (!reading.ok) throw new Error(reading.line);
const [text = '', first = '', count = ''] = process.argv.slice(2);
const ref = repository.parse(JSON.parse(text));
const store = openStore(reading.value.databasePath);
const outside = connect({
  config: reading.value,
  store,
  queue: store.queue,
  clock: systemClock,
  ids: randomIds,
  random: Math.random,
  timer: {
    after: (ms, run) => {
      const handle = setTimeout(run, ms / NEARER);
      return () => clearTimeout(handle);
    },
  },
});
const { log } = await outside.ports();
const { host, installationId, id } = ref;
const inputs = Array.from({ length: Number(count) }, (_, n) => {
  const number = Number(first) + n;
  return { bytes: recordBytes('heartbeat', { number }, number, { host, installationId, id }), attachments: [] };
});

writeSync(1, 'ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
await Promise.all(
  inputs.map(async (input) => {
    const [sealed] = await log.append(ref, [input]);
    // Synchronous on purpose: a line that is printed was acknowledged before a kill.
    if (sealed !== undefined) writeSync(1, `${sealed.digest} ${sealed.index}\n`);
  }),
);
await store.close();
process.stdin.destroy();
