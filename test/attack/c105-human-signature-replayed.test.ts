import { describe, expect, test } from 'vitest';
import {
  EVE,
  enrolledRecord,
  passkeySigner,
  signedReview,
  sshSigner,
  verdictOnRecords,
} from '../support/signed-reviews.ts';
import type { Signer } from '../support/signed-reviews.ts';
import { softwarePasskey } from '../support/software-passkey.ts';
import { softwareSshKey } from '../support/software-ssh-key.ts';

/** A signature that Dave really gave is put under an answer that he did not give. */
const signers: readonly (readonly [string, Signer])[] = [
  ['passkey', passkeySigner(softwarePasskey('p256'))],
  ['SSH key', sshSigner(softwareSshKey('ssh-ed25519'))],
];

describe.each(signers)('C105 a human signature replayed (%s)', (_, signer) => {
  const enrolled = enrolledRecord(signer, 1);

  async function codeOf(...reviews: readonly Uint8Array[]): Promise<unknown> {
    const result = await verdictOnRecords([enrolled, ...reviews]);
    return result.ok ? 'verifies' : { code: result.problem.code, index: result.problem.index };
  }

  test.each([
    ['another request', { requestDigest: 'd'.repeat(64) }],
    ['another verdict', { verdict: 'reject' }],
    ['another reviewer', { reviewer: EVE }],
    ['a reason of somebody else', { reasonCommitment: 'e'.repeat(64) }],
    ['no reviewer', { reviewer: undefined }],
  ])('under %s: refused', async (_name, fields) => {
    const review = signedReview({ signer, enrolled, second: 9, fields });
    expect(await codeOf(review)).toEqual({ code: 'review-statement-differs', index: 2 });
  });

  test('in the log of another repository: refused', async () => {
    const repository = { host: 'github.com', installationId: 12_345, id: 11_111 };
    const review = signedReview({ signer, enrolled, second: 9, statement: { repository } });
    expect(await codeOf(review)).toEqual({ code: 'review-statement-differs', index: 2 });
  });

  test('a second time for the same request, after it was withdrawn: refused', async () => {
    const nonce = '0'.repeat(32);
    const first = signedReview({ signer, enrolled, second: 8, statement: { nonce } });
    const again = signedReview({ signer, enrolled, second: 9, statement: { nonce } });
    expect(await codeOf(first, again)).toEqual({ code: 'nonce-repeated', index: 3 });
  });

  test('with its statement exchanged for one that fits: refused', async () => {
    const other = signedReview({ signer, enrolled, second: 8, statement: { requestDigest: 'd'.repeat(64) } });
    const signature = /"signature": "([^"]+)"/.exec(Buffer.from(other).toString('utf8'))?.[1];
    const review = signedReview({ signer, enrolled, second: 9, human: { signature } });
    expect(await codeOf(review)).toEqual({ code: 'human-signature-wrong', index: 2 });
  });

  test('honest: two answers of one person, each signed for itself, verify', async () => {
    const first = signedReview({ signer, enrolled, second: 8 });
    const second = signedReview({ signer, enrolled, second: 9 });
    expect(await codeOf(first, second)).toBe('verifies');
  });
});
