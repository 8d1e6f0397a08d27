import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { recordKinds } from '../../../core/evidence/kinds.ts';
import { parseRecord } from '../../../core/evidence/parse-record.ts';
import { because } from '../../../core/gate/reasons.ts';
import { requestCode } from '../../../core/gate/request-digest.ts';
import { recordSchemas } from '../../../core/record/schemas.ts';
import { authorisedRecord, releasedPullRequestRecord } from '../../../core/record/release-records.ts';
import {
  baselineRecord,
  endedRecord,
  refusedRecord,
  rejectedRecord,
  requestedRecord,
  reviewedRecord,
} from '../../../core/record/request-records.ts';
import { approval, bob, deployment, DIGEST, HEAD, OTHER_HEAD, POLICY_DIGEST, pullRequest } from '../gate/builders.ts';
import {
  asked,
  authorisation,
  deployed,
  FACTS,
  frame,
  holding,
  judged,
  releasing,
  reviewed,
  samples,
} from './samples.ts';

function read(bytes: Uint8Array) {
  const parsed = parseRecord(bytes);
  if (!parsed.ok) throw new TypeError(parsed.issue);
  return parsed.value;
}

const refusedInput = expect.objectContaining({ code: 'ERR_INPUT' });

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
  const { predicate, attachments } = read(samples.requested);

  test('holds exactly what the request digest is made of, the code, the seats and the decision', () => {
    expect(predicate).toMatchObject({
      requestDigest: DIGEST,
      code: requestCode(DIGEST),
      request: pullRequest,
      policySource: 'repository',
      policyCommit: OTHER_HEAD,
      seats: [{ id: 'maintainers/1', group: 'maintainers', rules: ['prod'] }],
      decision: { kind: 'hold', reason: 'waiting-for-seats' },
    });
  });

  test('names the policy text and the facts that lie beside it', () => {
    expect(attachments.toSorted()).toEqual([`facts/${FACTS}.json`, `policies/${POLICY_DIGEST}.yml`]);
  });

  test('is about the request and the commit', () => {
    expect(JSON.parse(new TextDecoder().decode(samples.requested))).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        { name: 'request', digest: { sha256: DIGEST } },
        { name: 'commit', digest: { gitCommit: HEAD } },
      ],
      predicateType: 'https://countersign.dev/evidence/v1',
    });
  });

  test('says that no policy could be read, and names none', () => {
    const policy = { kind: 'unreadable', detail: 'secret words' } as const;
    const bytes = requestedRecord(frame, {
      ...judged,
      request: { ...pullRequest, policyDigest: 'unreadable' },
      policy,
      decision: holding,
    });
    expect(read(bytes).predicate).toMatchObject({ policyDigest: null, policyCommit: null, policySource: 'unreadable' });
    expect(read(bytes).attachments).toEqual([`facts/${FACTS}.json`]);
  });

  test('says that the policy was invalid', () => {
    const policy = { kind: 'invalid', digest: POLICY_DIGEST, commitSha: HEAD, issues: [] } as const;
    const { predicate: held } = read(requestedRecord(frame, { ...judged, policy, decision: holding }));
    expect(held).toMatchObject({ policyDigest: POLICY_DIGEST, policyCommit: HEAD, policySource: 'invalid' });
  });

  test('keeps the words of the requesting side out and their digest in (invariant 11)', () => {
    const signals = [
      { tier: 'declared', kind: 'trailer', agent: 'claude', where: 'commit 1', value: 'hidden words' },
    ] as const;
    const classification = { class: 'agent', agents: ['claude'], signals } as const;
    const bytes = requestedRecord(frame, { ...judged, classification, decision: holding });
    const text = new TextDecoder().decode(bytes);
    expect(text).not.toContain('hidden words');
    const canonical =
      '[{"agent":"claude","kind":"trailer","tier":"declared","value":"hidden words","where":"commit 1"}]';
    expect(text).toContain(createHash('sha256').update(canonical).digest('hex'));
  });
});

describe('an answer in the log', () => {
  test('keeps the reason as a digest only', () => {
    const text = new TextDecoder().decode(reviewed);
    expect(text).not.toContain('looked at the plan');
    expect(read(reviewed).predicate['reasonDigest']).toBe(
      createHash('sha256').update('looked at the plan').digest('hex'),
    );
  });

  test('without a reason has no digest of one', () => {
    const [judgement] = holding.reviews;
    expect(judgement).toBeUndefined();
    const given = {
      review: approval(bob).review,
      counts: true,
      because: because('review-counts', { login: 'bob', seat: 's/1' }),
    };
    expect(read(reviewedRecord(frame, { ...asked, judgement: given })).predicate).not.toHaveProperty('reasonDigest');
  });

  test('takes a time as GitHub writes it and refuses what is no time', () => {
    const given = (at: string) => ({
      review: approval(bob, { at }).review,
      counts: true,
      because: because('review-counts', { login: 'bob', seat: 's/1' }),
    });
    const record = reviewedRecord(frame, { ...asked, judgement: given('2026-11-21T04:33:12Z') });
    expect(read(record).predicate['givenAt']).toBe('2026-11-21T04:33:12.000Z');
    expect(() => reviewedRecord(frame, { ...asked, judgement: given('yesterday') })).toThrow(refusedInput);
  });

  test('never claims a human signature that the leaf does not hold', () => {
    const judgement = {
      review: approval(bob, { assurance: 'human-signed' }).review,
      counts: true,
      because: because('review-counts', { login: 'bob', seat: 's/1' }),
    };
    expect(() => reviewedRecord(frame, { ...asked, judgement })).toThrow(refusedInput);
  });

  test('that named no request is about the commit alone', () => {
    const record = refusedRecord(frame, {
      requestDigest: null,
      headSha: HEAD,
      review: approval(bob).review,
      because: [because('code-unknown', { login: 'bob' })],
    });
    expect(read(record).predicate).not.toHaveProperty('requestDigest');
    expect(JSON.parse(new TextDecoder().decode(record))).toMatchObject({
      subject: [{ name: 'commit', digest: { gitCommit: HEAD } }],
    });
  });

  test('keeps no mail address and nothing that hides in its reasons', () => {
    const record = refusedRecord(frame, {
      requestDigest: DIGEST,
      headSha: HEAD,
      review: approval(bob).review,
      because: [because('facts-incomplete', { what: 'mail of <eve@example.org>, \u202Edetrever, @bob' })],
    });
    expect(read(record).predicate['because']).toEqual([
      { code: 'facts-incomplete', params: { what: 'mail of <(mail address)>, \\u{202e}detrever, @bob' } },
    ]);
  });
});

