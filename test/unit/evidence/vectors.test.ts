import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { sha256, verify, verifyOnPool } from '../../../adapters/signing/node-crypto.ts';
import { concatBytes, fromHex, toBase64, toHex, utf8 } from '../../../core/evidence/bytes.ts';
import { PAYLOAD_TYPE, preAuthEncoding, verifyEnvelope } from '../../../core/evidence/dsse.ts';
import { isCanonicalP256, toCanonicalP256 } from '../../../core/evidence/notes/ecdsa-signature.ts';
import { jcs } from '../../../core/evidence/jcs.ts';
import { verifyConsistency, verifyInclusion } from '../../../core/evidence/tree/merkle.ts';
import { logKeyOf } from '../../../core/evidence/public-key.ts';
import type { Algorithm, PublicKey } from '../../../core/evidence/public-key.ts';
import { openNote, parseVerifierKey, verifySignature } from '../../../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../../../core/evidence/notes/signed-note.ts';
import { isObject } from '../../../core/evidence/strict-json.ts';
import {
  hasFields,
  hasVector,
  hasVectors,
  hexOf,
  memberOf,
  merkleVector,
  objectsOf,
  readVector,
  textOf,
  vectorFiles,
  vectorsFolder,
} from '../../support/published-vectors.ts';
import type { Json, VectorFile } from '../../support/published-vectors.ts';

/** A kind of published data: how its files are known, and how one is checked. */
interface VectorSet {
  readonly name: string;
  readonly rule: string;
  readonly owns: (file: VectorFile) => boolean;
  /** @returns how many cases of the file were checked; a case that does not come out as published throws */
  readonly check: (file: VectorFile) => number | Promise<number>;
}

const sets: readonly VectorSet[] = [
  {
    name: 'DSSE',
    rule: 'the pre-authentication encoding is the published one, and its P-256 signature verifies by our own code',
    owns: ({ json }) => hasFields(json, 'payloadType', 'payload', 'pae'),
    check: async ({ json }) => (isObject(json) ? checkDsse(json) : 0),
  },
  {
    name: 'signed note',
    rule: 'every published note opens with its key, no changed one does, and a bad signature of a known key refuses it',
    owns: ({ json }) => hasFields(json, 'sumdb') || noteVectors(json).length > 0,
    check: async ({ json }) => (isObject(json) ? (await checkNotes(json)) + (await checkSumdb(json)) : 0),
  },
  {
    name: 'Merkle inclusion',
    rule: 'accepted and refused exactly as published',
    owns: ({ json }) => hasFields(json, 'leafIdx', 'treeSize', 'wantErr'),
    check: (file) => {
      const { integer, bytes, list, wantErr } = merkleVector(file);
      const claim = {
        leafIndex: integer('leafIdx'),
        treeSize: integer('treeSize'),
        leafHash: bytes('leafHash'),
        proof: list('proof'),
        root: bytes('root'),
      };
      expect({ file: file.path, isRefused: !verifyInclusion(claim, sha256) }).toEqual({
        file: file.path,
        isRefused: wantErr,
      });
      return 1;
    },
  },
  {
    name: 'Merkle consistency',
    rule: 'accepted and refused exactly as published',
    owns: ({ json }) => hasFields(json, 'size1', 'size2', 'wantErr'),
    check: (file) => {
      const { integer, bytes, list, wantErr } = merkleVector(file);
      const claim = {
        size1: integer('size1'),
        size2: integer('size2'),
        root1: bytes('root1'),
        root2: bytes('root2'),
        proof: list('proof'),
      };
      expect({ file: file.path, isRefused: !verifyConsistency(claim, sha256) }).toEqual({
        file: file.path,
        isRefused: wantErr,
      });
      return 1;
    },
  },
  {
    name: 'Wycheproof',
    rule: 'the verify that is handed in says what they say, and the one form of a P-256 signature verifies where it does',
    owns: ({ json }) => hasFields(json, 'testGroups'),
    check: async ({ json, path }) => (isObject(json) ? checkWycheproof(json, path) : 0),
  },
  {
    name: 'JCS',
    rule: 'every input becomes its output, byte by byte',
    owns: ({ path }) => /(^|\/)input\/[^/]+$/.test(path) && hasVector(path.replace('input/', 'output/')),
    check: ({ json, path }) => {
      const text = jcs(json);
      expect({ path, text }).toEqual({ path, text: readVector(path.replace('input/', 'output/')).trimEnd() });
      const hex = path.replace('input/', 'outhex/').replace(/json$/, 'txt');
      expect({ path, hex: toHex(utf8(text)) }).toEqual({
        path,
        hex: hasVector(hex) ? readVector(hex).replaceAll(/\s/g, '') : toHex(utf8(text)),
      });
      return 1;
    },
  },
  {
    name: 'OSCAL',
    rule: 'the schema accepts the example, and refuses it without the start of a result',
    owns: ({ json, path }) =>
      hasFields(json, 'assessment-results') && hasVector(OSCAL_SCHEMA) && path.includes('oscal'),
    check: ({ text }) => {
      // Formats are not checked: ajv alone brings none, and the export will be checked for its shape.
      const validate = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(readVector(OSCAL_SCHEMA)));
      expect({ isValid: validate(JSON.parse(text)), errors: validate.errors }).toEqual({ isValid: true, errors: null });
      expect(validate(JSON.parse(text.replaceAll(/"start"\s*:/g, '"begun":')))).toBe(false);
      return 1;
    },
  },
];

