import { describe, expect, test } from 'vitest';
import { recordKinds } from '../../../core/evidence/kinds.ts';
import type { RecordKind } from '../../../core/evidence/kinds.ts';
import { because } from '../../../core/gate/reasons.ts';
import { requestFields } from '../../../core/gate/request-digest.ts';
import { jobFields, jobNameFields, openSeatFields, reasonFields } from '../../../core/record/bounded-lists.ts';
import { credentialEnrolledRecord, keyChangedRecord } from '../../../core/record/key-records.ts';
import { logOpenedRecord } from '../../../core/record/log-records.ts';
import { signedReviewRecord } from '../../../core/record/signed-review-record.ts';
import { deployment } from '../gate/builders.ts';
import { build, frame, predicates, samples, sshSignature, signedReview } from './samples.ts';

/**
 * The largest record of each kind that a large company would see: a matrix of 50 jobs with names of 100 characters, ten
 * seats, twenty reasons, logins of GitHub's full length, a 4,096-bit RSA key.
 */
const KMS_BYTES = 4_000;
const login = 'x'.repeat(39);
const person = { id: 123_456_789, login };
const gate = { runId: 12_345_678_901, attempt: 1, environment: 'production-europe-west-1', opening: 1 };
const jobs = Array.from({ length: 50 }, (_, at) => ({ id: 41_000_000_000 + at, name: `${at} `.padEnd(100, 'n') }));
const names = jobs.map(({ name }) => name);
const path =
  'prompted GitHub Copilot, Claude Code, Cursor and 2 more, as GitHub says (called @copilot on #12345); and by 9 more paths';
const reasons = Array.from({ length: 20 }, () =>
  because('reviewer-is-party', { login, roles: 'author, committer, pusher, sponsor', path }),
);
const seatsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    id: `maintainers/${at + 1}`,
    reviewer: { id: 123_456_789 + at, login: `reviewer-${at}`.padEnd(15, 'x') },
    reviewId: `review:${2_345_678_901 + at}`,
  }));
const openSeats = Array.from({ length: 10 }, (_, at) => ({ id: `maintainers/${at + 1}`, group: 'maintainers' }));
const base64Of = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64');
const vkey = (name: string): string =>
  `github.example.company.example/12345678/123456789/1${name}+0a0b0c0d+${base64Of(92)}`;
const judged = {
  request: requestFields({ ...deployment, gate, jobs: names }, frame.sha256),
  ...jobNameFields(names),
  classification: {
    class: 'agent',
    agents: ['claude', 'codex', 'copilot', 'cursor', 'devin', 'gemini'],
    registry: '2026-11-21.1',
  },
};
const largest: Readonly<Record<RecordKind, Uint8Array>> = {
  ...samples,
  'log-opened': logOpenedRecord(frame, {
    origin: 'github.com/12/34/2',
    generation: 2,
    recordKey: vkey('/record'),
    checkpointKey: vkey(''),
    previous: { origin: 'github.com/12/34/1', size: 1_000_000, root: base64Of(32) },
  }),
  requested: build({
    ...predicates.requested,
    ...judged,
    ...openSeatFields(openSeats),
    decision: { kind: 'hold', reason: 'reviewer-is-party', ...reasonFields(reasons) },
  }),
  passed: build({ ...predicates.passed, ...judged, ...reasonFields(reasons) }),
  baseline: build({ ...predicates.baseline, gate, ...reasonFields(reasons) }),
  reviewed: signedReviewRecord(frame, {
    ...signedReview,
    reviewer: { ...person, type: 'User' },
    reasonCommitment: 'f'.repeat(64),
    // An RSA key of 4,096 bits in the blob and its signature; the statement is 560 bytes.
    human: { ...sshSignature, statement: base64Of(560), signature: base64Of(1_180) },
    // Why a party does not count takes 150 bytes more: with so long a key that record is longer, as docs/evidence-format.md says.
    because: [because('review-in-reserve', { login })],
  }),
  refused: build({ ...predicates.refused, reviewer: person, ...reasonFields(reasons) }),
  authorised: build({ ...predicates.authorised, gate, ...jobFields(jobs, frame.sha256), seats: seatsOf(10) }),
  released: build({
    ...predicates.authorised,
    kind: 'released',
    how: 'check',
    number: 123_456,
    observedAt: predicates.released.observedAt,
    seats: seatsOf(10),
    gate: undefined,
    jobs: undefined,
    jobCount: undefined,
    jobsDigest: undefined,
    notAfter: undefined,
  }),
  void: build({ ...predicates.void, gate, ...reasonFields(reasons) }),
  misapplied: build({ ...predicates.misapplied, gate, ...reasonFields(reasons) }),
  rejected: build({ ...predicates.rejected, reviewer: person, ...reasonFields(reasons) }),
  revoked: build({ ...predicates.revoked, by: person, ...reasonFields(reasons) }),
  bypassed: build({ ...predicates.bypassed, gate, ...jobFields(jobs, frame.sha256), by: person }),
  'break-glass': build({ ...predicates['break-glass'], gate, by: person, rule: 'r'.repeat(200) }),
  outcome: build({ ...predicates.outcome, gate, ...jobFields(jobs, frame.sha256) }),
  'key-changed': keyChangedRecord(frame, {
    role: 'checkpoint',
    before: vkey(''),
    after: vkey(''),
    revokedFrom: 1_000_000,
    signatures: { before: base64Of(72), after: base64Of(72) },
  }),
  'credential-enrolled': credentialEnrolledRecord(frame, {
    reviewer: { ...person, type: 'User' },
    enrolledBy: { ...person, type: 'User' },
    source: 'administrator',
    credential: { format: 'sshsig', sshsig: { publicKey: base64Of(535) } },
  }),
  reconciled: build({ ...predicates.reconciled, gate, ...reasonFields(reasons) }),
};

