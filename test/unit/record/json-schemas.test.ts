import { describe, expect, test } from 'vitest';
import { recordKinds } from '../../../core/evidence/kinds.ts';
import { jsonSchemas } from '../../../core/record/json-schemas.ts';
import { signedReviewRecord } from '../../../core/record/signed-review-record.ts';
import { schemaFiles, schemaIssue } from '../../support/record-schemas.ts';
import { build, frame, passkeySignature, predicates, samples, signedReview, sshSignature } from './samples.ts';

const parse = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
const predicateOf = (bytes: Uint8Array): object => {
  const { predicate }: { predicate: object } = JSON.parse(new TextDecoder().decode(bytes));
  return predicate;
};

describe('the JSON Schemas in docs/schemas', () => {
  test('are what `node docs/schemas/generate.ts` writes, one for each kind and one for the statement', () => {
    expect([...schemaFiles.keys()].toSorted()).toEqual(
      [...recordKinds, 'statement'].map((k) => `${k}.json`).toSorted(),
    );
    for (const [name, text] of jsonSchemas()) expect(schemaFiles.get(name), name).toBe(text);
  });

  test('are of draft 2020-12 and versioned', () => {
    for (const [name, text] of schemaFiles) {
      expect(JSON.parse(text)).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: `https://countersign.dev/evidence/v1/${name}`,
      });
    }
  });

  test.each(recordKinds)('take an honest %s, and its predicate with the schema of its own', (kind) => {
    expect(schemaIssue('statement', parse(samples[kind]))).toBeNull();
    expect(schemaIssue(kind, predicateOf(samples[kind]))).toBeNull();
  });

  test.each([
    ['a passkey', passkeySignature],
    ['an SSH key', sshSignature],
  ])('take a review signed with %s', (_, human) => {
    expect(schemaIssue('statement', parse(signedReviewRecord(frame, { ...signedReview, human })))).toBeNull();
  });

  test.each(recordKinds)('refuse a %s with a field more, with one less, of another kind, at no time', (kind) => {
    const predicate = predicateOf(samples[kind]);
    const { at, ...timeless }: { at?: string } = { ...predicate };
    expect(at).toBeDefined();
    for (const wrong of [
      { ...predicate, note: 'more' },
      timeless,
      { ...predicate, kind: 'approved' },
      { ...predicate, at: 'yesterday' },
      { ...predicate, repository: { host: 'github.com', installationId: 12, id: 2 ** 53 } },
    ]) {
      expect(schemaIssue(kind, wrong), JSON.stringify(wrong)).not.toBeNull();
    }
  });

  const { reviewed, authorised, released } = predicates;
  test.each([
    ['a claim without its signature', 'reviewed', { ...reviewed, assurance: 'human-signed' }],
    ['a signature without the claim', 'reviewed', { ...reviewed, human: sshSignature }],
    ['a reason in clear', 'reviewed', { ...reviewed, reason: 'looks good' }],
    [
      'a mail address beside a login',
      'reviewed',
      { ...reviewed, reviewer: { id: 1, login: 'a', email: 'a@b.example' } },
    ],
    ['an authorisation without a seat', 'authorised', { ...authorised, seats: [] }],
    ['a release of a deployment that names no authorisation', 'released', { ...released, authorisedDigest: undefined }],
    ['a digest in upper case', 'released', { ...released, requestDigest: 'D'.repeat(64) }],
  ])('refuse %s', (_, kind, predicate) => {
    expect(schemaIssue(kind, JSON.parse(JSON.stringify(predicate)))).not.toBeNull();
  });

  test('refuse a statement of another type, without a subject or with one that has no digest', () => {
    const { subject, ...statement } = JSON.parse(new TextDecoder().decode(build(predicates.heartbeat)));
    expect(schemaIssue('statement', { ...statement, subject })).toBeNull();
    for (const wrong of [
      { ...statement, subject: [] },
      { ...statement, subject: [{ name: 'request' }] },
      { ...statement, subject, _type: 'https://in-toto.io/Statement/v0.1' },
      { ...statement, subject, predicateType: 'https://countersign.dev/evidence/v2' },
    ]) {
      expect(schemaIssue('statement', wrong)).not.toBeNull();
    }
  });
});
