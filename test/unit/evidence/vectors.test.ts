import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256, verifyOnPool } from '../../../adapters/signing/node-crypto.ts';
import { fromBase64, fromHex, utf8 } from '../../../core/evidence/bytes.ts';
import { preAuthEncoding } from '../../../core/evidence/dsse.ts';
import { verifyConsistency, verifyInclusion } from '../../../core/evidence/merkle.ts';
import { ed25519Key } from '../../../core/evidence/public-key.ts';
import { openNote, parseVerifierKey } from '../../../core/evidence/signed-note.ts';
import type { VerifierKey } from '../../../core/evidence/signed-note.ts';
import { isObject } from '../../../core/evidence/strict-json.ts';

/** Data that others published (shared/vectors/README.md); it stands beside the project and is not part of it. */
const shared = process.env['COUNTERSIGN_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const vectors = process.env['COUNTERSIGN_VECTORS'] ?? join(shared, 'vectors');

const published: readonly (readonly [string, () => void | Promise<void>])[] = [
  [
    'DSSE vectors: the pre-authentication encoding is the published one, and its P-256 signature verifies',
    () => {
      const vector = readJson('dsse.json');
      const pae = preAuthEncoding(text(vector, 'payloadType'), utf8(text(vector, 'payload')));
      expect(Buffer.from(pae).toString()).toBe(text(vector, 'pae'));
      const coordinate = (name: string): string =>
        Buffer.from(BigInt(text(vector, name)).toString(16).padStart(64, '0'), 'hex').toString('base64url');
      const jwk = { kty: 'EC', crv: 'P-256', x: coordinate('x'), y: coordinate('y') };
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      const signature = Buffer.from(text(vector, 'sigP1363Base64'), 'base64');
      expect(verifySignature('sha256', pae, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
      print('DSSE', 1);
    },
  ],

  [
    'signed note vectors: every published note opens with its key, and no changed one does',
    async () => {
      const vector = readJson('notes.json');
      const sumdb = member(vector, 'sumdb');
      const two = `${text(sumdb, 'text')}\n${text(sumdb, 'peterSig')}${text(sumdb, 'enochSig')}`;
      const one = `${text(sumdb, 'text')}\n${text(sumdb, 'peterSig')}`;
      const peter = key(text(sumdb, 'peterKey'));
      const enoch = key(text(sumdb, 'enochKey'));
      const example = member(vector, 'c2sp_example');
      const golang = member(vector, 'sumgolang');
      const cases: { note: string; keys: VerifierKey[]; verified: number }[] = [
        { note: text(example, 'note'), keys: [key(text(example, 'vkey'))], verified: 1 },
        { note: text(golang, 'note'), keys: [key(text(golang, 'vkey'))], verified: 1 },
        { note: one, keys: [peter], verified: 1 },
        { note: two, keys: [peter], verified: 1 },
        { note: two, keys: [enoch], verified: 1 },
        { note: two, keys: [peter, enoch], verified: 2 },
      ];
      for (const { note, keys, verified } of cases) {
        const opened = await openNote(utf8(note), keys, verifyOnPool);
        expect(opened.ok && opened.value.verified.length).toBe(verified);
        const changed = await openNote(utf8(`x${note}`), keys, verifyOnPool);
        expect(changed.ok).toBe(false);
      }
      expect((await openNote(utf8(one), [enoch], verifyOnPool)).ok).toBe(false);
      print('signed note', cases.length);
    },
  ],

  [
    'Merkle inclusion vectors: accepted and refused exactly as published',
    () => {
      const files = jsonFiles('merkle/inclusion');
      for (const file of files) {
        const vector = readMerkle(file);
        const claim = {
          leafIndex: vector.integer('leafIdx'),
          treeSize: vector.integer('treeSize'),
          leafHash: vector.bytes('leafHash'),
          proof: vector.list('proof'),
          root: vector.bytes('root'),
        };
        expect({ file, isRefused: !verifyInclusion(claim, sha256) }).toEqual({ file, isRefused: vector.wantErr });
      }
      expect(files.length).toBeGreaterThan(50);
      print('Merkle inclusion', files.length);
    },
  ],

  [
    'Merkle consistency vectors: accepted and refused exactly as published',
    () => {
      const files = jsonFiles('merkle/consistency');
      for (const file of files) {
        const vector = readMerkle(file);
        const claim = {
          size1: vector.integer('size1'),
          size2: vector.integer('size2'),
          root1: vector.bytes('root1'),
          root2: vector.bytes('root2'),
          proof: vector.list('proof'),
        };
        expect({ file, isRefused: !verifyConsistency(claim, sha256) }).toEqual({ file, isRefused: vector.wantErr });
      }
      expect(files.length).toBeGreaterThan(50);
      print('Merkle consistency', files.length);
    },
  ],

  [
    'Ed25519 vectors of Wycheproof: the verify that is handed in says what they say',
    async () => {
      const groups = readJson('wycheproof/ed25519_test.json')['testGroups'];
      if (!Array.isArray(groups)) throw new TypeError('no test groups');
      let count = 0;
      for (const group of groups.filter(isObject)) {
        const publicKey = ed25519Key(hex(member(group, 'publicKey'), 'pk'));
        const tests = group['tests'];
        if (!Array.isArray(tests)) throw new TypeError('no tests');
        for (const one of tests.filter(isObject)) {
          const isGood = await verifyOnPool(publicKey, hex(one, 'msg'), hex(one, 'sig'));
          expect({ tcId: one['tcId'], isGood }).toEqual({ tcId: one['tcId'], isGood: one['result'] === 'valid' });
          count += 1;
        }
      }
      expect(count).toBeGreaterThan(100);
      print('Wycheproof Ed25519', count);
    },
  ],
];

const absent: typeof published = [
  [
    'vectors of DSSE, notes, Merkle proofs and Ed25519 (shared data folder not present: nothing was checked)',
    () => {
      console.warn(`evidence vectors: ${vectors} is not there, so no published vector was checked`);
      expect(existsSync(vectors)).toBe(false);
    },
  ],
];

test.each(existsSync(vectors) ? published : absent)('%s', async (_, check) => {
  expect.hasAssertions();
  await check();
});

type Json = Readonly<Record<string, unknown>>;

function print(set: string, count: number): void {
  console.info(`vectors: ${set}: ${count} checked`);
}

function readJson(path: string): Json {
  const value: unknown = JSON.parse(readFileSync(join(vectors, path), 'utf8'));
  if (!isObject(value)) throw new TypeError(`${path} is no object`);
  return value;
}

function jsonFiles(folder: string): string[] {
  const names = readdirSync(join(vectors, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
}

function text(json: Json, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw new TypeError(`${name} is no text`);
  return value;
}

function hex(json: Json, name: string): Uint8Array {
  const bytes = fromHex(text(json, name));
  if (bytes === null) throw new TypeError(`${name} is not hex`);
  return bytes;
}

function member(json: Json, name: string): Json {
  const value = json[name];
  if (!isObject(value)) throw new TypeError(`${name} is no object`);
  return value;
}

function key(vkey: string): VerifierKey {
  const parsed = parseVerifierKey(vkey, sha256);
  if (!parsed.ok) throw new TypeError(parsed.issue);
  return parsed.value;
}

/** One Merkle vector. Its integers go up to 2^64, beyond a double: they are read from the text. */
function readMerkle(path: string): {
  readonly wantErr: boolean;
  integer(name: string): bigint;
  bytes(name: string): Uint8Array;
  list(name: string): Uint8Array[];
} {
  const json = readJson(path);
  const source = readFileSync(join(vectors, path), 'utf8');
  const toBytes = (value: unknown): Uint8Array => {
    const bytes = typeof value === 'string' ? fromBase64(value) : new Uint8Array(0);
    if (bytes === null) throw new TypeError(`${path} holds something that is not base64`);
    return bytes;
  };
  return {
    wantErr: json['wantErr'] === true,
    integer: (name) => BigInt(new RegExp(`"${name}": (\\d+)`).exec(source)?.[1] ?? -1),
    bytes: (name) => toBytes(json[name]),
    list: (name) => {
      const values = json[name] ?? [];
      if (!Array.isArray(values)) throw new TypeError(`${name} is no list`);
      return values.map(toBytes);
    },
  };
}
