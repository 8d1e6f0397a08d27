import { randomBytes } from 'node:crypto';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { renderBatch } from '../../core/evidence/records/render-batch.ts';
import { sizeOfEdge } from '../../core/evidence/tree/tree-edge.ts';
import type { TreeEdge } from '../../core/evidence/tree/tree-edge.ts';
import { Bench } from '../support/branch-bench.ts';
import type { Interceptor } from '../support/branch-simulation.ts';
import { createLog, recordBytes } from '../support/evidence-log.ts';
import type { Row } from './measurement.ts';

/** At the last one two tiles become full at once. */
const SIZES = [1_000, 100_000, 1_000_000, 15 * 65_536 + 65_535];
const TILE = 256;

/** What one more record adds to a log of each size, and what it asks of GitHub. */
export async function measureAppend(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const size of SIZES) {
    const { files, deletions, besideBytes, recordBytes: record, milliseconds } = await appendTo(size);
    rows.push({
      what: `one more record: bytes beside itself, at ${size.toLocaleString('en')} records`,
      value: `${besideBytes.toLocaleString('en')} bytes (${files} files, ${deletions} deleted; ${milliseconds.toFixed(1)} ms)`,
      limit: '<= 25 KB',
      beside: `${megabytes(size * record)} (computed) if the log were one file sent again`,
    });
  }
  const calls = await countCalls();
  rows.push({
    what: 'one more record: calls, log idle',
    value: `${calls.length} (${calls.join(', ')})`,
    limit: '1',
    beside:
      '4 (by its documentation) with the git data API (tree with contents, commit, ref, and the head read before)',
  });
  return rows;
}

async function appendTo(size: number): Promise<{
  readonly files: number;
  readonly deletions: number;
  readonly besideBytes: number;
  readonly recordBytes: number;
  readonly milliseconds: number;
}> {
  const log = createLog();
  const state = { origin: log.origin, size, edge: edgeOf(size) };
  const bytes = recordBytes('heartbeat', { number: size }, size);
  const begin = performance.now();
  const { additions, deletions } = await renderBatch({
    state,
    keys: log.keys,
    records: [{ bytes, signature: log.signRecord(bytes) }],
    attachments: [],
    sha256,
    signCheckpoint: (text) => log.signNote(text),
  });
  const milliseconds = performance.now() - begin;
  const all = additions.reduce((sum, file) => sum + file.bytes.length, 0);
  return {
    files: additions.length,
    deletions: deletions.length,
    besideBytes: all - bytes.length,
    recordBytes: bytes.length,
    milliseconds,
  };
}

/** An edge's widths are the size in base 256. */
function edgeOf(size: number): TreeEdge {
  const edge: Uint8Array[][] = [];
  for (let left = size; left > 0; left = Math.floor(left / TILE)) {
    edge.push(Array.from({ length: left % TILE }, () => Uint8Array.from(randomBytes(32))));
  }
  if (sizeOfEdge(edge) !== size) throw new TypeError('the edge is not of this size');
  return edge;
}

/** What the writer itself asks of the branch for one record on a log that it wrote before. */
async function countCalls(): Promise<readonly string[]> {
  const calls: string[] = [];
  const counting: Interceptor = (call, effect) => {
    calls.push(call.name);
    return Promise.resolve(effect());
  };
  const bench = new Bench();
  const writer = bench.writer({ intercept: counting });
  await writer.append(bench.ref, [bench.record(1)]);
  calls.length = 0;
  await writer.append(bench.ref, [bench.record(2)]);
  return calls;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
