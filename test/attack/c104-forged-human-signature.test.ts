import { describe, expect, test } from 'vitest';
import { toBase64 } from '../../core/evidence/bytes.ts';
import { recordBytes } from '../support/evidence-log.ts';
import {
  DAVE,
  enrolledRecord,
  EVE,
  passkeySigner,
  REQUEST,
  signedReview,
  sshSigner,
  verdictOnRecords,
} from '../support/signed-reviews.ts';
import { softwarePasskey } from '../support/software-passkey.ts';
import { armour, softwareSshKey } from '../support/software-ssh-key.ts';

/**
 * Whoever runs Countersign, or has broken into it, holds both keys of the log and writes what he likes: records, enrolments
 * of his own, files beside the log. What he lacks is the reviewer's key.
 */
const passkey = passkeySigner(softwarePasskey('p256'));
const sshKey = softwareSshKey('sk-ssh-ed25519@openssh.com');
const dave = enrolledRecord(passkey, 1);
const daveSsh = enrolledRecord(sshSigner(sshKey), 2);
const honest = signedReview({ signer: passkey, enrolled: dave, second: 9 });

/** A review of Dave's that only the App wrote down. */
function claimed(fields: Readonly<Record<string, unknown>>): Uint8Array {
  const answer = { requestDigest: REQUEST, verdict: 'approve', reviewer: DAVE, counts: true };
  return recordBytes('reviewed', { ...answer, assurance: 'human-signed', ...fields }, 9);
}

async function codeOf(review: Uint8Array, files = {}): Promise<unknown> {
  const result = await verdictOnRecords([dave, daveSsh, review], files);
  return result.ok ? 'verifies' : { code: result.problem.code, index: result.problem.index };
}

describe('C104 forged human signature', () => {
  test('a review that only claims to be signed by a person does not verify', async () => {
    expect(await codeOf(claimed({}))).toEqual({ code: 'human-signature-missing', index: 3 });
    expect(await codeOf(claimed({ human: {} }))).toEqual({ code: 'human-signature-malformed', index: 3 });
  });

  test('nor does one that claims it in a place where nobody checks', async () => {
    for (const fields of [
      { assurance: 'signed-in', seats: [{ reviewer: DAVE, assurance: 'human-signed' }] },
      { assurance: 'signed-in', human: { format: 'webauthn' } },
    ]) {
      expect(await codeOf(claimed(fields))).toEqual({ code: 'human-signature-misplaced', index: 3 });
    }
    const release = recordBytes(
      'released',
      { how: 'check', seats: [{ reviewer: DAVE, assurance: 'human-signed' }] },
      9,
    );
    expect(await codeOf(release)).toEqual({ code: 'human-signature-misplaced', index: 3 });
  });

  test("signed by the App's own passkey or SSH key, under the name of Dave's enrolment: refused", async () => {
    const own = passkeySigner(softwarePasskey('p256'));
    const forged = signedReview({ signer: own, enrolled: dave, second: 9 });
    expect(await codeOf(forged)).toEqual({ code: 'human-signature-wrong', index: 3 });
    const ownSsh = softwareSshKey('sk-ssh-ed25519@openssh.com');
    for (const options of [{}, { wire: sshKey.wire }]) {
      const signer = sshSigner(ownSsh, options);
      const forgedSsh = signedReview({ signer, enrolled: daveSsh, second: 9 });
      expect(await codeOf(forgedSsh)).toEqual({ code: 'human-signature-wrong', index: 3 });
    }
  });

  test("signed by Dave's key, but for something else: a login, a file, git, without his touch", async () => {
    const login = { client: { challenge: Buffer.alloc(32, 7).toString('base64url') } };
    const onPhishingSite = { client: { origin: 'https://countersign.example.evil.example' } };
    for (const options of [login, onPhishingSite, { flags: 0x01 }, { rpId: 'evil.example' }]) {
      const stolen = softwarePasskey('p256');
      const record = enrolledRecord(passkeySigner(stolen), 1);
      const review = signedReview({ signer: passkeySigner(stolen, options), enrolled: record, second: 9 });
      const result = await verdictOnRecords([record, review]);
      expect(result).toMatchObject({ ok: false, problem: { code: 'human-signature-wrong', index: 2 } });
    }
    for (const options of [{ namespace: 'git' }, { namespace: 'file' }, { flags: 0 }]) {
      const signer = sshSigner(sshKey, options);
      const review = signedReview({ signer, enrolled: daveSsh, second: 9 });
      expect(await codeOf(review)).toEqual({ code: 'human-signature-wrong', index: 3 });
    }
  });

  test('a good signature that lies beside the log lifts nothing: its path is unknown', async () => {
    const statement = new Uint8Array(8);
    const plain = claimed({ assurance: 'platform-attested' });
    const beside = armour(sshKey.sign(statement));
    expect(await codeOf(plain, { 'signatures/human/000000003.sig': beside })).toMatchObject({ code: 'unknown-path' });
    expect(await codeOf(claimed({}), { 'README.md': beside })).toEqual({ code: 'human-signature-missing', index: 3 });
    const pasted = claimed({ human: { format: 'sshsig', signature: toBase64(sshKey.sign(statement)) } });
    expect(await codeOf(pasted)).toEqual({ code: 'human-signature-malformed', index: 3 });
  });

  test('the credential of another person: refused', async () => {
    const review = signedReview({ signer: passkey, enrolled: dave, second: 9, reviewer: EVE });
    expect(await codeOf(review)).toEqual({ code: 'credential-of-another', index: 3 });
  });

  test('honest: what Dave signed with his passkey or his security key verifies, and so does a plain review', async () => {
    expect(await codeOf(honest)).toBe('verifies');
    expect(await codeOf(signedReview({ signer: sshSigner(sshKey), enrolled: daveSsh, second: 9 }))).toBe('verifies');
    expect(await codeOf(claimed({ assurance: 'platform-attested' }))).toBe('verifies');
  });
});
