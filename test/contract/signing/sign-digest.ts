import { createECDH, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * ECDSA P-256 over a digest that somebody else made, which Node's `sign` does not offer (FIPS 186-5, 6.4.1), as DER with the
 * larger of the two possible s: as good a signature, and not the form that a log wants.
 */
export function signDigestWithLargerS(digest: Uint8Array, key: KeyObject): Buffer {
  const secret = toInteger(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  const nonce = (toInteger(randomBytes(40)) % (ORDER - 1n)) + 1n;
  const point = createECDH('prime256v1');
  point.setPrivateKey(Buffer.from(nonce.toString(16).padStart(64, '0'), 'hex'));
  const r = toInteger(point.getPublicKey().subarray(1, 33)) % ORDER;
  const s = (inverse(nonce) * (toInteger(digest) + r * secret)) % ORDER;
  const body = Buffer.concat([toDer(r), toDer(s > ORDER / 2n ? s : ORDER - s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function inverse(value: bigint): bigint {
  // Fermat: the order is prime.
  let result = 1n;
  for (let base = value % ORDER, left = ORDER - 2n; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function toDer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([2, padded.length]), padded]);
}
