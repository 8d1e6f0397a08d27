import { createPublicKey } from 'node:crypto';
import type { Algorithm } from '../../core/evidence/public-key.ts';

/*
 * The public key out of a registration's attestationObject (WebAuthn 6.5.1), for published vectors. The product reads no
 * CBOR: an enrolment holds SubjectPublicKeyInfo, and attestation statements prove nothing that this log relies on.
 *
 * Strict CBOR (RFC 8949 4.2): shortest lengths, no tags, no indefinite lengths, no key twice, nothing left over.
 */

type Cbor = number | boolean | null | string | Uint8Array | readonly Cbor[] | ReadonlyMap<unknown, Cbor>;

const LEAST_OF_LENGTH: Readonly<Record<number, number>> = { 1: 24, 2: 0x1_00, 4: 0x1_00_00 };

/** @throws {TypeError} when it is not exactly one item */
export function readCbor(bytes: Uint8Array): Cbor {
  const { value, end } = readItem(Buffer.from(bytes), 0);
  if (end !== bytes.length) throw new TypeError('bytes after the item');
  return value;
}

interface Item {
  readonly value: Cbor;
  readonly end: number;
}

function readItem(bytes: Buffer, at: number): Item {
  const head = bytes.at(at);
  if (head === undefined) throw new TypeError('cut off');
  const [major, info] = [head >> 5, head & 31];
  if (major === 7) {
    if (info === 20 || info === 21) return { value: info === 21, end: at + 1 };
    if (info === 22) return { value: null, end: at + 1 };
    throw new TypeError('a simple value that is not supported');
  }
  const { value: count, end } = readCount(bytes, at + 1, info);
  if (major === 0) return { value: count, end };
  if (major === 1) return { value: -1 - count, end };
  if (major === 2 || major === 3) {
    if (end + count > bytes.length) throw new TypeError('cut off');
    const content = bytes.subarray(end, end + count);
    return { value: major === 2 ? Uint8Array.from(content) : content.toString('utf8'), end: end + count };
  }
  if (major === 4) return readArray(bytes, end, count);
  if (major === 5) return readMap(bytes, end, count);
  throw new TypeError('a tag');
}

function readCount(bytes: Buffer, at: number, info: number): { readonly value: number; readonly end: number } {
  if (info < 24) return { value: info, end: at };
  const width = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : 0;
  if (width === 0 || at + width > bytes.length) throw new TypeError('a length that is not supported');
  const value = bytes.readUIntBE(at, width);
  if (value < (LEAST_OF_LENGTH[width] ?? 0)) throw new TypeError('not the shortest form of a length');
  return { value, end: at + width };
}

function readArray(bytes: Buffer, start: number, count: number): Item {
  const value: Cbor[] = [];
  let end = start;
  for (let left = count; left > 0; left -= 1) {
    const item = readItem(bytes, end);
    value.push(item.value);
    end = item.end;
  }
  return { value, end };
}

function readMap(bytes: Buffer, start: number, count: number): Item {
  const value = new Map<unknown, Cbor>();
  let end = start;
  for (let left = count; left > 0; left -= 1) {
    const key = readItem(bytes, end);
    const member = readItem(bytes, key.end);
    if (value.has(key.value)) throw new TypeError('a key twice');
    value.set(key.value, member.value);
    end = member.end;
  }
  return { value, end };
}

/** COSE algorithm (RFC 9053, RFC 8812) → ours, with the curve that goes with it. EdDSA is told by its curve. */
const EC: ReadonlyMap<unknown, { readonly algorithm: Algorithm; readonly curve: number; readonly crv: string }> =
  new Map([
    [-7, { algorithm: 'p256' as const, curve: 1, crv: 'P-256' }],
    [-35, { algorithm: 'p384' as const, curve: 2, crv: 'P-384' }],
    [-36, { algorithm: 'p521' as const, curve: 3, crv: 'P-521' }],
  ]);
const OKP: ReadonlyMap<unknown, { readonly algorithm: Algorithm; readonly crv: string }> = new Map([
  [6, { algorithm: 'ed25519' as const, crv: 'Ed25519' }],
  [7, { algorithm: 'ed448' as const, crv: 'Ed448' }],
]);
/** Ed25519 and Ed448 by names of their own (RFC 9864), beside the older one for both. */
const EDDSA: readonly unknown[] = [-8, -19, -53];

export interface Registered {
  readonly algorithm: Algorithm;
  readonly spki: Uint8Array;
  readonly credentialId: Uint8Array;
}

/** @throws {TypeError} when it is no attestationObject with a key of an algorithm that is known here */
export function readRegistration(attestationObject: Uint8Array): Registered {
  const object = readCbor(attestationObject);
  const data = object instanceof Map ? object.get('authData') : undefined;
  if (!(data instanceof Uint8Array) || data.length < 55) throw new TypeError('no authData with a credential');
  const idLength = Buffer.from(data).readUInt16BE(53);
  const keyAt = 55 + idLength;
  // Extensions may follow the key; only where the flags say so.
  const { value: cose, end } = readItem(Buffer.from(data), keyAt);
  const hasExtensions = ((data[32] ?? 0) & 0x80) !== 0;
  if (hasExtensions !== end < data.length) throw new TypeError('authData does not end where its flags say');
  if (!(cose instanceof Map)) throw new TypeError('no COSE key');
  const { algorithm, jwk } = toJwk(cose);
  const spki = createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
  return { algorithm, spki: Uint8Array.from(spki), credentialId: data.slice(55, keyAt) };
}

function toJwk(cose: ReadonlyMap<unknown, Cbor>): {
  readonly algorithm: Algorithm;
  readonly jwk: Record<string, string>;
} {
  const text = (label: number): string => {
    const bytes = cose.get(label);
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`COSE key without ${label}`);
    return Buffer.from(bytes).toString('base64url');
  };
  const [type, name] = [cose.get(1), cose.get(3)];
  const ec = EC.get(name);
  if (type === 2 && ec !== undefined && cose.get(-1) === ec.curve) {
    return { algorithm: ec.algorithm, jwk: { kty: 'EC', crv: ec.crv, x: text(-2), y: text(-3) } };
  }
  const okp = OKP.get(cose.get(-1));
  if (type === 1 && okp !== undefined && EDDSA.includes(name)) {
    return { algorithm: okp.algorithm, jwk: { kty: 'OKP', crv: okp.crv, x: text(-2) } };
  }
  if (type === 3 && name === -257) return { algorithm: 'rs256', jwk: { kty: 'RSA', n: text(-1), e: text(-2) } };
  throw new TypeError('a COSE key of another algorithm');
}
