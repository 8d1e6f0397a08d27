import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { keySigner } from '../../../adapters/signing/key-signer.ts';
import { sha256, verify } from '../../../adapters/signing/node-crypto.ts';
import { utf8 } from '../../../core/evidence/bytes.ts';
import { isCanonicalP256 } from '../../../core/evidence/notes/ecdsa-signature.ts';
import { buildKeySchedule } from '../../../core/evidence/notes/key-schedule.ts';
import { parseLogOpened } from '../../../core/evidence/records/log-opened.ts';
import { parseRecord } from '../../../core/evidence/records/parse-record.ts';
import { toVerifierKey, verifySignature } from '../../../core/evidence/notes/signed-note.ts';
import { createLog, sampleOrigin } from '../../support/evidence-log.ts';
import { ed25519Signer, keyChangedAt } from '../../support/key-changes.ts';
import { startFakeKms } from './fake-kms.ts';
import type { FakeKms, Mishap } from './fake-kms.ts';
import { kmsSigner } from './kms-signer.ts';
import { signDigestWithLargerS } from './sign-digest.ts';
import { describeSigner } from './signer-suite.ts';

const ed25519 = keySigner(generateKeyPairSync('ed25519').privateKey);
const p256 = keySigner(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey);
describeSigner('a local Ed25519 key', () => ed25519);
describeSigner('a local P-256 key', () => p256);

const services: readonly FakeKms[] = await Promise.all([startFakeKms('ed25519'), startFakeKms('p256')]);
afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
});

for (const service of services) {
  const signer = kmsSigner(service.url, service.spki);
  const { algorithm } = signer.publicKey;
  describeSigner(`a key service with ${algorithm}`, () => signer);

  describe(`a key service with ${algorithm} that fails`, () => {
    const mishaps: readonly Mishap[] = [
      'throttled',
      'internal-error',
      'cut-off',
      'not-json',
      'empty',
      'signature-of-another-kind',
    ];
    test.each(mishaps)('(%s) holds, and is asked again with success', async (mishap) => {
      service.next(mishap);
      const message = utf8('what is signed');
      await expect(signer.sign(message)).rejects.toMatchObject({ code: 'ERR_SIGNER_UNAVAILABLE', effect: 'none' });
      const signature = await signer.sign(message);
      expect(await verifySignature(signer.publicKey, message, signature, verify)).toBe(true);
    });

    test('(it is gone) holds', async () => {
      const gone = await startFakeKms(algorithm === 'ed25519' ? 'ed25519' : 'p256');
      const lost = kmsSigner(gone.url, gone.spki);
      await gone.stop();
      await expect(lost.sign(utf8('x'))).rejects.toMatchObject({ code: 'ERR_SIGNER_UNAVAILABLE' });
    });
  });

  test(`a log goes over from a local key to a key service with ${algorithm}`, async () => {
    const opened = parseRecord(createLog().opening());
    const log = opened.ok ? parseLogOpened(opened.value, sha256) : opened;
    if (!log.ok) throw new TypeError(log.issue);
    const after = { signer, key: toVerifierKey(sampleOrigin, signer.publicKey, sha256) };
    const change = await keyChangedAt(1, { role: 'checkpoint', before: ed25519Signer('checkpoint', 2), after });
    const schedule = await buildKeySchedule(log.value, [change], { sha256, verify });
    expect(schedule).toMatchObject({ segments: [{ from: 0 }, { from: 2, checkpoint: after.key }] });
  });
}

test('a key service with Ed25519 is not asked for what it would refuse', async () => {
  const [service] = services;
  if (service === undefined) throw new TypeError('no service');
  const signer = kmsSigner(service.url, service.spki);
  expect(signer.maxMessageBytes).toBe(4_096);
  const before = service.calls();
  await expect(signer.sign(new Uint8Array(4_097))).rejects.toThrow(TypeError);
  expect(service.calls()).toBe(before);
});

test('the service with P-256 gives the larger s, as a KMS may, and the signer does not', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const message = utf8('what is signed');
  const spki = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }));
  for (let time = 0; time < 20; time += 1) {
    const given = Uint8Array.from(signDigestWithLargerS(sha256(message), privateKey));
    expect(verify({ algorithm: 'p256', spki }, message, given)).toBe(true);
    expect(isCanonicalP256(given)).toBe(false);
  }
});
