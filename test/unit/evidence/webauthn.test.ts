import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, verify } from '../../../adapters/signing/node-crypto.ts';
import { utf8 } from '../../../core/evidence/bytes.ts';
import type { Algorithm } from '../../../core/evidence/public-key.ts';
import { checkAssertion } from '../../../core/evidence/people/webauthn.ts';
import type { Assertion, ExpectedAssertion } from '../../../core/evidence/people/webauthn.ts';
import { RP_ID, RP_ORIGIN, softwarePasskey } from '../../support/software-passkey.ts';
import type { AssertionOptions } from '../../support/software-passkey.ts';

const algorithms: readonly Algorithm[] = ['ed25519', 'ed448', 'p256', 'p384', 'p521', 'rs256', 'rs512'];
const challenge = sha256(utf8('a review statement'));
const passkey = softwarePasskey('p256');
const expected: ExpectedAssertion = { challenge, rpId: RP_ID, origins: [RP_ORIGIN], key: passkey.key };

function check(assertion: Assertion, changed: Partial<ExpectedAssertion> = {}): Promise<string | null> {
  return checkAssertion(assertion, { ...expected, ...changed }, { sha256, verify });
}

const crossOrigin = (value: unknown): AssertionOptions => ({ client: { crossOrigin: value } });

describe('an assertion of a passkey', () => {
  test.each(algorithms)('%s: one that an honest authenticator made is accepted', async (algorithm) => {
    const { key, assert } = softwarePasskey(algorithm);
    expect(await check(assert(challenge), { key })).toBeNull();
    expect(await check(assert(challenge))).toContain('does not verify');
  });

  test.each<[string, AssertionOptions]>([
    ['a passkey that stays in one device', { flags: 0x05 }],
    ['a passkey that could be backed up', { flags: 0x0d }],
    ['extension data', { flags: 0x85, extensions: Uint8Array.of(0xa0) }],
    ['flags that are reserved', { flags: 0x27 }],
    ['no crossOrigin', crossOrigin(undefined)],
    ['members that nobody knows', { client: { extraData: 'may be extended', tokenBinding: { status: 'supported' } } }],
    ['members in another order', { clientText: (honest) => honest.replace(/^\{("type":"[^"]*"),(.*)\}$/, '{$2,$1}') }],
    ['white space', { clientText: (honest) => honest.replaceAll(',', ' ,\n ') }],
    ['escapes', { clientText: (honest) => honest.replace('webauthn', 'web\\u0061uthn') }],
  ])('with %s is accepted', async (_, options) => {
    expect(await check(passkey.assert(challenge, options))).toBeNull();
  });

  // Each is signed by the enrolled key: what is wrong is what it signed.
  test.each<[string, AssertionOptions, string]>([
    ['without a touch', { flags: 0x04 }, 'nobody was present'],
    ['without verifying the person', { flags: 0x01 }, 'did not verify who was there'],
    ['backed up though that is impossible', { flags: 0x15 }, 'backed up that cannot be'],
    ['with the data of a registration', { flags: 0x45, extensions: new Uint8Array(18) }, 'one of a registration'],
    ['with extension data that no flag announces', { extensions: Uint8Array.of(0xa0) }, 'does not end where'],
    ['without the extension data that a flag announces', { flags: 0x85 }, 'does not end where'],
    ['for another relying party', { rpId: 'evil.example' }, 'another relying party'],
    ['for the relying party in capitals', { rpId: RP_ID.toUpperCase() }, 'another relying party'],
    ['of a registration', { client: { type: 'webauthn.create' } }, 'not one of an assertion'],
    ['of a payment', { client: { type: 'payment.get' } }, 'not one of an assertion'],
    ['of another site', { client: { origin: 'https://evil.example' } }, 'not enrolled'],
    ['of an origin with a slash more', { client: { origin: `${RP_ORIGIN}/` } }, 'not enrolled'],
    ['of the site without TLS', { client: { origin: RP_ORIGIN.replace('https', 'http') } }, 'not enrolled'],
    ['of no origin', { client: { origin: undefined } }, 'no challenge or no origin'],
    ['of no challenge', { client: { challenge: undefined } }, 'no challenge or no origin'],
    ['whose challenge is no text', { client: { challenge: 7 } }, 'no challenge or no origin'],
    ["in another site's frame", crossOrigin(true), "inside another site's page"],
    ['below another site', { client: { topOrigin: 'https://evil.example' } }, "inside another site's page"],
    ['below nobody', { client: { topOrigin: null } }, "inside another site's page"],
    ['whose crossOrigin is no boolean', crossOrigin('false'), 'neither true nor false'],
    ['with a key twice', { clientText: (honest) => honest.replace('{', '{"type":"webauthn.get",') }, 'stands twice'],
    [
      'with a key twice, once in escapes',
      { clientText: (honest) => honest.replace('{', '{"\\u0074ype":"webauthn.get",') },
      'stands twice',
    ],
    ['with a byte order mark', { clientText: (honest) => `\ufeff${honest}` }, 'not JSON'],
    ['with trailing bytes', { clientText: (honest) => `${honest}x` }, 'not JSON'],
    ['with a list of client data', { clientText: (honest) => `[${honest}]` }, 'not an object'],
  ])('%s is refused with its own words', async (_, options, words) => {
    expect(await check(passkey.assert(challenge, options))).toContain(words);
  });

  test.each([
    ['padded', `${Buffer.from(challenge).toString('base64url')}=`],
    ['in the standard alphabet', Buffer.from(challenge).toString('base64')],
    ['in hex', Buffer.from(challenge).toString('hex')],
    ['of another statement', Buffer.from(sha256(utf8('another'))).toString('base64url')],
    ['empty', ''],
  ])('a challenge that is %s is another challenge', async (_, text) => {
    expect(await check(passkey.assert(challenge, { client: { challenge: text } }))).toContain('another challenge');
  });

  test('it holds for one challenge, one relying party, its origins and one key', async () => {
    const assertion = passkey.assert(challenge);
    expect(await check(assertion, { origins: ['https://other.example', RP_ORIGIN] })).toBeNull();
    expect(await check(assertion, { challenge: sha256(challenge) })).toContain('another challenge');
    expect(await check(assertion, { rpId: 'example' })).toContain('another relying party');
    expect(await check(assertion, { origins: ['https://other.example'] })).toContain('not enrolled');
    expect(await check(assertion, { origins: [] })).toContain('not enrolled');
    expect(await check(assertion, { key: softwarePasskey('p256').key })).toContain('does not verify');
  });

  test.each(algorithms)('%s: any byte changed, cut or added anywhere is refused', async (algorithm) => {
    const { key, assert } = softwarePasskey(algorithm);
    const assertion = assert(challenge);
    const parts = ['authenticatorData', 'clientDataJSON', 'signature'] as const;
    const anyPart = fc.constantFrom(...parts);
    await fc.assert(
      fc.asyncProperty(anyPart, fc.nat(), fc.integer({ min: 1, max: 255 }), async (part, position, change) => {
        const bytes = assertion[part];
        const at = position % bytes.length;
        expect(
          await check({ ...assertion, [part]: bytes.with(at, (bytes[at] ?? 0) ^ change) }, { key }),
        ).not.toBeNull();
      }),
      { numRuns: 300 },
    );
    for (const part of parts) {
      const bytes = assertion[part];
      for (const changed of [bytes.slice(0, -1), bytes.slice(1), Uint8Array.of(...bytes, 0), new Uint8Array()]) {
        expect(await check({ ...assertion, [part]: changed }, { key })).not.toBeNull();
      }
    }
  });
});