const OSCAL_SCHEMA = 'oscal_1.2.1_assessment-results_schema.json';

/** Files that belong to a set checked elsewhere, or to none of the cases above by themselves. */
function isElsewhere({ path, json }: VectorFile): boolean {
  return path === OSCAL_SCHEMA || /(^|\/)output\//.test(path) || isWebAuthn(json);
}

/** Checked where people's signatures are. */
function isWebAuthn(json: unknown): boolean {
  return hasFields(json, 'vectors') && objectsOf(json, 'vectors').every((one) => hasFields(one, 'registration'));
}

const counts = new Map<string, number>();
const files = vectorFiles();

async function checkSet({ name, owns, check }: VectorSet): Promise<void> {
  let count = 0;
  for (const file of files.filter(owns)) count += await check(file);
  counts.set(name, count);
}

test.each(hasVectors ? sets : [])('published vectors of $name: $rule', async (set) => {
  await checkSet(set);
  expect(counts.get(set.name)).toBeGreaterThan(0);
});

test('what was checked is said in one line, also where nothing was there to check', () => {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const each = [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  const strays = files.filter((file) => !isElsewhere(file) && !sets.some((set) => set.owns(file)));
  const unread =
    strays.length === 0 ? '' : `; of no kind that is used here: ${strays.map(({ path }) => path).join(', ')}`;
  if (hasVectors) console.info(`vectors: ${all} checked (${each})${unread}`);
  else console.warn(`vectors: 0 checked, ${vectorsFolder} is not there`);
  expect(all > 0).toBe(hasVectors);
});

async function checkDsse(vector: Json): Promise<number> {
  const payload = utf8(textOf(vector, 'payload'));
  const pae = preAuthEncoding(textOf(vector, 'payloadType'), payload);
  expect(Buffer.from(pae).toString()).toBe(textOf(vector, 'pae'));
  const point = ['x', 'y'].map((name) => BigInt(textOf(vector, name)).toString(16).padStart(64, '0')).join('');
  const key = logKeyOf(fromHex(`${P256_SPKI_PREFIX}04${point}`) ?? new Uint8Array(0));
  if (key === null) throw new TypeError('no P-256 key');
  const signature = toCanonicalP256(toDer(Buffer.from(textOf(vector, 'sigP1363Base64'), 'base64')));
  expect(await verifySignature(key, pae, signature, verifyOnPool)).toBe(true);
  expect(await verifySignature(key, concatBytes(pae, utf8('.')), signature, verifyOnPool)).toBe(false);
  // As an envelope of records it is refused: its payload type is another one, and its signature binds that type.
  for (const payloadType of [textOf(vector, 'payloadType'), PAYLOAD_TYPE]) {
    const envelope = { payloadType, payload: toBase64(payload), signatures: [{ sig: toBase64(signature) }] };
    expect((await verifyEnvelope(utf8(JSON.stringify(envelope)), key, verifyOnPool)).ok).toBe(false);
  }
  return 1;
}

const P256_SPKI_PREFIX = '3059301306072a8648ce3d020106082a8648ce3d030107034200';

/** ECDSA-Sig-Value of r ‖ s; of another length than the curve's the bytes as they are, which are then no signature. */
function toDer(signature: Uint8Array, size = 32): Uint8Array {
  if (signature.length !== 2 * size) return signature;
  const integers = [signature.subarray(0, size), signature.subarray(size)].map((part) => {
    const digits = toHex(part).replace(/^(?:00)+(?=..)/, '');
    const bytes = fromHex(Number.parseInt(digits.slice(0, 2), 16) >= 0x80 ? `00${digits}` : digits) ?? part;
    return concatBytes(Uint8Array.of(2, bytes.length), bytes);
  });
  const content = concatBytes(...integers);
  return concatBytes(
    Uint8Array.from(content.length < 128 ? [0x30, content.length] : [0x30, 0x81, content.length]),
    content,
  );
}

function noteVectors(json: unknown): readonly Json[] {
  return isObject(json) ? Object.values(json).filter((member) => hasFields(member, 'vkey', 'note')) : [];
}

async function checkNotes(json: Json): Promise<number> {
  const vectors = noteVectors(json);
  for (const vector of vectors) {
    await expectNote(textOf(vector, 'note'), [toKey(textOf(vector, 'vkey'))], vector['wantErr'] === true ? 0 : 1);
  }
  return vectors.length;
}

/** One text, two signers: alone, together, and with the key of the other. */
async function checkSumdb(json: Json): Promise<number> {
  if (!hasFields(json, 'sumdb')) return 0;
  const sumdb = memberOf(json, 'sumdb');
  const [peter, enoch] = [toKey(textOf(sumdb, 'peterKey')), toKey(textOf(sumdb, 'enochKey'))];
  const one = `${textOf(sumdb, 'text')}\n${textOf(sumdb, 'peterSig')}`;
  const two = `${one}${textOf(sumdb, 'enochSig')}`;
  const cases: readonly (readonly [string, readonly VerifierKey[], number])[] = [
    [one, [peter], 1],
    [one, [enoch], 0],
    [two, [peter], 1],
    [two, [enoch], 1],
    [two, [peter, enoch], 2],
  ];
  for (const [note, keys, verified] of cases) await expectNote(note, keys, verified);
  return cases.length;
}

async function expectNote(note: string, keys: readonly VerifierKey[], verified: number): Promise<void> {
  const opened = await openNote(utf8(note), keys, verifyOnPool);
  expect(opened.ok ? opened.value.verified.length : 0).toBe(verified);
  expect((await openNote(utf8(`x${note}`), keys, verifyOnPool)).ok).toBe(false);
}

function toKey(vkey: string): VerifierKey {
  const parsed = parseVerifierKey(vkey, sha256);
  if (!parsed.ok) throw new TypeError(parsed.issue);
  return parsed.value;
}

/** Wycheproof's curve or scheme, with the hash: how this project names it. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  edwards25519: 'ed25519',
  curve25519: 'ed25519',
  edwards448: 'ed448',
  curve448: 'ed448',
  'secp256r1 SHA-256': 'p256',
  'secp384r1 SHA-384': 'p384',
  'secp521r1 SHA-512': 'p521',
  'RsassaPkcs1Verify SHA-256': 'rs256',
  'RsassaPkcs1Verify SHA-512': 'rs512',
};

/** Bytes of r and of s in the raw form. */
const rawSizes: Readonly<Partial<Record<Algorithm, number>>> = { p256: 32, p384: 48, p521: 66 };

async function checkWycheproof(json: Json, path: string): Promise<number> {
  let count = 0;
  for (const group of objectsOf(json, 'testGroups')) {
    const key = keyOfGroup(group, path);
    if (key === null) {
      console.info(`vectors: a group of ${path} is of a kind that nothing here uses`);
      continue;
    }
    for (const one of objectsOf(group, 'tests')) {
      const given = hexOf(one, 'sig');
      const isRaw = group['type'] === 'EcdsaP1363Verify';
      const signature = isRaw ? toDer(given, rawSizes[key.algorithm]) : given;
      const isGood = await verifyOnPool(key, hexOf(one, 'msg'), signature);
      // "acceptable" leaves it to the verifier.
      const wanted = one['result'] === 'acceptable' ? isGood : one['result'] === 'valid';
      expect({ path, tcId: one['tcId'], isGood }).toEqual({ path, tcId: one['tcId'], isGood: wanted });
      if (key.algorithm === 'p256') expectOneForm(key, hexOf(one, 'msg'), signature, isGood);
      count += 1;
    }
  }
  return count;
}

function keyOfGroup(group: Json, path: string): PublicKey | null {
  const curve = isObject(group['publicKey']) ? group['publicKey']['curve'] : undefined;
  const names = [curve, group['type']].flatMap((name) => [String(name), `${String(name)} ${String(group['sha'])}`]);
  const algorithm = names.map((name) => algorithms[name]).find((found) => found !== undefined);
  if (algorithm === undefined) return null;
  const spki = hexOf(group, 'publicKeyDer');
  if (spki.length === 0) throw new TypeError(`${path} has a group without a key`);
  return { algorithm, spki };
}

/** Every good signature has one canonical form, which verifies; of a bad one none does. */
function expectOneForm(key: PublicKey, message: Uint8Array, signature: Uint8Array, isGood: boolean): void {
  let canonical: Uint8Array | null = null;
  try {
    canonical = toCanonicalP256(signature);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
  }
  expect(canonical !== null && isCanonicalP256(canonical) && verify(key, message, canonical)).toBe(isGood);
  if (isCanonicalP256(signature)) expect(canonical).toEqual(signature);
}
