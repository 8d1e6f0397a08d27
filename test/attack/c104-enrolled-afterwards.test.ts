import { describe, expect, test } from 'vitest';
import { toHex } from '../../core/evidence/bytes.ts';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { recordBytes } from '../support/evidence-log.ts';
import {
  enrolledRecord,
  EVE,
  passkeySigner,
  signedReview,
  sshSigner,
  verdictOnRecords,
} from '../support/signed-reviews.ts';
import { softwarePasskey } from '../support/software-passkey.ts';
import { softwareSshKey } from '../support/software-ssh-key.ts';

/** A review is sealed first, and the key that signed it is enrolled for its reviewer only then. */
const signers = [passkeySigner(softwarePasskey('ed25519')), sshSigner(softwareSshKey('ecdsa-sha2-nistp256'))];

describe('C104 enrolment after the fact', () => {
  test.each(signers)('a credential that is enrolled at a later leaf signs nothing before it', async (signer) => {
    const enrolled = enrolledRecord(signer, 9);
    const review = signedReview({ signer, enrolled, second: 8 });
    expect(await verdictOnRecords([review, enrolled])).toMatchObject({
      ok: false,
      problem: { code: 'credential-enrolled-later', index: 1 },
    });
  });

  test.each(signers)('one that is never enrolled, or by a record of another kind, signs nothing', async (signer) => {
    const enrolled = enrolledRecord(signer, 1);
    const review = signedReview({ signer, enrolled, second: 9 });
    expect(await verdictOnRecords([review])).toMatchObject({ ok: false, problem: { code: 'credential-unknown' } });
    const disguised = recordBytes('heartbeat', { ...signer.credential, reviewer: { id: 1_004, login: 'dave' } }, 1);
    const enrolledDigest = toHex(sha256(disguised));
    const named = signedReview({ signer, enrolled, second: 9, human: { enrolledDigest } });
    expect(await verdictOnRecords([disguised, named])).toMatchObject({
      ok: false,
      problem: { code: 'credential-unknown', index: 2 },
    });
  });

  test.each(signers)('a key that is in force for one person is not enrolled for another as well', async (signer) => {
    const enrolled = enrolledRecord(signer, 1);
    expect(await verdictOnRecords([enrolled, enrolledRecord(signer, 2, EVE)])).toMatchObject({
      ok: false,
      problem: { code: 'credential-shared', index: 2 },
    });
  });

  test.each(signers)('honest: enrolled first, at the leaf just before it', async (signer) => {
    const enrolled = enrolledRecord(signer, 8);
    const review = signedReview({ signer, enrolled, second: 9 });
    expect(await verdictOnRecords([enrolled, review])).toMatchObject({ ok: true });
  });
});