describe('the size of records', () => {
  test.each(recordKinds)('the largest %s in practice can be signed by a KMS', (kind) => {
    expect(largest[kind].length).toBeLessThanOrEqual(KMS_BYTES);
  });

  test('only seats with their people can make one longer: all of them must stand in what releases', () => {
    const authorised = (seats: number) => build({ ...predicates.authorised, gate, seats: seatsOf(seats) }).length;
    expect(authorised(11)).toBeLessThanOrEqual(KMS_BYTES);
    expect(authorised(20)).toBeGreaterThan(KMS_BYTES);
    // Such a log is signed with P-256, or by a key of its own; a hundred people still fit the format.
    expect(authorised(100)).toBeLessThanOrEqual(65_535);
  });

  test('the longest names that GitHub allows, outside ASCII, are longer than a KMS signs and far from the format’s limit', () => {
    const wide = '字'.repeat(255);
    const cut = Array.from({ length: 256 }, (_, at) => ({ id: 41_000_000_000 + at, name: '字'.repeat(120) }));
    const told = Array.from({ length: 50 }, () => because('denied-by-rule', { rule: wide, text: wide.repeat(2) }));
    const asked = { ...deployment, gate: { ...gate, environment: wide }, jobs: cut.map(({ name }) => name) };
    const record = build({
      ...predicates.requested,
      request: requestFields(asked, frame.sha256),
      ...jobNameFields(asked.jobs),
      ...openSeatFields(
        Array.from({ length: 200 }, (_, at) => ({ id: `${wide.slice(0, 200)}/${at}`, group: wide.slice(0, 200) })),
      ),
      decision: { kind: 'hold', reason: 'denied-by-rule', ...reasonFields(told) },
    });
    expect(record.length).toBeGreaterThan(KMS_BYTES);
    expect(record.length).toBeLessThan(10_000);
  });

  test('lists that others make long are counted, bound by digest, and named as far as they fit', () => {
    const { jobs: first, jobCount, jobsDigest } = jobFields(jobs.toReversed(), frame.sha256);
    expect(first).toEqual(jobs.slice(0, first.length));
    expect([first.length > 0, first.length < 50, jobCount]).toEqual([true, true, 50]);
    expect(jobsDigest).toBe(jobFields(jobs, frame.sha256).jobsDigest);
    const told = reasonFields(reasons);
    expect(told.because.length + (told.moreReasons ?? 0)).toBe(20);
    expect(reasonFields(reasons.slice(0, 1))).toEqual({ because: [reasons[0]] });
    expect(openSeatFields(openSeats)).toMatchObject({ seatCount: 10 });
  });

  test('the first entry is always named, however long it is', () => {
    expect(jobNameFields(['n'.repeat(20_000), 'z']).jobNames).toHaveLength(1);
  });
});
