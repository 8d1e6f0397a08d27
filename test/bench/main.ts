import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { action } from './action.ts';
import { authorship } from './authorship.ts';
import { decision } from './decision.ts';
import { evidence } from './evidence.ts';
import { intake } from './intake.ts';
import type { Measurement } from './measurement.ts';
import { printTable } from './print-table.ts';
import { release } from './release.ts';
import { startup } from './startup.ts';

/** `npm run bench [-- name…] [--records N] [--deliveries N]`: measures and prints; nothing here passes or fails. */

const measurements: readonly Measurement[] = [decision, evidence, intake, startup, release, authorship, action];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { records: { type: 'string', default: '100000' }, deliveries: { type: 'string', default: '10000' } },
});
const names = measurements.map(({ name }) => name);
const unknown = positionals.filter((name) => !names.includes(name));
const options = { records: Number(values.records), deliveries: Number(values.deliveries) };
const isSane = Object.values(options).every((count) => Number.isSafeInteger(count) && count >= 1);

if (unknown.length > 0 || !isSane) {
  process.stderr.write(`usage: npm run bench -- [${names.join('|')}]… [--records N] [--deliveries N]\n`);
  process.exitCode = 2;
} else {
  const [cpu] = cpus();
  const machine = `${cpu?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${process.platform}, Node ${process.version}`;
  // Other work on the machine: from about the number of cores on, only the ratios within one run mean anything.
  const load = `load average before it ${loadavg()[0]?.toFixed(1) ?? '?'}`;
  process.stdout.write(`# countersign bench\n\n${new Date().toISOString().slice(0, 10)}, ${machine}, ${load}\n\n`);
  const wanted = measurements.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  for (const { title, run } of wanted) process.stdout.write(`${printTable(title, await run(options))}\n`);
}
