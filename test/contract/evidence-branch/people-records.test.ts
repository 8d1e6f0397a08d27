import { describe, expect, test } from 'vitest';

import type { EvidenceLog, SealedInput } from '../../../core/ports.ts';
import { Bench } from '../../support/branch-bench.ts';
import { unavailable } from '../../support/branch-simulation.ts';
import type { Interceptor } from '../../support/branch-simulation.ts';
import { keyChanged, ed25519Signer } from '../../support/key-changes.ts';
import { recordBytes } from '../../support/evidence-log.ts';
import {
  EVE,
  enrolledRecord,
  passkeySigner,
  revokedRecord,
  signedReview,
  sshSigner,
} from '../../support/signed-reviews.ts';
import { softwarePasskey } from '../../support/software-passkey.ts';
import { softwareSshKey } from '../../support/software-ssh-key.ts';

/** The writer seals nothing that a verifier would then refuse: the branch could never be mended. */

const passkey = passkeySigner(softwarePasskey('p256'));
const sshKey = sshSigner(softwareSshKey('ssh-ed25519'));
const input = (bytes: Uint8Array): SealedInput => ({ bytes, attachments: [] });
const enrolled = enrolledRecord(passkey, 1);
const review = (second: number, fields: Partial<Parameters<typeof signedReview>[0]> = {}): SealedInput =>
  input(signedReview({ signer: passkey, enrolled, second, ...fields }));

/** GitHub does not even say where the branch is: what is appended stays in the queue. */
const away: Interceptor = async () => {
  await Promise.resolve();
  throw unavailable();
};

async function refuses(bench: Bench, log: EvidenceLog, record: SealedInput, why: RegExp): Promise<void> {
  const before = bench.digests();
  const append = log.append(bench.ref, [record]);
  await expect(append).rejects.toMatchObject({ code: 'ERR_INPUT' });
  await expect(append).rejects.toThrow(why);
  expect(bench.digests()).toEqual(before);
  // And it stands in nobody's way.
  await log.append(bench.ref, [bench.record(99)]);
  expect(await bench.verify()).toMatchObject({ ok: true });
}

async function withEnrolment(): Promise<Bench> {
  const bench = new Bench();
  await bench.writer().append(bench.ref, [input(enrolled)]);
  return bench;
}

describe('a review that a person signed', () => {
  test.each([
    ['a passkey', passkey],
    ['an SSH key', sshKey],
  ])('with %s is sealed once its enrolment is on the branch', async (_what, signer) => {
    const bench = new Bench();
    const log = bench.writer();
    const enrolment = enrolledRecord(signer, 1);
    await log.append(bench.ref, [input(enrolment)]);
    const signed = input(signedReview({ signer, enrolled: enrolment, second: 2 }));
    await log.append(bench.ref, [signed]);
    // Again, by another process: it counts once.
    await bench.writer().append(bench.ref, [signed]);
    expect(bench.kinds()).toEqual(['log-opened', 'credential-enrolled', 'reviewed']);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 3 });
  });

  test.each([
    ['whose enrolment nobody made', review(2, { enrolled: enrolledRecord(passkey, 7) }), /never enrolled/],
    ['by another person', review(2, { reviewer: EVE }), /person|reviewer/],
    ['with another key', review(2, { signer: passkeySigner(softwarePasskey('p256')) }), /does not hold/],
    ['that says something else', review(2, { fields: { verdict: 'reject' } }), /another verdict/],
    ['that claims it and shows none', review(2, { fields: { human: undefined } }), /no signature/],
    ['in a record of another kind', review(2, { kind: 'heartbeat' }), /nothing can show it/],
  ])('%s is refused', async (_what, record, why) => {
    const bench = await withEnrolment();
    await refuses(bench, bench.writer(), record, why);
  });

  test('may wait behind its enrolment in the queue: one batch holds both, in that order', async () => {
    const bench = new Bench();
    await bench.writer().append(bench.ref, [bench.record(1)]);
    await expect(bench.writer({ intercept: away }).append(bench.ref, [input(enrolled)])).rejects.toMatchObject({
      code: 'ERR_FORGE_UNAVAILABLE',
    });
    await bench.writer().append(bench.ref, [review(2)]);
    expect(bench.kinds().slice(2)).toEqual(['credential-enrolled', 'reviewed']);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
  });

  test('is sealed although its revocation came after it and still waits', async () => {
    const bench = await withEnrolment();
    const queue = bench.writer({ intercept: away });
    const signed = review(2);
    for (const record of [signed, input(revokedRecord(enrolled, 3))]) {
      await expect(queue.append(bench.ref, [record])).rejects.toMatchObject({ code: 'ERR_FORGE_UNAVAILABLE' });
    }
    await bench.writer().append(bench.ref, [signed]);
    expect(bench.kinds().slice(2)).toEqual(['reviewed', 'credential-revoked']);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 4 });
  });

  test('C105: whose nonce was used is refused, also where two processes seal it at once', async () => {
    const bench = await withEnrolment();
    const nonce = '0'.repeat(32);
    const twice = [2, 3].map((second) => review(second, { statement: { nonce } }));
    const sealed = await Promise.allSettled(twice.map((record) => bench.writer().append(bench.ref, [record])));
    expect(sealed.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(sealed.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'ERR_INPUT' } });
    expect(await bench.verify()).toMatchObject({ ok: true, size: 3 });
  });

  test('is refused once its credential is revoked', async () => {
    const bench = await withEnrolment();
    const log = bench.writer();
    await log.append(bench.ref, [review(2)]);
    await log.append(bench.ref, [input(revokedRecord(enrolled, 3))]);
    await refuses(bench, log, review(4), /revoked/);
  });

  test('C107: that was good when it came, and gets its place behind the revocation, is never sealed', async () => {
    const bench = await withEnrolment();
    const late = review(4);
    const queue = bench.writer({ intercept: away });
    for (const record of [input(revokedRecord(enrolled, 3)), late]) {
      await expect(queue.append(bench.ref, [record])).rejects.toMatchObject({ code: 'ERR_FORGE_UNAVAILABLE' });
    }
    const log = bench.writer();
    await log.append(bench.ref, [bench.record(5)]);
    expect(bench.kinds().slice(2)).toEqual(['credential-revoked', 'heartbeat']);
    await refuses(bench, log, late, /revoked/);
  });

  test("stands in nobody's way in the queue, however many of them there are", async () => {
    const bench = await withEnrolment();
    const queue = bench.writer({ intercept: away });
    const late = Array.from({ length: 90 }, (_, n) => review(n + 10));
    const all = [input(revokedRecord(enrolled, 3)), ...late];
    await expect(queue.append(bench.ref, all)).rejects.toMatchObject({ code: 'ERR_FORGE_UNAVAILABLE' });
    const log = bench.writer();
    await log.append(bench.ref, [bench.record(5)]);
    await log.append(bench.ref, [bench.record(6)]);
    expect(bench.kinds().slice(2)).toEqual(['credential-revoked', 'heartbeat', 'heartbeat']);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 5 });
  });

  test('keeps its place and its enrolment in a log that continues a rewritten one', async () => {
    const bench = await withEnrolment();
    const log = bench.writer();
    await log.append(bench.ref, [review(2)]);
    bench.repository.point(null);
    bench.repository.foreignCommit({ 'README.md': 'nothing happened' });
    expect(await log.inspect(bench.ref)).toBe('repaired');
    expect(bench.kinds()).toEqual(['log-opened', 'credential-enrolled', 'reviewed', 'drift']);
    expect(await bench.verify(bench.repository.head, 2)).toMatchObject({ ok: true, size: 4 });
    await log.append(bench.ref, [review(5)]);
    expect(await bench.verify(bench.repository.head, 2)).toMatchObject({ ok: true, size: 5 });
    // One that finds the rewriting out itself comes before its enrolment is on the branch again.
    bench.repository.point(null);
    bench.repository.foreignCommit({ 'README.md': 'nothing happened again' });
    await bench.writer().append(bench.ref, [review(6)]);
    expect(await bench.verify(bench.repository.head, 3)).toMatchObject({ ok: true, size: 7 });
  });
});