describe('what releases', () => {
  test('is authorised only by a decision to release (invariant 1)', () => {
    expect(() => authorisedRecord(frame, { ...authorisation, decision: holding })).toThrow(TypeError);
    const [state] = holding.seats;
    if (state === undefined) throw new TypeError('the honest request has a seat');
    const broken = { ...releasing, seats: [state] };
    expect(() => authorisedRecord(frame, { ...authorisation, decision: broken })).toThrow(TypeError);
  });

  test.each([
    ['longer than ten minutes', 600_001],
    ['no time at all', 0],
    ['a time that is over', -1],
  ])('is never authorised for %s', (_, ms) => {
    expect(() => authorisedRecord(frame, { ...authorisation, notAfterMs: frame.nowMs + ms })).toThrow(refusedInput);
  });

  test('is never authorised without a job, without a seat, or without a policy', () => {
    expect(() => authorisedRecord(frame, { ...authorisation, jobs: [] })).toThrow(refusedInput);
    expect(() => authorisedRecord(frame, { ...authorisation, decision: { ...releasing, seats: [] } })).toThrow(
      refusedInput,
    );
    const request = { ...deployment, policyDigest: 'unreadable' };
    expect(() => authorisedRecord(frame, { ...authorisation, request })).toThrow(refusedInput);
  });

  test('is never authorised with one person in two seats (invariant 7)', () => {
    const [state] = releasing.seats;
    if (state === undefined) throw new TypeError('the honest request has a seat');
    const second = { ...state, seat: { ...state.seat, id: 'sre/1' } };
    const decision = { ...releasing, seats: [state, second] };
    expect(() => authorisedRecord(frame, { ...authorisation, decision })).toThrow(refusedInput);
  });

  test('names for a pull request its seats, and for a deployment its authorisation', () => {
    const record = releasedPullRequestRecord(frame, {
      ...asked,
      request: pullRequest,
      decision: releasing,
      factsDigest: FACTS,
    });
    expect(read(record).predicate).toMatchObject({
      kind: 'released',
      how: 'check',
      number: 7,
      seats: [{ id: 'maintainers/1', reviewer: { id: bob.id, login: 'bob' }, reviewId: 'review:1002' }],
    });
    expect(read(record).predicate).not.toHaveProperty('authorisedDigest');
    expect(read(samples.released).predicate).toMatchObject({ how: 'answered', gate: deployment.gate });
  });

  test('is never a pull request without a decision to release', () => {
    const given = { ...asked, request: pullRequest, decision: holding, factsDigest: FACTS };
    expect(() => releasedPullRequestRecord(frame, given)).toThrow(TypeError);
  });
});

describe('other records', () => {
  test('a baseline says whether the policy declared it', () => {
    expect(read(samples.baseline).predicate).toMatchObject({ source: 'first-deployment', baseSha: null });
    const declared = baselineRecord(frame, { ...deployed, baseSha: OTHER_HEAD });
    expect(read(declared).predicate).toMatchObject({
      source: 'policy',
      baseSha: OTHER_HEAD,
      because: [{ code: 'base-declared' }],
    });
  });

  test('a rejection names who rejected, and is made of nothing else', () => {
    expect(read(samples.rejected).predicate).toMatchObject({ reviewer: { id: bob.id, login: 'bob' } });
    expect(() => rejectedRecord(frame, { ...asked, decision: releasing })).toThrow(TypeError);
  });

  test('a superseded request need not know what replaces it', () => {
    const record = endedRecord(frame, {
      ...asked,
      kind: 'superseded',
      because: [because('request-superseded', { what: 'x' })],
    });
    expect(read(record).predicate).not.toHaveProperty('by');
  });

  test('a repository reference leaves its names out', () => {
    const named = { ...frame, repository: { ...frame.repository, owner: 'acme', name: 'shop' } };
    const record = requestedRecord(named, { ...judged, decision: holding });
    expect(new TextDecoder().decode(record)).toBe(new TextDecoder().decode(samples.requested));
  });
});
