import { expect, test } from 'vitest';
import { verifyOnPool } from '../../../adapters/signing/node-crypto.ts';
import { toBase64, utf8 } from '../../../core/evidence/bytes.ts';
import { PAYLOAD_TYPE, parseEnvelope, preAuthEncoding, verifyEnvelope } from '../../../core/evidence/dsse.ts';
import { createLog, fixedKey } from '../../support/evidence-log.ts';

const payload = utf8('{"größe":"~~~???"}');
const log = createLog();
const signature = log.signRecord(payload);
const { key } = log.keys.record;

function envelope(changes: Readonly<Record<string, unknown>> = {}): Uint8Array {
  const fields = {
    payloadType: PAYLOAD_TYPE,
    payload: toBase64(payload),
    signatures: [{ keyid: 'anything', sig: toBase64(signature) }],
    ...changes,
  };
  return utf8(JSON.stringify(fields));
}

test('lengths in the pre-authentication encoding count bytes and not characters', () => {
  expect(Buffer.from(preAuthEncoding('tß', utf8('✓'))).toString()).toBe('DSSEv1 3 tß 3 ✓');
  expect(Buffer.from(preAuthEncoding('', new Uint8Array(0))).toString()).toBe('DSSEv1 0  0 ');
});

test('a signed envelope hands back the bytes that were verified, whatever the key id and other fields say', async () => {
  expect(await verifyEnvelope(envelope({ unknown: 1 }), key, verifyOnPool)).toEqual({
    ok: true,
    value: payload,
  });
});

test('an envelope in the URL-safe alphabet verifies too', async () => {
  const urlSafe = (bytes: Uint8Array): string => toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_');
  const bytes = envelope({ payload: urlSafe(payload), signatures: [{ sig: urlSafe(signature) }] });
  expect((await verifyEnvelope(bytes, key, verifyOnPool)).ok).toBe(true);
});

test('one good signature among others is enough, none is not', async () => {
  const other = { sig: toBase64(new Uint8Array(64)) };
  const both = envelope({ signatures: [other, { sig: toBase64(signature) }] });
  expect((await verifyEnvelope(both, key, verifyOnPool)).ok).toBe(true);
  expect((await verifyEnvelope(envelope({ signatures: [other] }), key, verifyOnPool)).ok).toBe(false);
  expect((await verifyEnvelope(envelope(), fixedKey(9).publicKey, verifyOnPool)).ok).toBe(false);
});

test('another payload under the same signature does not verify', async () => {
  const bytes = envelope({ payload: toBase64(utf8('{"größe":"~~~??!"}')) });
  expect((await verifyEnvelope(bytes, key, verifyOnPool)).ok).toBe(false);
});

test.each([
  ['is followed by bytes', Buffer.concat([envelope(), Buffer.from('x')])],
  ['is two envelopes', Buffer.concat([envelope(), envelope()])],
  ['has another payload type', envelope({ payloadType: 'text/plain' })],
  ['has no payload', envelope({ payload: undefined })],
  ['has a payload with a line end', envelope({ payload: `${toBase64(payload)}\n` })],
  ['mixes the two alphabets', envelope({ payload: '+-+-' })],
  ['has no signatures', envelope({ signatures: [] })],
  ['has signatures of another shape', envelope({ signatures: ['AAAA'] })],
  ['has a signature that is not base64', envelope({ signatures: [{ sig: '*' }] })],
  ['is a list', utf8('[]')],
  ['names the payload twice', Buffer.from(Buffer.from(envelope()).toString().replace('{', '{"payload":"AAAA",'))],
])('an envelope that %s is refused', (_name, bytes) => {
  expect(parseEnvelope(Uint8Array.from(bytes)).ok).toBe(false);
});
