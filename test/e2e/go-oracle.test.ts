import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { toBase64, utf8 } from '../../core/evidence/bytes.ts';
import { leafHash, rootOfLeaves, verifyInclusion } from '../../core/evidence/merkle.ts';
import { formatVerifierKey, toVerifierKey } from '../../core/evidence/signed-note.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import { createLog, sampleLog, sampleOrigin, sha256, writeFiles } from '../support/evidence-log.ts';
import type { LogAlgorithm } from '../support/evidence-log.ts';
import { textOf } from '../support/evidence-verdict.ts';
import { fullLog } from '../support/full-log.ts';
import { goOracle } from '../support/oracles.ts';
import type { OracleAnswer } from '../support/oracles.ts';
import { approve } from '../support/reviewing.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';
import { consistencyClaims, recordsOf, staticTree, tlogProof, treeOf } from '../support/static-tree.ts';
import type { Files } from '../support/static-tree.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-go-'));
const go = goOracle('./static-tree', join(folder, 'oracle'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An exported tree in a folder, with proofs about it, as a stranger would get them. */
interface Export {
  readonly files: Files;
  readonly vkey: string;
  readonly proofs: readonly number[];
  readonly olderSizes: readonly number[];
}

type Change = (tree: Map<string, Uint8Array>, about: Map<string, Uint8Array>) => void;

async function askGo({ files, vkey, proofs, olderSizes }: Export, change: Change): Promise<OracleAnswer | null> {
  if (go === null) return null;
  const tree = staticTree(files);
  const about = new Map([['consistency.json', await consistencyClaims(files, olderSizes)]]);
  for (const index of proofs) about.set(`${index}.tlog-proof`, await tlogProof(files, index));
  change(tree, about);
  const place = mkdtempSync(join(folder, 'tree-'));
  await writeFiles(join(place, 'log'), tree);
  await writeFiles(place, about);
  return go([join(place, 'log'), vkey, ...[...about.keys()].map((name) => join(place, name))]);
}

async function sample(size: number, algorithm: LogAlgorithm = 'ed25519'): Promise<Export> {
  const log = await sampleLog(size, 40, createLog(sampleOrigin, [1, 2], algorithm));
  const proofs = [...new Set([0, 1, 254, 255, 256, Math.floor(size / 2), size - 1])].filter((index) => index < size);
  const olderSizes = [...new Set([1, 2, 3, 128, 255, 256, 257, 513, size])].filter((older) => older <= size);
  return { files: log.files, vkey: formatVerifierKey(log.pin), proofs, olderSizes };
}

/** A log that the App itself wrote: an agent's pull request, held, reviewed and released. */
async function writtenByApp(): Promise<Export> {
  const stage = await openStage();
  try {
    await approve(stage, 'bob', await agentPullRequest(stage));
    const files = evidenceFiles(stage.sandbox, stage.repo);
    const [origin = ''] = textOf(files, 'checkpoint').split('\n');
    const pin = toVerifierKey(origin, stage.config.signingKeys.checkpoint.publicKey, sha256);
    const every = recordsOf(files).map((_, index) => index);
    return { files, vkey: formatVerifierKey(pin), proofs: every, olderSizes: every.map((index) => index + 1) };
  } finally {
    await stage.close();
  }
}

/** Keys that changed, signatures of people, a witness. */
async function everything(): Promise<Export> {
  const { files, newestPin, recordCount } = await fullLog();
  const every = Array.from({ length: recordCount }, (_, index) => index);
  return { files, vkey: formatVerifierKey(newestPin), proofs: every, olderSizes: every.map((index) => index + 1) };
}

const sizes = [1, 2, 255, 256, 257, 700] as const;

describe.each([
  ...sizes.map((size) => [`a log of ${size} records`, () => sample(size)] as const),
  ['a log signed with P-256', () => sample(300, 'p256')] as const,
  ['a log with everything in it', everything] as const,
  ['a log that the App wrote', writtenByApp] as const,
])('of %s', (_, make) => {
  test("Go's packages recompute the root, and accept the checkpoint, every tile and our proofs", async () => {
    const exported = await make();
    const answer = await askGo(exported, () => undefined);
    const { files, proofs, olderSizes } = exported;
    const records = recordsOf(files);
    // The same by the recursive definition of RFC 6962: this much is shown also where there is no Go.
    const leaves = records.map((bytes) => leafHash(bytes, sha256));
    const root = rootOfLeaves(leaves, sha256);
    expect(textOf(files, 'checkpoint').split('\n').slice(1, 3)).toEqual([String(records.length), toBase64(root)]);
    const tree = await treeOf(files);
    for (const index of proofs) {
      const proof = await tree.inclusionProof(index);
      if ('code' in proof) throw new TypeError(proof.message);
      const hash = leaves[index] ?? root;
      const claim = { leafIndex: BigInt(index), treeSize: BigInt(leaves.length), leafHash: hash, proof, root };
      expect(verifyInclusion(claim, sha256)).toBe(true);
    }
    if (answer === null) return;
    expect(answer).toEqual({
      isAccepted: true,
      output: expect.stringMatching(
        `^ok: ${records.length} entries, root .*, ${proofs.length} inclusion and ${olderSizes.length} consistency proofs`,
      ),
    });
  }, 60_000);
});

const exported = await sample(300);

function flip(tree: Map<string, Uint8Array>, path: string, at: number): void {
  const bytes = Uint8Array.from(tree.get(path) ?? []);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  tree.set(path, bytes);
}

function move(tree: Map<string, Uint8Array>, from: string, to: string): void {
  tree.set(to, tree.get(from) ?? new Uint8Array(0));
  tree.delete(from);
}

function edit(about: Map<string, Uint8Array>, name: string, from: RegExp, to: string): void {
  about.set(name, utf8(textOf(about, name).replace(from, to)));
}

const changes: readonly (readonly [string, Change])[] = [
  ['another byte in the size of the checkpoint', (tree) => flip(tree, 'checkpoint', sampleOrigin.length + 2)],
  ['another byte in its root', (tree) => flip(tree, 'checkpoint', sampleOrigin.length + 8)],
  ['another byte in its signature', (tree) => flip(tree, 'checkpoint', -20)],
  ['another byte in an entry of a full bundle', (tree) => flip(tree, 'tile/entries/000', 5_000)],
  ['another byte in the last entry', (tree) => flip(tree, 'tile/entries/001.p/44', -3)],
  ['another length of an entry', (tree) => flip(tree, 'tile/entries/000', 1)],
  ['another byte in a full tile', (tree) => flip(tree, 'tile/0/000', 8_191)],
  ['another byte in a partial tile', (tree) => flip(tree, 'tile/0/001.p/44', 0)],
  ['another byte in a tile of level 1', (tree) => flip(tree, 'tile/1/000.p/1', 31)],
  ['a bundle that is missing', (tree) => void tree.delete('tile/entries/001.p/44')],
  ['a tile that is missing', (tree) => void tree.delete('tile/1/000.p/1')],
  ['a tile under another width', (tree) => move(tree, 'tile/0/001.p/44', 'tile/0/001.p/43')],
  ['an empty tile', (tree) => void tree.set('tile/2/000.p/1', new Uint8Array(0))],
  ['a file that is no tile of this tree', (tree) => void tree.set('tile/0/002.p/1', new Uint8Array(32))],
  [
    'another index in an inclusion proof',
    (_, about) => flip(about, '255.tlog-proof', 'c2sp.org/tlog-proof@v1\nindex 2'.length),
  ],
  ['another hash in an inclusion proof', (_, about) => flip(about, '255.tlog-proof', 40)],
  ['an inclusion proof without its last hash', (_, about) => edit(about, '255.tlog-proof', /\n[^\n]+\n\n/, '\n\n')],
  ['another hash in a consistency proof', (_, about) => flip(about, 'consistency.json', 150)],
];

describe("Go's packages refuse", () => {
  test.each(go === null ? [] : changes)('%s', async (_, change) => {
    expect(await askGo(exported, change)).toEqual({ isAccepted: false, output: expect.stringMatching(/^refused: /) });
  });

  test('another key than the one that signed', async () => {
    const other = createLog(sampleOrigin, [5, 6]);
    const answer = await askGo({ ...exported, vkey: formatVerifierKey(other.pin) }, () => undefined);
    expect(answer?.isAccepted ?? false).toBe(false);
  });
});
