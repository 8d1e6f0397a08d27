import { describe, expect, test } from 'vitest';
import { recordKinds } from '../../../core/evidence/kinds.ts';
import { parseRecord } from '../../../core/evidence/records/parse-record.ts';
import { requestFields } from '../../../core/gate/request-digest.ts';
import { credentialEnrolledRecord } from '../../../core/record/key-records.ts';
import { expungedRecord, logOpenedRecord, repairedRecord } from '../../../core/record/log-records.ts';
import { recordSchemas } from '../../../core/record/schemas.ts';
import { signedReviewRecord } from '../../../core/record/signed-review-record.ts';
import { bob, deployment, DIGEST, HEAD, POLICY_DIGEST } from '../gate/builders.ts';
import {
  build,
  FACTS,
  frame,
  predicates,
  RELEASED,
  reviewer,
  samples,
  signedReview,
  passkeySignature,
  sshKey,
  sshSignature,
} from './samples.ts';

function read(bytes: Uint8Array) {
  const parsed = parseRecord(bytes);
  if (!parsed.ok) throw new TypeError(parsed.issue);
  return parsed.value;
}

const refusedInput = expect.objectContaining({ code: 'ERR_INPUT' });
const { requested, reviewed, refused, authorised, released, bypassed, revoked } = predicates;

describe('every kind of record', () => {
  test.each(recordKinds)('%s is read back by the verifier’s own parser, with its head', (kind) => {
    const record = read(samples[kind]);
    expect(record.kind).toBe(kind);
    expect(record.at).toBe('2026-11-21T04:33:12.123Z');
    expect(record.repository).toEqual({ host: 'github.com', installationId: 12, id: 34 });
    expect(Object.keys(record.predicate).slice(0, 3)).toEqual(['kind', 'at', 'repository']);
  });

  test.each(recordKinds)('%s fits its schema and is printed again as the same bytes', (kind) => {
    const text = new TextDecoder().decode(samples[kind]);
    expect(`${JSON.stringify(JSON.parse(text), null, 2)}\n`).toBe(text);
    const { predicate } = read(samples[kind]);
    expect(recordSchemas[kind].safeParse(predicate)).toMatchObject({ success: true, data: predicate });
    expect(build(predicate).length).toBeGreaterThan(0);
  });

  test.each(recordKinds)('%s takes no field that the schema does not name', (kind) => {
    const { predicate } = read(samples[kind]);
    expect(recordSchemas[kind].safeParse({ ...predicate, note: 'more' }).success).toBe(false);
  });

  test('and no other has a schema', () => {
    expect(Object.keys(recordSchemas).toSorted()).toEqual(recordKinds.toSorted());
  });
});

describe('a requested record', () => {
  test('names the policy text and the facts that lie beside it', () => {
    expect(read(samples.requested).attachments.toSorted()).toEqual([
      `facts/${FACTS}.json`,
      `policies/${POLICY_DIGEST}.yml`,
    ]);
  });

  test('says that no policy could be read, and names none', () => {
    const record = build({
      ...requested,
      request: { ...requested.request, policyDigest: 'unreadable' },
      policyDigest: null,
      policyCommit: null,
      policySource: 'unreadable',
    });
    expect(read(record).attachments).toEqual([`facts/${FACTS}.json`]);
  });

  test('is of a deployment as well as of a pull request', () => {
    const request = requestFields(deployment, frame.sha256);
    expect(read(build({ ...requested, request })).predicate['request']).toEqual(request);
  });

  test.each([
    [
      'the words of the requesting side',
      { classification: { ...requested.classification, signals: ['hidden words'] } },
    ],
    ['a code that nobody can type', { code: 'UUUUUUUU' }],
    ['a request of an unknown kind', { request: { ...requested.request, kind: 'command' } }],
    ['a request with one field more', { request: { ...requested.request, owner: 'acme' } }],
    ['a reason that is not in the registry', { decision: { ...requested.decision, reason: 'made-up' } }],
  ])('never holds %s', (_, change) => {
    expect(() => build({ ...requested, ...change })).toThrow(refusedInput);
  });
});

