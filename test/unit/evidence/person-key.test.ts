import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../../core/evidence/bytes.ts';
import { personKey, toAlgorithm } from '../../../core/evidence/people/person-key.ts';
import type { Algorithm } from '../../../core/evidence/public-key.ts';
import { softwarePasskey } from '../../support/software-passkey.ts';

const algorithms = ['ed25519', 'ed448', 'p256', 'p384', 'p521', 'rs256', 'rs512'] as const;
const keys = new Map<Algorithm, Uint8Array>(algorithms.map((name) => [name, softwarePasskey(name).key.spki]));

function spkiOf(algorithm: Algorithm): Uint8Array {
  return keys.get(algorithm) ?? new Uint8Array();
}

function rsaSpki(modulusLength: number, publicExponent = 65_537): Uint8Array {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }));
}

/** An RSA key of these numbers; nobody can sign with it. */
function rsaOf(modulusBits: number, exponent: string): Uint8Array {
  const n = Buffer.alloc(Math.ceil(modulusBits / 8), 0xff);
  n[0] = 0xff >> (n.length * 8 - modulusBits);
  const jwk = { kty: 'RSA', n: n.toString('base64url'), e: Buffer.from(exponent, 'hex').toString('base64url') };
  return Uint8Array.from(createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' }));
}

describe('a key of a person', () => {
  test.each(algorithms)('%s: what OpenSSL writes is its one form, and no other algorithm takes it', (algorithm) => {
    const spki = spkiOf(algorithm);
    expect(personKey(algorithm, spki)).toEqual({ algorithm, spki });
    const isRsa = algorithm.startsWith('rs');
    for (const other of algorithms.filter((name) => name !== algorithm && !(isRsa && name.startsWith('rs')))) {
      expect({ other, key: personKey(other, spki) }).toEqual({ other, key: null });
    }
  });

  test.each(algorithms)('%s: cut, longer, or with another head it is refused', (algorithm) => {
    const spki = spkiOf(algorithm);
    for (let length = 0; length < spki.length; length += 1) {
      expect(personKey(algorithm, spki.slice(0, length))).toBeNull();
    }
    expect(personKey(algorithm, Uint8Array.of(...spki, 0))).toBeNull();
    for (let at = 0; at < 12; at += 1) {
      expect(personKey(algorithm, spki.with(at, (spki[at] ?? 0) ^ 1))).toBeNull();
    }
  });

  test('a compressed point and a key with explicit curve parameters are other spellings, and refused', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' });
    expect(personKey('p256', Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })))).toBeNull();
    const point = spkiOf('p256').slice(27, 59);
    const head = fromHex('3039301306072a8648ce3d020106082a8648ce3d030107032200') ?? new Uint8Array();
    expect(personKey('p256', Uint8Array.of(...head, 2, ...point))).toBeNull();
    expect(personKey('p256', spkiOf('p256').with(26, 6))).toBeNull();
  });

  test('RSA keys of 2,048 bits and more are taken; shorter ones, vast ones and weak exponents are not', () => {
    expect(personKey('rs256', rsaSpki(3_072))).not.toBeNull();
    expect(personKey('rs256', rsaOf(8_192, '010001'))).not.toBeNull();
    expect(personKey('rs256', rsaOf(2_041, '010001'))).toBeNull();
    expect(personKey('rs256', rsaSpki(1_024))).toBeNull();
    expect(personKey('rs256', rsaOf(2_047, '010001'))).toBeNull();
    expect(personKey('rs256', rsaOf(8_193, '010001'))).toBeNull();
    expect(personKey('rs256', rsaOf(2_048, '03'))).toBeNull();
    expect(personKey('rs256', rsaOf(2_048, '01'))).toBeNull();
    expect(personKey('rs256', rsaOf(2_048, '010002'))).toBeNull();
    expect(personKey('rs256', rsaOf(2_048, '0100000001'))).toBeNull();
  });

  test('only names of algorithms are algorithms', () => {
    expect(algorithms.map(toAlgorithm)).toEqual([...algorithms]);
    for (const name of ['none', 'ES256', 'P256', '', 'constructor', null, -7, undefined, ['p256']]) {
      expect(toAlgorithm(name)).toBeNull();
    }
  });
});
