import { sha256, sha512, verifyOnPool } from '../../adapters/signing/node-crypto.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { CHECKPOINT_PATH } from '../../core/evidence/layout.ts';
import { leafHash } from '../../core/evidence/merkle.ts';
import { verifyLog } from '../../core/evidence/verify-log.ts';
import { memorySource, recordBytes, sampleLog } from '../support/evidence-log.ts';
import type { LogBuilder } from '../support/evidence-log.ts';
import { verifyByCli } from './evidence-repository.ts';
import type { BenchOptions, Measured, Measurement } from './measurement.ts';

/** Records of one commit: what the writer puts into one at most. */
const COMMIT = 40;
const NEW_RECORDS = 1_000;
/** Signatures that are under way at once, as in the verifier. */
const CHUNK = 256;
const ROUNDS = 3;

export const verification: Measurement = {
  name: 'verification',
  title: 'Evidence: a whole log verified',
  run: measureVerification,
};

async function measureVerification({ records }: BenchOptions): Promise<Measured> {
  const log = await sampleLog(records, COMMIT);
  const bytes = log.records.reduce((sum, record) => sum + record.length, 0);
  const small = await sampleLog(Math.min(records, NEW_RECORDS), COMMIT);
  await alternately(small);
  const { raw, whole } = await alternately(log);
  const cli = await verifyByCli(log);

  const since = log.files.get(CHECKPOINT_PATH);
  await appendMore(log, NEW_RECORDS);
  const more = await timed(() => verifyInMemory(log, since));
  const newLog = await sampleLog(NEW_RECORDS, COMMIT);
  const alone = await timed(() => verifyInMemory(newLog));
  const count = records.toLocaleString('en');
  return {
    rows: [
      {
        what: `verify ${count} records, files in memory`,
        value: seconds(whole.wall),
        limit: '-',
        beside: `${seconds(raw.wall)} raw Ed25519 + SHA-256`,
      },
      { what: 'of the raw time', value: times(whole.wall / raw.wall), limit: '<= 1.6 x', beside: '1 x' },
      {
        what: 'processor time, all threads',
        value: `${seconds(whole.cpu)} = ${times(whole.cpu / raw.cpu)}`,
        limit: '-',
        beside: `${seconds(raw.cpu)} raw`,
      },
      {
        what: 'countersign verify of a git branch with them',
        value: seconds(cli.seconds),
        limit: '-',
        beside: `${times(cli.seconds / raw.wall)} of the raw time`,
      },
      { what: 'its peak memory', value: `${Math.round(cli.peakMegabytes)} MB`, limit: '<= 400 MB', beside: '-' },
      {
        what: `verify ${NEW_RECORDS.toLocaleString('en')} more since the checkpoint at ${count}`,
        value: seconds(more.wall),
        limit: '<= 0.5 s',
        beside: `${seconds(alone.wall)} for a log of ${NEW_RECORDS.toLocaleString('en')} records alone`,
      },
    ],
    notes: [
      `Records of ${Math.round(bytes / records)} bytes on average, ${COMMIT} a commit. Raw: of the same records one Ed25519 signature (${CHUNK} under way on Node's thread pool, as in the verifier) and one SHA-256 each. Both ${ROUNDS} times in turn, the best of each.`,
      'With --since this version verifies the whole log again and checks that it extends the older checkpoint; it does not skip what was verified before.',
    ],
  };
}

interface Time {
  readonly wall: number;
  readonly cpu: number;
}

/** In turn, because other work on the machine comes and goes; the best of each is the least disturbed. */
async function alternately(log: LogBuilder): Promise<{ readonly raw: Time; readonly whole: Time }> {
  const check = rawCheck(log);
  const raw: Time[] = [];
  const whole: Time[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    raw.push(await timed(check));
    whole.push(await timed(() => verifyInMemory(log)));
  }
  return { raw: best(raw), whole: best(whole) };
}

function best(times: readonly Time[]): Time {
  return { wall: Math.min(...times.map(({ wall }) => wall)), cpu: Math.min(...times.map(({ cpu }) => cpu)) };
}

async function timed(work: () => Promise<void>): Promise<Time> {
  const before = process.cpuUsage();
  const begin = performance.now();
  await work();
  const wall = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1e6 };
}

async function verifyInMemory(log: LogBuilder, since?: Uint8Array): Promise<void> {
  const result = await verifyLog(memorySource(log.files), {
    checkpointKey: log.pin,
    since,
    sha256,
    sha512,
    verify: verifyOnPool,
  });
  if (!result.ok) throw new Error(`the log of the bench does not verify: ${result.problem.message}`);
}

/** The two operations that no verifier can do without, and nothing else. */
function rawCheck(log: LogBuilder): () => Promise<void> {
  const { key } = log.keys.record;
  const signed = log.records.map((bytes) => ({
    bytes,
    message: preAuthEncoding(PAYLOAD_TYPE, bytes),
    signature: log.signRecord(bytes),
  }));
  return async () => {
    for (let start = 0; start < signed.length; start += CHUNK) {
      const verdicts = await Promise.all(
        signed.slice(start, start + CHUNK).map(({ bytes, message, signature }) => {
          leafHash(bytes, sha256);
          return verifyOnPool(key, message, signature);
        }),
      );
      if (verdicts.includes(false)) throw new Error('a signature of the bench is wrong');
    }
  };
}

async function appendMore(log: LogBuilder, count: number): Promise<void> {
  const first = log.records.length;
  const more = Array.from({ length: count }, (_, n) => recordBytes('heartbeat', { number: first + n }, first + n));
  for (let start = 0; start < count; start += COMMIT) await log.append(more.slice(start, start + COMMIT));
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function times(value: number): string {
  return `${value.toFixed(2)} x`;
}
