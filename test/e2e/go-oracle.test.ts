import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { toBase64, utf8 } from '../../core/evidence/bytes.ts';
import { leafHash, rootOfLeaves } from '../../core/evidence/tree/merkle.ts';
import { formatVerifierKey, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import { createLog, sampleLog, sampleOrigin, sha256, writeFiles } from '../support/evidence-log.ts';
import type { LogAlgorithm } from '../support/evidence-log.ts';
import { textOf } from '../support/evidence-verdict.ts';
import { consistencyClaims, exportedLog, recordsOf } from '../support/exported-log.ts';
import type { Files } from '../support/exported-log.ts';
import { fullLog } from '../support/full-log.ts';
import { goOracle } from '../support/oracles.ts';
import type { OracleAnswer } from '../support/oracles.ts';
import { approve } from '../support/reviewing.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-go-'));
const go = goOracle('./static-tree', join(folder, 'oracle'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a stranger gets: an exported log, the checkpoint key, and proofs that it extends older trees. */
interface Export {
  readonly files: Files;
  readonly vkey: string;
  readonly recordCount: number;
  readonly consistencyCount: number;
}

async function exportOf(log: Files, vkey: string): Promise<Export> {
  const recordCount = recordsOf(log).length;
  const sizes = [...new Set([1, 2, 3, 7, 128, 255, 256, 257, 513, recordCount - 1, recordCount])];
  const older = sizes.filter((size) => size > 0 && size <= recordCount);
  const files = await exportedLog(log, vkey);
  files.set('consistency.json', await consistencyClaims(log, older));
  return { files, vkey, recordCount, consistencyCount: older.length };
}

/** Go's answer about the tree, every proof of a record and every proof of growth. */
async function askGo(files: Files, vkey: string): Promise<OracleAnswer | null> {
  if (go === null) return null;
  const place = mkdtempSync(join(folder, 'export-'));
  await writeFiles(place, files);
  const proofs = [...files.keys()].filter((path) => path.startsWith('proofs/'));
  return go([join(place, 'tlog'), vkey, ...['consistency.json', ...proofs].map((path) => join(place, path))]);
}

async function sample(size: number, algorithm: LogAlgorithm = 'ed25519') {
  const log = await sampleLog(size, 40, createLog(sampleOrigin, [1, 2], algorithm));
  return { log: log.files, vkey: formatVerifierKey(log.pin) };
}

/** Keys that changed, signatures of people, a witness. */
async function everything() {
  const { files, newestPin } = await fullLog();
  return { log: files, vkey: formatVerifierKey(newestPin) };
}

/** A log that the App itself wrote: an agent's pull request, held, reviewed and released. */
async function writtenByApp() {
  const stage = await openStage();
  try {
    await approve(stage, 'bob', await agentPullRequest(stage));
    const log = evidenceFiles(stage.sandbox, stage.repo);
    const [origin = ''] = textOf(log, 'checkpoint').split('\n');
    const pin = toVerifierKey(origin, stage.config.signingKeys.checkpoint.publicKey, sha256);
    return { log, vkey: formatVerifierKey(pin) };
  } finally {
    await stage.close();
  }
}

const sizes = [1, 2, 255, 256, 257, 700] as const;

describe.each([
  ...sizes.map((size) => [`a log of ${size} records`, () => sample(size)] as const),
  ['a log signed with P-256', () => sample(300, 'p256')] as const,
  ['a log with everything in it', everything] as const,
  ['a log that the App wrote', writtenByApp] as const,
])('of %s', (_, make) => {
  test("Go's packages recompute the root, and accept the checkpoint, every tile and all our proofs", async () => {
    const { log, vkey } = await make();
    const { files, recordCount, consistencyCount } = await exportOf(log, vkey);
    // By the recursive definition of RFC 6962: this much is shown also where there is no Go.
    const leaves = recordsOf(log).map((bytes) => leafHash(bytes, sha256));
    const [, size, root] = textOf(files, 'tlog/checkpoint').split('\n');
    expect([size, root]).toEqual([String(recordCount), toBase64(rootOfLeaves(leaves, sha256))]);
    const answer = await askGo(files, vkey);
    if (answer === null) return;
    expect(answer).toEqual({
      isAccepted: true,
      output: expect.stringMatching(
        `^ok: ${recordCount} entries, root .*, ${recordCount} inclusion and ${consistencyCount} consistency proofs`,
      ),
    });
  }, 60_000);
});

type Change = (files: Map<string, Uint8Array>) => void;

function flip(files: Map<string, Uint8Array>, path: string, at: number): void {
  const bytes = Uint8Array.from(files.get(path) ?? []);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  files.set(path, bytes);
}

function edit(files: Map<string, Uint8Array>, path: string, from: RegExp, to: string): void {
  files.set(path, utf8(textOf(files, path).replace(from, to)));
}

function move(files: Map<string, Uint8Array>, from: string, to: string): void {
  files.set(to, files.get(from) ?? new Uint8Array(0));
  files.delete(from);
}

const PROOF = 'proofs/000000255.tlog-proof';

const changes: readonly (readonly [string, Change])[] = [
  ['another byte in the size of the checkpoint', (files) => flip(files, 'tlog/checkpoint', sampleOrigin.length + 2)],
  ['another byte in its root', (files) => flip(files, 'tlog/checkpoint', sampleOrigin.length + 8)],
  ['another byte in its signature', (files) => flip(files, 'tlog/checkpoint', -20)],
  ['another byte in an entry of a full bundle', (files) => flip(files, 'tlog/tile/entries/000', 5_000)],
  ['another byte in the last entry', (files) => flip(files, 'tlog/tile/entries/001.p/44', -3)],
  ['another length of an entry', (files) => flip(files, 'tlog/tile/entries/000', 1)],
  ['another byte in a full tile', (files) => flip(files, 'tlog/tile/0/000', 8_191)],
  ['another byte in a partial tile', (files) => flip(files, 'tlog/tile/0/001.p/44', 0)],
  ['another byte in a tile of level 1', (files) => flip(files, 'tlog/tile/1/000.p/1', 31)],
  ['a bundle that is missing', (files) => void files.delete('tlog/tile/entries/001.p/44')],
  ['a tile that is missing', (files) => void files.delete('tlog/tile/1/000.p/1')],
  ['a tile under another width', (files) => move(files, 'tlog/tile/0/001.p/44', 'tlog/tile/0/001.p/43')],
  ['an empty tile', (files) => void files.set('tlog/tile/2/000.p/1', new Uint8Array(0))],
  ['a file that is no tile of this tree', (files) => void files.set('tlog/tile/0/002.p/1', new Uint8Array(32))],
  ['another index in an inclusion proof', (files) => edit(files, PROOF, /index 255/, 'index 254')],
  ['another hash in an inclusion proof', (files) => flip(files, PROOF, 40)],
  ['an inclusion proof without its last hash', (files) => edit(files, PROOF, /\n[^\n]+\n\n/, '\n\n')],
  ['another hash in a consistency proof', (files) => flip(files, 'consistency.json', 150)],
];

describe("Go's packages refuse", () => {
  const exported = sample(300).then(({ log, vkey }) => exportOf(log, vkey));

  test.each(go === null ? [] : changes)('%s', async (_, change) => {
    const { files, vkey } = await exported;
    const changed = new Map(files);
    change(changed);
    expect(await askGo(changed, vkey)).toEqual({ isAccepted: false, output: expect.stringMatching(/^refused: /) });
  });

  test('another key than the one that signed', async () => {
    const { files } = await exported;
    const answer = await askGo(files, formatVerifierKey(createLog(sampleOrigin, [5, 6]).pin));
    expect(answer?.isAccepted ?? false).toBe(false);
  });
});
