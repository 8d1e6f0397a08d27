import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, sha512, verify } from '../../../adapters/signing/node-crypto.ts';
import { fromBase64, toBase64, toHex, utf8 } from '../../../core/evidence/bytes.ts';
import {
  buildEnrolments,
  checkHumanSignature,
  claimsHumanSignature,
} from '../../../core/evidence/people/human-signature.ts';
import type { Enrolment } from '../../../core/evidence/people/enrolment.ts';
import type { LocatedRecord } from '../../../core/evidence/records/located-record.ts';
import { isObject } from '../../../core/evidence/strict-json.ts';
import { recordSchemas } from '../../../core/record/schemas.ts';
import { recordBytes, sampleRepository } from '../../support/evidence-log.ts';
import {
  DAVE,
  enrolledRecord,
  EVE,
  located,
  passkeySigner,
  revokedRecord,
  signedReview,
  sshSigner,
} from '../../support/signed-reviews.ts';
import type { ReviewOptions, Signer } from '../../support/signed-reviews.ts';
import { softwarePasskey } from '../../support/software-passkey.ts';
import { softwareSshKey, SSH_KEY_TYPES } from '../../support/software-ssh-key.ts';

/** The log of these tests: enrolments and revocations from leaf 1 on, the review at leaf 100. */
const REVIEW_INDEX = 100;

const passkey = passkeySigner(softwarePasskey('p256'));
const sshKey = sshSigner(softwareSshKey('sk-ssh-ed25519@openssh.com'));
const signers: readonly (readonly [string, Signer])[] = [
  ...(['ed25519', 'ed448', 'p256', 'p384', 'p521', 'rs256'] as const).map(
    (algorithm) => [`a passkey (${algorithm})`, passkeySigner(softwarePasskey(algorithm))] as const,
  ),
  ...SSH_KEY_TYPES.map((type) => [`an SSH key (${type})`, sshSigner(softwareSshKey(type))] as const),
];
const both: readonly (readonly [string, Signer])[] = [
  ['passkey', passkey],
  ['SSH key', sshKey],
];

function register(records: readonly Uint8Array[]) {
  return buildEnrolments(
    records.map((bytes, at) => located(bytes, at + 1)),
    sha256,
  );
}

function registered(records: readonly Uint8Array[]): ReadonlyMap<string, Enrolment> {
  const enrolments = register(records);
  if ('code' in enrolments) throw new TypeError(enrolments.message);
  return enrolments;
}

function check(review: Uint8Array, enrolments: ReadonlyMap<string, Enrolment>, index = REVIEW_INDEX) {
  const { record } = located(review, index);
  expect(claimsHumanSignature(record)).toBe(true);
  return checkHumanSignature(record, index, enrolments, { sha256, sha512, verify });
}

/** What is said of a review by Dave, who enrolled this signer at leaf 1. */
function verdictOn(signer: Signer, options: Partial<ReviewOptions> = {}) {
  const enrolled = enrolledRecord(signer, 1);
  return check(signedReview({ signer, enrolled, second: 9, ...options }), registered([enrolled]));
}