describe('a credential', () => {
  test('of two people at once is refused, also where both come at once', async () => {
    const bench = new Bench();
    const both = [enrolledRecord(passkey, 1), enrolledRecord(passkey, 2, EVE)];
    const sealed = await Promise.allSettled(both.map((bytes) => bench.writer().append(bench.ref, [input(bytes)])));
    expect(sealed.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 2 });
  });

  test('that nobody enrolled cannot be revoked', async () => {
    const bench = await withEnrolment();
    const unknown = revokedRecord(enrolledRecord(sshKey, 1), 2);
    await refuses(bench, bench.writer(), input(unknown), /not enrolled/);
  });
});

describe('a record', () => {
  test('that the record key is not allowed to sign for its length is refused, with the way out', async () => {
    const bench = new Bench();
    const log = bench.writer({ maxMessageBytes: 4_096 });
    await log.append(bench.ref, [bench.record(1)]);
    const long = bench.record(2, { filler: 'x'.repeat(4_096) });
    await refuses(bench, log, long, /cannot sign \d+ bytes; name large parts by digest \(facts\), or use a P-256 key/);
  });

  test('that another process could sign and this one cannot waits for that one, and nothing waits for it', async () => {
    const bench = new Bench();
    await bench.writer().append(bench.ref, [bench.record(1)]);
    const long = bench.record(2, { filler: 'x'.repeat(4_096) });
    const queue = bench.writer({ holds: 'both', intercept: away });
    await expect(queue.append(bench.ref, [long])).rejects.toMatchObject({ code: 'ERR_FORGE_UNAVAILABLE' });
    await bench.writer({ maxMessageBytes: 4_096 }).append(bench.ref, [bench.record(3)]);
    expect(bench.kinds()).toHaveLength(3);
    await bench.writer({ holds: 'both' }).append(bench.ref, [long]);
    expect(await bench.verify()).toMatchObject({ ok: true, size: 6 });
  });

  test('that changes the keys of the log is not for anybody but the log', async () => {
    const bench = new Bench();
    const origin = bench.origin();
    const fields = await keyChanged({
      role: 'record',
      before: ed25519Signer('record', 1, origin),
      after: ed25519Signer('record', 3, origin),
    });
    const log = bench.writer();
    await log.append(bench.ref, [bench.record(1)]);
    await refuses(bench, log, input(recordBytes('key-changed', fields, 2)), /only the log itself changes its keys/);
  });

  test('of the log going over to a key that signs less than the old one does not come to be', async () => {
    const bench = new Bench();
    await bench.writer().append(bench.ref, [bench.record(1)]);
    const shorter = bench.writer({ holds: 'both', maxMessageBytes: 4_096 });
    await expect(shorter.append(bench.ref, [bench.record(2)])).rejects.toMatchObject({ code: 'ERR_LOG_KEYS' });
    expect(await bench.verify()).toMatchObject({ ok: true, size: 2 });
  });
});
