import { describe, expect, test } from 'vitest';
import { toHex } from '../../core/evidence/bytes.ts';
import type { VerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { verifyLog } from '../../core/evidence/verify/verify-log.ts';
import { createLog, memorySource, recordBytes, sha256, sha512, verifyOnPool } from '../support/evidence-log.ts';
import { ed25519Signer, keyChanged, p256Signer } from '../support/key-changes.ts';
import type { ChangeOptions } from '../support/key-changes.ts';
import { logOf } from '../support/signed-log.ts';
import { enrolledRecord, signedReview, sshSigner } from '../support/signed-reviews.ts';
import { softwareSshKey } from '../support/software-ssh-key.ts';

const old = { record: ed25519Signer('record', 1), checkpoint: ed25519Signer('checkpoint', 2) };
const fresh = { record: p256Signer('record'), checkpoint: p256Signer('checkpoint') };
const gate = { runId: 1, attempt: 1, environment: 'production', opening: 1 };
const opening = createLog().opening();
const authorised = recordBytes('authorised', { gate }, 1);
const released = recordBytes('released', { gate, authorisedDigest: toHex(sha256(authorised)), how: 'answered' }, 9);

async function change(role: 'record' | 'checkpoint', options: Partial<ChangeOptions> = {}): Promise<Uint8Array> {
  const fields = await keyChanged({ role, before: old[role], after: fresh[role], ...options });
  return recordBytes('key-changed', fields, role === 'record' ? 2 : 3);
}

async function verdict(files: ReadonlyMap<string, Uint8Array>, checkpointKey: VerifierKey): Promise<string> {
  const options = { sha256, sha512, verify: verifyOnPool, checkpointKey };
  const result = await verifyLog(memorySource(files), options);
  return result.ok ? 'verifies' : result.problem.code;
}

describe('C107: a signing key is stolen', () => {
  test('control: keys that are only replaced leave all that they signed, and every pin, good', async () => {
    const changes = [await change('record'), await change('checkpoint')] as const;
    const files = await logOf([old, opening, authorised], [old, changes[0]], [fresh, changes[1], released]);
    expect(await verdict(files, old.checkpoint.key)).toBe('verifies');
    expect(await verdict(files, fresh.checkpoint.key)).toBe('verifies');
  });

  test('an authorisation by the stolen record key releases nothing once the key is revoked', async () => {
    const revoking = await change('record', { revokedFrom: 1 });
    const files = await logOf(
      [old, opening, authorised],
      [old, revoking],
      [{ ...old, record: fresh.record }, released],
    );
    expect(await verdict(files, old.checkpoint.key)).toBe('authorised-by-revoked-key');
    const later = await change('record', { revokedFrom: 2 });
    const trusted = await logOf([old, opening, authorised], [old, later], [{ ...old, record: fresh.record }, released]);
    expect(await verdict(trusted, old.checkpoint.key)).toBe('verifies');
  });

  test('a credential that the stolen record key enrolled signs nothing once the key is revoked', async () => {
    const signer = sshSigner(softwareSshKey('ssh-ed25519'));
    const enrolled = enrolledRecord(signer, 1);
    const [before, after] = [4, 5].map((second) => signedReview({ signer, enrolled, second }));
    const grown = async (revokedFrom: number, review = after): Promise<ReadonlyMap<string, Uint8Array>> =>
      logOf(
        [old, opening, enrolled],
        [old, before ?? opening, await change('record', { revokedFrom })],
        [{ ...old, record: fresh.record }, review ?? opening],
      );
    expect(await verdict(await grown(1), old.checkpoint.key)).toBe('credential-revoked');
    expect(await verdict(await grown(2), old.checkpoint.key)).toBe('verifies');
    const renewed = enrolledRecord(signer, 6);
    const again = signedReview({ signer, enrolled: renewed, second: 7 });
    const files = await logOf(
      [old, opening, enrolled],
      [old, await change('record', { revokedFrom: 1 })],
      [{ ...old, record: fresh.record }, renewed, again],
    );
    expect(await verdict(files, old.checkpoint.key)).toBe('verifies');
  });

  test('the stolen record key signs nothing after its change', async () => {
    const files = await logOf([old, opening, authorised], [old, await change('record')], [old, released]);
    expect(await verdict(files, old.checkpoint.key)).toBe('signatures-malformed');
  });

  test('whoever pinned the stolen checkpoint key is told to pin another', async () => {
    const revoking = await change('checkpoint', { revokedFrom: 1 });
    const files = await logOf([old, opening, authorised], [{ ...old, checkpoint: fresh.checkpoint }, revoking]);
    expect(await verdict(files, old.checkpoint.key)).toBe('pinned-key-revoked');
    expect(await verdict(files, fresh.checkpoint.key)).toBe('verifies');
  });

  test('a thief goes on with the old log: who pinned the new key is not deceived', async () => {
    const fork = await logOf([old, opening, authorised], [old, released]);
    expect(await verdict(fork, fresh.checkpoint.key)).not.toBe('verifies');
  });

  test('with the checkpoint key alone another log can be made, and an older checkpoint tells it from the true one', async () => {
    const thief = createLog(undefined, [9, 2]);
    await thief.append([thief.opening(), recordBytes('heartbeat', {}, 1), recordBytes('heartbeat', {}, 2)]);
    expect(await verdict(thief.files, old.checkpoint.key)).toBe('verifies');
    const since = (await logOf([old, opening, authorised])).get('checkpoint');
    const options = { sha256, sha512, verify: verifyOnPool, checkpointKey: old.checkpoint.key, since };
    expect(await verifyLog(memorySource(thief.files), options)).toMatchObject({
      problem: { code: 'since-is-not-a-prefix' },
    });
  });

  test('with the record key alone no checkpoint key can be brought in', async () => {
    const thief = { ...old.checkpoint, signer: old.record.signer };
    const files = await logOf(
      [old, opening, authorised],
      [{ ...old, checkpoint: fresh.checkpoint }, await change('checkpoint', { before: thief })],
    );
    expect(await verdict(files, old.checkpoint.key)).toBe('key-change-signature');
  });

  test('a revocation that an attacker takes out, or puts in, is no longer signed', async () => {
    const stripped = await change('checkpoint', { revokedFrom: 1, fields: { revokedFrom: undefined } });
    const added = await change('checkpoint', { fields: { revokedFrom: 1 } });
    for (const changed of [stripped, added]) {
      const files = await logOf([old, opening, authorised], [{ ...old, checkpoint: fresh.checkpoint }, changed]);
      expect(await verdict(files, fresh.checkpoint.key)).toBe('key-change-signature');
    }
  });

  test('a stolen key does not come back later', async () => {
    const back = await keyChanged({ role: 'record', before: fresh.record, after: old.record });
    const files = await logOf(
      [old, opening, authorised],
      [old, await change('record')],
      [{ ...old, record: fresh.record }, recordBytes('key-changed', back, 5)],
    );
    expect(await verdict(files, old.checkpoint.key)).toBe('key-change-reuses-key');
  });
});