describe('a review that says human-signed', () => {
  test.each(signers)('signed by %s verifies, and its nonce is told', async (_, signer) => {
    const nonce = toHex(sha256(utf8('nonce 9'))).slice(0, 32);
    expect(await verdictOn(signer)).toEqual({ nonce });
    const rejection = { statement: { verdict: 'reject' }, fields: { verdict: 'reject' } } as const;
    expect(await verdictOn(signer, rejection)).toEqual({ nonce });
    const reasonCommitment = 'c'.repeat(64);
    const withReason = { statement: { reasonCommitment }, fields: { reasonCommitment } };
    expect(await verdictOn(signer, withReason)).toEqual({ nonce });
    expect(await verdictOn(signer, { kind: 'refused', fields: { counts: undefined } })).toEqual({ nonce });
  });

  test.each(both)('is one that the writer may write: %s', (_, signer) => {
    const enrolled = enrolledRecord(signer, 1);
    const review = signedReview({ signer, enrolled, second: 9 });
    for (const [bytes, schema] of [
      [enrolled, recordSchemas['credential-enrolled']],
      [revokedRecord(enrolled, 2), recordSchemas['credential-revoked']],
      [review, recordSchemas.reviewed],
    ] as const) {
      expect(schema.safeParse(located(bytes, 1).record.predicate).error?.issues).toBeUndefined();
    }
  });

  test.each<[string, Partial<ReviewOptions>, string]>([
    [
      'of another repository',
      { statement: { repository: { ...sampleRepository, id: 1 } } },
      'review-statement-differs',
    ],
    [
      'of another host',
      { statement: { repository: { ...sampleRepository, host: 'ghe.example' } } },
      'review-statement-differs',
    ],
    [
      'of another installation',
      { statement: { repository: { ...sampleRepository, installationId: 1 } } },
      'review-statement-differs',
    ],
    ['of another request', { statement: { requestDigest: 'd'.repeat(64) } }, 'review-statement-differs'],
    ['of the other verdict', { statement: { verdict: 'reject' } }, 'review-statement-differs'],
    ['of another reviewer', { statement: { reviewerId: EVE.id } }, 'review-statement-differs'],
    ['with a reason that was not signed', { fields: { reasonCommitment: 'c'.repeat(64) } }, 'review-statement-differs'],
    [
      'without the reason that was signed',
      { statement: { reasonCommitment: 'c'.repeat(64) } },
      'review-statement-differs',
    ],
    ['for no request', { fields: { requestDigest: undefined } }, 'review-statement-differs'],
    ['by nobody', { fields: { reviewer: undefined } }, 'review-statement-differs'],
    ['over something else', { signed: utf8('hello\n') }, 'review-statement-malformed'],
    ['over nothing', { signed: new Uint8Array() }, 'review-statement-malformed'],
    ['without a signature', { fields: { human: undefined } }, 'human-signature-missing'],
    ['with a signature that is null', { fields: { human: null } }, 'human-signature-malformed'],
    ['with a list of signatures', { fields: { human: [] } }, 'human-signature-malformed'],
    ['with a signature that it does not claim', { fields: { assurance: 'signed-in' } }, 'human-signature-misplaced'],
    ['with a signature and no assurance', { fields: { assurance: undefined } }, 'human-signature-misplaced'],
    ['in a release', { kind: 'released' }, 'human-signature-misplaced'],
    ['in a rejection', { kind: 'rejected' }, 'human-signature-misplaced'],
    [
      'and says so of a seat as well',
      { fields: { seats: [{ assurance: 'human-signed' }] } },
      'human-signature-misplaced',
    ],
    ['without its statement', { human: { statement: undefined } }, 'human-signature-malformed'],
    ['with a member that nobody knows', { human: { also: 'AA==' } }, 'human-signature-malformed'],
    ['with a number for a signature', { human: { signature: 7 } }, 'human-signature-malformed'],
    ['with base64 of the other alphabet', { human: { signature: '-_-_' } }, 'human-signature-malformed'],
    ['of no format', { human: { format: 'gpg' } }, 'human-signature-malformed'],
    ['of an unknown credential', { human: { enrolledDigest: 'e'.repeat(64) } }, 'credential-unknown'],
    ['of a credential by a number', { human: { enrolledDigest: 1 } }, 'human-signature-malformed'],
    ['with an empty signature', { human: { signature: '' } }, 'human-signature-wrong'],
  ])('%s is refused with a code of its own', async (_, options, code) => {
    for (const [, signer] of both) {
      expect(await verdictOn(signer, options)).toMatchObject({ code, message: expect.stringMatching(/\w \w/) });
    }
  });

  test('signed in one format with a credential of the other is refused', async () => {
    for (const [signer, other] of [
      [passkey, sshKey],
      [sshKey, passkey],
    ] as const) {
      const enrolled = enrolledRecord(other, 1);
      const review = signedReview({ signer, enrolled, second: 9 });
      expect(await check(review, registered([enrolled]))).toMatchObject({ code: 'human-signature-wrong' });
    }
  });

  test.each(both)('signed by another key of the same kind is refused: %s', async (_, signer) => {
    const enrolled = enrolledRecord(signer, 1);
    const stranger =
      signer === passkey ? passkeySigner(softwarePasskey('p256')) : sshSigner(softwareSshKey('ssh-ed25519'));
    const review = signedReview({ signer: stranger, enrolled, second: 9 });
    expect(await check(review, registered([enrolled]))).toMatchObject({ code: 'human-signature-wrong' });
  });

  test.each(both)('any byte of what was signed or of its signature changed is refused: %s', async (_, signer) => {
    const enrolled = enrolledRecord(signer, 1);
    const enrolments = registered([enrolled]);
    const human = located(signedReview({ signer, enrolled, second: 9 }), 1).record.predicate['human'];
    const parts = Object.entries(isObject(human) ? human : {}).flatMap(([name, value]) => {
      const bytes =
        typeof value === 'string' && name !== 'format' && name !== 'enrolledDigest' ? fromBase64(value) : null;
      return bytes === null ? [] : [{ name, bytes }];
    });
    expect(parts.length).toBe(signer === passkey ? 4 : 2);
    const part = fc.constantFrom(...parts);
    await fc.assert(
      fc.asyncProperty(part, fc.nat(), fc.integer({ min: 1, max: 255 }), async ({ name, bytes }, position, change) => {
        const at = position % bytes.length;
        const changed = {
          ...(isObject(human) ? human : {}),
          [name]: toBase64(bytes.with(at, (bytes[at] ?? 0) ^ change)),
        };
        const review = signedReview({ signer, enrolled, second: 9, fields: { human: changed } });
        expect(await check(review, enrolments)).toHaveProperty('code');
      }),
      { numRuns: 300 },
    );
  });
});

