/** Writes deliveries, eight at a time, and prints the id of each one after the store said that it is stored. */
import { writeSync } from 'node:fs';

import { openStore } from '../../../adapters/store/open-store.ts';

const [path = '', name = ''] = process.argv.slice(2);
const { queue } = openStore(path);

async function write(lane: number): Promise<never> {
  for (let n = 0; ; n += 1) {
    const id = `${name}-${lane}-${n}`;
    const delivery = {
      id,
      event: 'push',
      digest: id,
      body: new Uint8Array(2_000),
      receivedAt: '2026-01-01T00:00:00.000Z',
    };
    const outcome = await queue.accept(delivery, { kind: 'delivery', subject: id, payload: '{}' });
    // Synchronous on purpose: a line that is printed was acknowledged before the kill.
    if (outcome === 'stored') writeSync(1, `${id}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, lane) => write(lane)));
