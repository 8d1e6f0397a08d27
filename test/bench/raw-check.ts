import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { sha256, verify, verifyOnPool } from '../../adapters/signing/node-crypto.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { leafHash } from '../../core/evidence/tree/merkle.ts';
import type { PublicKey } from '../../core/evidence/public-key.ts';
import { isObject } from '../../core/evidence/strict-json.ts';
import type { LogBuilder } from '../support/evidence-log.ts';

/** The two operations that no verifier can do without, of records that lie in memory, and nothing else. */
interface RawWork {
  readonly role: typeof ROLE;
  readonly key: PublicKey;
  readonly records: readonly {
    readonly bytes: Uint8Array;
    readonly message: Uint8Array;
    readonly signature: Uint8Array;
  }[];
}

const ROLE = 'bench: raw check';
/** Signatures that are under way at once on Node's thread pool. */
const AT_ONCE = 256;

const isRawWorker = !isMainThread && isObject(workerData) && workerData['role'] === ROLE;

if (isRawWorker) serve(workerData);

/** In threads that verify for themselves, which is the fastest way; they are started before and not measured. */
export async function openRawThreads(log: LogBuilder): Promise<{ run(): Promise<void>; close(): Promise<void> }> {
  const { key, records } = rawWork(log);
  const count = availableParallelism();
  const workers = Array.from({ length: count }, (_, at) => {
    const share = records.filter((__, index) => index % count === at);
    return new Worker(new URL(import.meta.url), { workerData: { role: ROLE, key, records: share } });
  });
  const answers = (): Promise<unknown> =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            worker.once('error', reject);
            worker.once('message', (isGood: boolean) =>
              isGood ? resolve() : reject(new Error('a signature is wrong')),
            );
          }),
      ),
    );
  await answers();
  return {
    run: async () => {
      const answered = answers();
      for (const worker of workers) worker.postMessage('check', []);
      await answered;
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** The same from one thread through Node's thread pool. */
export async function checkOnPool(log: LogBuilder): Promise<void> {
  const { key, records } = rawWork(log);
  for (let start = 0; start < records.length; start += AT_ONCE) {
    const verdicts = await Promise.all(
      records.slice(start, start + AT_ONCE).map(({ bytes, message, signature }) => {
        leafHash(bytes, sha256);
        return verifyOnPool(key, message, signature);
      }),
    );
    if (verdicts.includes(false)) throw new Error('a signature of the bench is wrong');
  }
}

const prepared = new WeakMap<LogBuilder, RawWork>();

function rawWork(log: LogBuilder): RawWork {
  const known = prepared.get(log);
  if (known !== undefined) return known;
  const records = log.records.map((bytes) => ({
    bytes,
    message: preAuthEncoding(PAYLOAD_TYPE, bytes),
    signature: log.signRecord(bytes),
  }));
  const work: RawWork = { role: ROLE, key: log.keys.record.key, records };
  prepared.set(log, work);
  return work;
}

function serve({ key, records }: RawWork): void {
  parentPort?.on('message', () => {
    const isGood = records.every(({ bytes, message, signature }) => {
      leafHash(bytes, sha256);
      return verify(key, message, signature);
    });
    parentPort?.postMessage(isGood, []);
  });
  parentPort?.postMessage(true, []);
}