describe('hostile records', () => {
  const enrolled = located(enrolledRecord(passkey, 1), 1);
  const review = located(signedReview({ signer: passkey, enrolled: enrolled.bytes, second: 9 }), REVIEW_INDEX);
  const enrolments = registered([enrolled.bytes]);

  function withField({ record, ...rest }: LocatedRecord, name: string, value: unknown): LocatedRecord {
    return { ...rest, record: { ...record, predicate: { ...record.predicate, [name]: value } } };
  }

  test.each(['human', 'reviewer', 'requestDigest', 'verdict', 'assurance'])(
    'with anything at all in "%s" are refused and never crash',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (value) => {
          const { record } = withField(review, name, value);
          const said = await checkHumanSignature(record, REVIEW_INDEX, enrolments, { sha256, sha512, verify });
          expect(said).toHaveProperty('code');
        }),
        { numRuns: 200 },
      );
    },
  );

  test.each(['reviewer', 'format', 'webauthn', 'sshsig'])(
    'with anything at all in "%s" enrol nobody and never crash',
    (name) => {
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          expect(buildEnrolments([withField(enrolled, name, value)], sha256)).toHaveProperty('code');
        }),
        { numRuns: 200 },
      );
    },
  );
});

describe('what claims a human signature', () => {
  test.each<[boolean, string, Record<string, unknown>]>([
    [true, 'the assurance of the record', { assurance: 'human-signed' }],
    [true, 'an assurance deep in it', { request: { reviews: [{ assurance: 'human-signed' }] } }],
    [true, 'a human field', { human: {} }],
    [true, 'a human field that is null', { human: null }],
    [false, 'a lower assurance', { assurance: 'signed-in', reviewer: DAVE }],
    [false, 'the words somewhere else', { note: 'human-signed', because: ['human-signed'] }],
  ])('%s: %s', (claims, _, fields) => {
    expect(claimsHumanSignature(located(recordBytes('reviewed', fields, 1), 1).record)).toBe(claims);
  });
});