describe('an answer in the log', () => {
  test('may have come without a reason and for no known request', () => {
    const { requestDigest, reasonCommitment, ...unknown } = refused;
    expect([requestDigest, reasonCommitment]).toEqual([DIGEST, FACTS]);
    expect(read(build(unknown)).predicate).not.toHaveProperty('requestDigest');
  });

  test.each([
    ['a reason in clear', { reason: 'looked at it' }],
    ['an answer on an unknown way', { channel: 'mail' }],
    ['a reviewer by login alone', { reviewer: { login: 'bob' } }],
    ['a bound field that no channel has', { bound: { planDigest: FACTS } }],
    ['no reason why it counts', { because: [] }],
  ])('is never %s', (_, change) => {
    expect(() => build({ ...reviewed, ...change })).toThrow(refusedInput);
    expect(() => build({ ...refused, ...change })).toThrow(refusedInput);
  });

  test('keeps no mail address and nothing that hides or floods in its reasons', () => {
    const because = (what: string) => [{ code: 'facts-incomplete', params: { what } }];
    const shown = (what: string) => read(build({ ...refused, because: because(what) })).predicate['because'];
    expect(shown('mail of <eve@example.org>, \u202Edetrever, @bob')).toEqual(
      because('mail of <(mail address)>, \\u{202e}detrever, @bob'),
    );
    expect(shown('x'.repeat(100_000))).toEqual(because(`${'x'.repeat(260)}… (99740 more characters)`));
  });
});

describe('a signature of a person', () => {
  test.each([
    ['a passkey', passkeySignature],
    ['an SSH key', sshSignature],
  ])('made with %s stands in the record that claims it', (_, human) => {
    const { predicate } = read(signedReviewRecord(frame, { ...signedReview, human }));
    expect(predicate).toMatchObject({ kind: 'reviewed', assurance: 'human-signed', human });
    const { counts, ...answer } = predicate;
    expect(counts).toBe(true);
    expect(read(build({ ...answer, kind: 'refused' })).predicate).toMatchObject({ assurance: 'human-signed', human });
  });

  const signed = read(signedReviewRecord(frame, signedReview)).predicate;

  test.each([
    ['claimed without it', { ...signed, human: undefined }],
    ['carried without the claim', { ...signed, assurance: 'signed-in' }],
    ['carried by a record that no person answers with', { ...released, human: signed['human'] }],
    ['of a passkey without what the browser signed', { ...signed, human: { ...sshSignature, format: 'webauthn' } }],
    ['of an SSH key with fields of a passkey', { ...signed, human: { ...passkeySignature, format: 'sshsig' } }],
    ['in another alphabet', { ...signed, human: { ...sshSignature, signature: '_-8=' } }],
    ['of a statement that nobody could read', { ...signed, human: { ...sshSignature, statement: 'A'.repeat(1_404) } }],
    ['for no request', { ...signed, requestDigest: undefined }],
  ])('is never %s', (_, predicate) => {
    expect(() => build(predicate)).toThrow(refusedInput);
  });

  test('comes from a key that one record enrols in one format', () => {
    const enrolled = { reviewer: bob, enrolledBy: bob, source: 'github-signing-key' } as const;
    const { predicate } = read(credentialEnrolledRecord(frame, { ...enrolled, credential: sshKey }));
    expect(predicate).toMatchObject({ format: 'sshsig', source: 'github-signing-key' });
    expect(() => build({ ...predicate, format: 'webauthn' })).toThrow(refusedInput);
    expect(() => build({ ...read(samples['credential-enrolled']).predicate, ...sshKey })).toThrow(refusedInput);
  });
});

describe('expunging', () => {
  test('needs two people, whatever the second one is called', () => {
    const given = {
      expungedDigest: FACTS,
      by: bob,
      because: [{ code: 'erasure-requested', params: { what: 'a person' } }],
    } as const;
    expect(() => expungedRecord(frame, { ...given, approvedBy: { ...bob, login: 'carol' } })).toThrow(refusedInput);
  });

  test('does not name the file as one that must be there', () => {
    expect(read(samples.expunged).attachments).toEqual([]);
  });
});

