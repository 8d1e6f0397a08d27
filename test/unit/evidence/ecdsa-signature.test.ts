import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../core/evidence/bytes.ts';
import { isCanonicalP256, toCanonicalP256 } from '../../../core/evidence/notes/ecdsa-signature.ts';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const message = Buffer.from('a record');

/** The other signature that verifies as well: (r, n-s). */
function otherForm(signature: Uint8Array): Uint8Array {
  const rLength = signature[3] ?? 0;
  const s = BigInt(`0x${toHex(signature.slice(4 + rLength + 2))}`);
  const hex = (ORDER - s).toString(16).padStart(64, '0');
  const bytes = [...Buffer.from(hex, 'hex')];
  while (bytes[0] === 0) bytes.shift();
  if ((bytes[0] ?? 0) >= 0x80) bytes.unshift(0);
  const head = signature.slice(2, 4 + rLength);
  return Uint8Array.of(0x30, head.length + 2 + bytes.length, ...head, 2, bytes.length, ...bytes);
}

describe('the one form of a P-256 signature', () => {
  test('exactly one of the two signatures that anybody can write from one is canonical, and both verify', () => {
    for (let round = 0; round < 100; round += 1) {
      const signature = new Uint8Array(sign('sha256', message, privateKey));
      const other = otherForm(signature);
      expect(verify('sha256', message, publicKey, other)).toBe(true);
      expect(isCanonicalP256(signature)).not.toBe(isCanonicalP256(other));
      expect(toCanonicalP256(other)).toEqual(toCanonicalP256(signature));
      expect(isCanonicalP256(toCanonicalP256(signature))).toBe(true);
      expect(verify('sha256', message, publicKey, toCanonicalP256(signature))).toBe(true);
    }
  });

  test.each([
    ['nothing', []],
    ['a zero', [0x30, 6, 2, 1, 0, 2, 1, 1]],
    ['a negative number', [0x30, 6, 2, 1, 0x80, 2, 1, 1]],
    ['a padded number', [0x30, 7, 2, 2, 0, 1, 2, 1, 1]],
    ['trailing bytes', [0x30, 6, 2, 1, 1, 2, 1, 1, 0]],
    ['a wrong length', [0x30, 7, 2, 1, 1, 2, 1, 1]],
    ['a long form of the length', [0x30, 0x81, 6, 2, 1, 1, 2, 1, 1]],
    ['a number that is cut', [0x30, 4, 2, 1, 1, 2]],
    ['no sequence', [0x31, 6, 2, 1, 1, 2, 1, 1]],
  ])('refuses %s', (_, bytes) => {
    expect(isCanonicalP256(Uint8Array.from(bytes))).toBe(false);
    expect(() => toCanonicalP256(Uint8Array.from(bytes))).toThrow(TypeError);
  });
});