describe('enrolments', () => {
  const enrolled = enrolledRecord(passkey, 1);
  const review = signedReview({ signer: passkey, enrolled, second: 9 });

  test('count from the leaf after their own, until the leaf that revokes them', async () => {
    const enrolments = registered([enrolled, revokedRecord(enrolled, 3)]);
    expect(await check(review, enrolments, 0)).toMatchObject({ code: 'credential-enrolled-later' });
    expect(await check(review, enrolments, 1)).toMatchObject({ code: 'credential-enrolled-later' });
    expect(await check(review, registered([enrolled]), 2)).toHaveProperty('nonce');
    expect(await check(review, enrolments, 2)).toHaveProperty('nonce');
    expect(await check(review, enrolments, 3)).toMatchObject({ code: 'credential-revoked' });
  });

  test('hold for one person', async () => {
    const ofEve = enrolledRecord(passkey, 1, EVE);
    const byDave = signedReview({ signer: passkey, enrolled: ofEve, second: 9 });
    expect(await check(byDave, registered([ofEve]))).toMatchObject({ code: 'credential-of-another' });
  });

  test.each(both)('of one key for two people are refused: %s', (_, signer) => {
    const first = enrolledRecord(signer, 1);
    const second = enrolledRecord(signer, 3, EVE);
    expect(register([first, second])).toMatchObject({ code: 'credential-shared', index: 2 });
    expect(register([first, revokedRecord(first, 2), second])).toBeInstanceOf(Map);
    expect(register([first, enrolledRecord(signer, 3)])).toBeInstanceOf(Map);
  });

  test('a revocation ends every enrolment of the key, and a later one begins anew', async () => {
    const again = enrolledRecord(passkey, 2);
    const anew = enrolledRecord(passkey, 4);
    const enrolments = registered([enrolled, again, revokedRecord(enrolled, 3), anew]);
    const reviewBy = (record: Uint8Array) => signedReview({ signer: passkey, enrolled: record, second: 9 });
    expect(await check(reviewBy(enrolled), enrolments)).toMatchObject({ code: 'credential-revoked' });
    expect(await check(reviewBy(again), enrolments)).toMatchObject({ code: 'credential-revoked' });
    expect(await check(reviewBy(anew), enrolments)).toHaveProperty('nonce');
  });

  test('a revocation twice changes nothing; one of nothing is refused', () => {
    const revocations = [revokedRecord(enrolled, 2), revokedRecord(enrolled, 3)];
    expect([...registered([enrolled, ...revocations]).values()]).toMatchObject([{ revokedAt: 2 }]);
    expect(register([revokedRecord(enrolled, 2)])).toMatchObject({ code: 'credential-unknown', index: 1 });
    expect(register([revokedRecord(enrolled, 2), enrolled])).toMatchObject({ code: 'credential-unknown', index: 1 });
    const nameless = recordBytes('credential-revoked', { because: [] }, 2);
    expect(register([enrolled, nameless])).toMatchObject({ code: 'credential-unknown', index: 2 });
  });

  const webauthn = passkey.credential['webauthn'];
  const other = (fields: Record<string, unknown>) => ({
    webauthn: { ...(isObject(webauthn) ? webauthn : {}), ...fields },
  });

  test.each<[string, Record<string, unknown>]>([
    ['no reviewer', { reviewer: undefined }],
    ['a reviewer without an id', { reviewer: { login: 'dave' } }],
    ['a reviewer whose id is text', { reviewer: { id: '1004', login: 'dave' } }],
    ['no format', { format: undefined }],
    ['another format', { format: 'gpg' }],
    ['both credentials', { sshsig: sshKey.credential['sshsig'] }],
    ['the credential of the other format', { format: 'sshsig' }],
    ['no credential', { webauthn: undefined }],
    ['an unknown algorithm', other({ algorithm: 'none' })],
    ['the name of another algorithm', other({ algorithm: 'p384' })],
    ['a key that is not base64', other({ publicKey: '?' })],
    ['a key that is cut', other({ publicKey: 'MFkwEw==' })],
    ['no relying party', other({ rpId: '' })],
    ['no origins', other({ origins: [] })],
    ['too many origins', other({ origins: Array.from({ length: 11 }, () => 'https://countersign.example') })],
    ['an origin that is no text', other({ origins: [7] })],
    ['one origin outside a list', other({ origins: 'https://countersign.example' })],
    ['an SSH key of no known type', { webauthn: undefined, format: 'sshsig', sshsig: { publicKey: 'AAAA' } }],
    ['an SSH key that is missing', { webauthn: undefined, format: 'sshsig', sshsig: {} }],
  ])('with %s are refused', (_, fields) => {
    expect(register([enrolledRecord(passkey, 1, DAVE, fields)])).toMatchObject({
      code: 'credential-malformed',
      index: 1,
      path: expect.stringContaining('credential-enrolled'),
    });
  });

  test('of one key by the ten thousand are read in no time, and all of them end with it', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => enrolledRecord(sshKey, at));
    const enrolments = registered([...many, revokedRecord(enrolledRecord(sshKey, 7), 20_001)]);
    expect(new Set([...enrolments.values()].map(({ revokedAt }) => revokedAt))).toEqual(new Set([20_001]));
    expect(register([...many, enrolledRecord(sshKey, 20_002, EVE)])).toMatchObject({ code: 'credential-shared' });
  });

  test('are plain data, which survives the way to a worker thread', async () => {
    const enrolments = structuredClone(registered([enrolled]));
    expect(await check(review, enrolments)).toHaveProperty('nonce');
  });
});