describe('what releases', () => {
  test.each([
    ['for longer than ten minutes', { notAfter: '2026-11-21T04:43:12.124Z' }],
    ['for no time at all', { notAfter: authorised.at }],
    ['for a time that is over', { notAfter: '2026-11-21T04:33:12.122Z' }],
    ['for no job', { jobs: [] }],
    ['without a seat', { seats: [] }],
    ['with an open seat', { seats: [{ id: 'maintainers/1', reviewer: null, reviewId: null }] }],
    ['by a policy that could not be read', { policyDigest: 'unreadable' }],
    ['without a gate', { gate: null }],
  ])('is never authorised %s (invariant 1)', (_, change) => {
    expect(() => build({ ...authorised, ...change })).toThrow(refusedInput);
  });

  test('is never authorised with one person in two seats, in whatever casing, nor with a seat twice (invariant 7)', () => {
    const [seat] = authorised.seats;
    if (seat === undefined) throw new TypeError('the honest authorisation has a seat');
    const again = { ...seat, id: 'sre/1', reviewer: { id: seat.reviewer.id, login: 'BOB' }, reviewId: 'comment:1' };
    const other = { ...seat, reviewer: { id: 1003, login: 'carol' } };
    expect(() => build({ ...authorised, seats: [seat, again] })).toThrow(refusedInput);
    expect(() => build({ ...authorised, seats: [seat, other] })).toThrow(refusedInput);
    expect(() => build({ ...authorised, seats: [seat, { ...other, id: 'sre/1' }] })).not.toThrow();
  });

  const check = {
    kind: 'released',
    how: 'check',
    at: released.at,
    repository: released.repository,
    requestDigest: DIGEST,
    number: 7,
    headSha: HEAD,
    seats: authorised.seats,
    policyDigest: POLICY_DIGEST,
    factsDigest: FACTS,
    observedAt: released.at,
  };

  test('names for a pull request its seats, and for a deployment its authorisation', () => {
    expect(read(build(check)).predicate).not.toHaveProperty('authorisedDigest');
    expect(read(build({ ...released, how: 'observed' })).predicate).toMatchObject({ gate: deployment.gate });
  });

  test('is never a deployment without its authorisation, nor a pull request without seats', () => {
    const { authorisedDigest, ...unauthorised } = released;
    expect(() => build(unauthorised)).toThrow(refusedInput);
    expect(() => build({ ...released, how: 'check' })).toThrow(refusedInput);
    expect(() => build({ ...check, seats: [] })).toThrow(refusedInput);
    expect(() => build({ ...check, how: 'answered', authorisedDigest })).toThrow(refusedInput);
  });
});

describe('other records', () => {
  test('a bypass is of a gate or of a pull request, never of both or of neither', () => {
    const { gate, ...merged } = bypassed;
    expect(() => build({ ...merged, pullRequest: 7, jobs: [] })).not.toThrow();
    expect(() => build({ ...merged, pullRequest: 7, gate })).toThrow(refusedInput);
    expect(() => build(merged)).toThrow(refusedInput);
  });

  test('a revocation need not know who caused it', () => {
    const { by, ...unknown } = revoked;
    expect(by).toEqual(reviewer);
    expect(read(build(unknown)).predicate['releasedDigest']).toBe(RELEASED);
  });

  test('a repair of a branch that was gone names no head that was found', () => {
    const because = [{ code: 'evidence-repaired', params: { what: 'it was deleted' } }] as const;
    const record = repairedRecord(frame, { expectedHead: HEAD, foundHead: null, by: null, because });
    expect(read(record).predicate).toMatchObject({ expectedHead: HEAD });
    expect(read(record).predicate).not.toHaveProperty('foundHead');
  });

  test('a log that continues another one names its last checkpoint', () => {
    const previous = { origin: 'github.com/12/34/1', size: 9, root: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=' };
    const record = logOpenedRecord(frame, {
      origin: 'github.com/12/34/2',
      generation: 2,
      recordKey: 'github.com/12/34/2/record+0a0b0c0d+AAAA',
      checkpointKey: 'github.com/12/34/2+0a0b0c0d+AAAA',
      previous,
    });
    expect(read(record).predicate['log']).toMatchObject({ format: 1, generation: 2, previous });
  });
});
