import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sha256, verify } from '../../../adapters/signing/node-crypto.ts';
import { concatBytes, equalBytes, fromHex, utf8 } from '../../../core/evidence/bytes.ts';
import { personKey } from '../../../core/evidence/people/person-key.ts';
import { isObject } from '../../../core/evidence/strict-json.ts';
import { checkAssertion } from '../../../core/evidence/people/webauthn.ts';
import type { Assertion, ExpectedAssertion } from '../../../core/evidence/people/webauthn.ts';
import { readCbor, readRegistration } from '../../support/cose-key.ts';

/**
 * The W3C's own credentials (WebAuthn Level 3, "Test Vectors"). They cover more than we accept: an authenticator that did
 * not verify its user, and pages inside another site's. Those must be refused for exactly that, which is looked at last:
 * everything else about them, the signature first of all, was then found good.
 */
const shared = process.env['COUNTERSIGN_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const file = join(process.env['COUNTERSIGN_VECTORS'] ?? join(shared, 'vectors'), 'webauthn_l3.json');
const FRAMED = "it was made inside another site's page";
const NOT_VERIFIED = 'the authenticator did not verify who was there';

interface Vector {
  readonly name: string;
  readonly assertion: Assertion;
  readonly expected: ExpectedAssertion;
  readonly credentialId: Uint8Array;
  readonly enrolledId: Uint8Array;
  /** What we must say of it. */
  readonly verdict: string | null;
}

function check({ assertion, expected }: Vector, changed: Partial<Assertion & ExpectedAssertion> = {}) {
  const all = { ...assertion, ...expected, ...changed };
  return checkAssertion(all, all, { sha256, verify });
}

const published: readonly (readonly [string, (vectors: readonly Vector[]) => Promise<void>])[] = [
  [
    'every published assertion is read, and its signature verifies with the key of its registration',
    async (vectors) => {
      expect(vectors.length).toBeGreaterThan(0);
      for (const vector of vectors) {
        const { name, assertion, expected } = vector;
        const message = concatBytes(assertion.authenticatorData, sha256(assertion.clientDataJSON));
        expect({ name, isGood: verify(expected.key, message, assertion.signature) }).toEqual({ name, isGood: true });
        expect({ name, verdict: await check(vector) }).toEqual({ name, verdict: vector.verdict });
        expect(equalBytes(vector.credentialId, vector.enrolledId)).toBe(true);
      }
      const accepted = vectors.filter(({ verdict }) => verdict === null).length;
      const algorithms = [...new Set(vectors.map(({ expected }) => expected.key.algorithm))].join(', ');
      const refused = vectors.length - accepted;
      console.info(
        `vectors: WebAuthn: ${vectors.length} credentials checked (${algorithms}): every signature verifies, ` +
          `${accepted} accepted, ${refused} refused only for what we ask beyond the standard (user verification, frames)`,
      );
    },
  ],
  [
    'no published assertion holds for another challenge, relying party, origin or key',
    async (vectors) => {
      for (const [at, vector] of vectors.entries()) {
        const { challenge } = vector.expected;
        const otherKey = vectors[(at + 1) % vectors.length]?.expected.key ?? vector.expected.key;
        const words = [
          await check(vector, { challenge: challenge.with(0, (challenge[0] ?? 0) ^ 1) }),
          await check(vector, { rpId: 'example.com' }),
          await check(vector, { origins: ['https://example.com', 'http://example.org'] }),
          await check(vector, { key: otherKey }),
        ];
        expect(words).toEqual([
          expect.stringContaining('another challenge'),
          expect.stringContaining('another relying party'),
          expect.stringContaining('not enrolled'),
          expect.stringContaining('does not verify'),
        ]);
      }
    },
  ],
  [
    'no published assertion survives a changed byte in any of its parts',
    async (vectors) => {
      let count = 0;
      for (const vector of vectors) {
        for (const part of ['authenticatorData', 'clientDataJSON', 'signature'] as const) {
          const bytes = vector.assertion[part];
          for (let at = 0; at < bytes.length; at += 1) {
            const words = await check(vector, { [part]: bytes.with(at, (bytes[at] ?? 0) ^ 1) });
            expect(words === null || words === FRAMED || words === NOT_VERIFIED).toBe(false);
            count += 1;
          }
        }
        // UP and UV cleared or set: bits of one byte, each covered by the signature.
        const data = vector.assertion.authenticatorData;
        for (const bit of [0x01, 0x04, 0x05]) {
          const authenticatorData = data.with(32, (data[32] ?? 0) ^ bit);
          expect(await check(vector, { authenticatorData })).toContain('does not verify');
        }
      }
      console.info(`vectors: WebAuthn: ${count} changed bytes, each refused`);
    },
  ],
];

const absent: readonly (readonly [string, (vectors: readonly Vector[]) => Promise<void>])[] = [
  [
    'the vectors of WebAuthn (shared data folder not present: nothing was checked)',
    async () => {
      console.warn(`evidence vectors: ${file} is not there, so no WebAuthn vector was checked`);
      expect(existsSync(file)).toBe(false);
      await Promise.resolve();
    },
  ],
];

describe('WebAuthn test vectors', () => {
  test.each(existsSync(file) ? published : absent)('%s', async (_, run) => {
    expect.hasAssertions();
    await run(existsSync(file) ? readVectors() : []);
  });

  test.each([
    ['an indefinite length', '5f4101ff'],
    ['a length that is not the shortest', '1801'],
    ['a key twice', 'a201020103'],
    ['trailing bytes', '0100'],
    ['a tag', 'c001'],
    ['a text that is cut', '6361'],
    ['nothing', ''],
  ])('the reader of registrations refuses CBOR with %s', (_, hex) => {
    expect(() => readCbor(Uint8Array.from(Buffer.from(hex, 'hex')))).toThrow(TypeError);
  });
});

function readVectors(): readonly Vector[] {
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const list = isObject(json) ? json['vectors'] : undefined;
  if (!Array.isArray(list)) throw new TypeError('no vectors');
  return list.filter(isObject).flatMap((vector) => {
    const { registration, authentication } = vector;
    if (!isObject(registration) || !isObject(authentication)) throw new TypeError('a vector without its two halves');
    return [toVector(String(vector['name']), registration, authentication)];
  });
}

type Half = Readonly<Record<string, unknown>>;

function toVector(name: string, registration: Half, authentication: Half): Vector {
  const registered = readRegistration(hex(registration, 'attestationObject'));
  // The enrolment's own reader must agree with OpenSSL, which wrote the bytes.
  const key = personKey(registered.algorithm, registered.spki);
  if (key === null) throw new TypeError(`${name}: a key that cannot be enrolled`);
  const authenticatorData = hex(authentication, 'authenticatorData');
  const clientDataJSON = hex(authentication, 'clientDataJSON');
  const client: unknown = JSON.parse(Buffer.from(clientDataJSON).toString('utf8'));
  const isFramed = isObject(client) && (client['crossOrigin'] === true || 'topOrigin' in client);
  const isVerified = ((authenticatorData[32] ?? 0) & 0x04) !== 0;
  expect(equalBytes(authenticatorData.slice(0, 32), sha256(utf8('example.org')))).toBe(true);
  return {
    name,
    assertion: { authenticatorData, clientDataJSON, signature: hex(authentication, 'signature') },
    expected: {
      challenge: hex(authentication, 'challenge'),
      rpId: 'example.org',
      origins: ['https://example.org'],
      key,
    },
    credentialId: registered.credentialId,
    enrolledId: hex(registration, 'credential_id'),
    verdict: isFramed ? FRAMED : isVerified ? null : NOT_VERIFIED,
  };
}

function hex(half: Half, name: string): Uint8Array {
  const value = half[name];
  const bytes = typeof value === 'string' ? fromHex(value) : null;
  if (bytes === null) throw new TypeError(`${name} is not hex`);
  return bytes;
}
