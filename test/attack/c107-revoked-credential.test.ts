import { describe, expect, test } from 'vitest';
import { recordBytes } from '../support/evidence-log.ts';
import {
  enrolledRecord,
  passkeySigner,
  revokedRecord,
  signedReview,
  sshSigner,
  verdictOnRecords,
} from '../support/signed-reviews.ts';
import { softwarePasskey } from '../support/software-passkey.ts';
import { softwareSshKey } from '../support/software-ssh-key.ts';

/** Dave's key is stolen. It is revoked by a record; the thief signs on. */
const signers = [passkeySigner(softwarePasskey('p384')), sshSigner(softwareSshKey('ssh-rsa'))];

describe('C107 revoked credential', () => {
  test.each(signers)('what it signs after the record that revokes it does not verify', async (signer) => {
    const enrolled = enrolledRecord(signer, 1);
    const review = signedReview({ signer, enrolled, second: 9 });
    expect(await verdictOnRecords([enrolled, revokedRecord(enrolled, 8), review])).toMatchObject({
      ok: false,
      problem: { code: 'credential-revoked', index: 3 },
    });
  });

  test.each(signers)('nor does it through a second enrolment of the same key', async (signer) => {
    const enrolled = enrolledRecord(signer, 1);
    const second = enrolledRecord(signer, 2);
    const review = signedReview({ signer, enrolled: second, second: 9 });
    expect(await verdictOnRecords([enrolled, second, revokedRecord(enrolled, 8), review])).toMatchObject({
      ok: false,
      problem: { code: 'credential-revoked', index: 4 },
    });
  });

  test.each(signers)(
    'a revocation of nothing, which would hide that the right one is missing, is refused',
    async (signer) => {
      const enrolled = enrolledRecord(signer, 1);
      const other = recordBytes('heartbeat', {}, 2);
      expect(await verdictOnRecords([enrolled, other, revokedRecord(other, 8)])).toMatchObject({
        ok: false,
        problem: { code: 'credential-unknown', index: 3 },
      });
    },
  );

  test.each(signers)(
    'honest: what it signed before still verifies, and a new enrolment signs again',
    async (signer) => {
      const enrolled = enrolledRecord(signer, 1);
      const before = signedReview({ signer, enrolled, second: 2 });
      const anew = enrolledRecord(signer, 8);
      const after = signedReview({ signer, enrolled: anew, second: 9 });
      const records = [enrolled, before, revokedRecord(enrolled, 7), anew, after];
      expect(await verdictOnRecords(records)).toMatchObject({ ok: true, size: 6 });
    },
  );
});
