import { describe, expect, test } from 'vitest';
import { jobFields } from '../../../core/record/bounded-lists.ts';
import { buildStatement } from '../../../core/record/build-statement.ts';
import type { Subject } from '../../../core/record/build-statement.ts';
import { headFields, repositorySubject } from '../../../core/record/record-frame.ts';
import { deployment, DIGEST, HEAD } from '../gate/builders.ts';
import { frame, RELEASED } from './samples.ts';

const subjects: readonly Subject[] = [
  { name: 'request', digest: { sha256: DIGEST } },
  { name: 'commit', digest: { gitCommit: HEAD } },
];
const outcome = {
  ...headFields('outcome', frame),
  requestDigest: DIGEST,
  gate: deployment.gate,
  ...jobFields([{ id: 77, name: 'deploy' }], frame.sha256),
  conclusion: 'success',
  headSha: HEAD,
  releasedDigest: RELEASED,
};
/** Larger than any record that the flow writes: it counts the reasons that do not fit. */
function reconciled(count: number, last: number) {
  const long = 'x'.repeat(290);
  const because = Array.from({ length: count }, (_, at) => ({
    code: 'not-an-approval',
    params: { login: long, what: long, why: 'x'.repeat(at === count - 1 ? last : 290) },
  }));
  return { ...headFields('reconciled', frame), because };
}

const refusedInput = expect.objectContaining({ code: 'ERR_INPUT' });

describe('buildStatement refuses', () => {
  test.each([
    ['a time without milliseconds', { ...outcome, at: '2026-11-21T04:33:12Z' }],
    ['a day that does not exist', { ...outcome, at: '2026-02-31T04:33:12.000Z' }],
    ['a time in another zone', { ...outcome, at: '2026-11-21T04:33:12.123+01:00' }],
    ['a digest in upper case', { ...outcome, requestDigest: DIGEST.toUpperCase() }],
    ['a digest that is too short', { ...outcome, requestDigest: DIGEST.slice(1) }],
    ['a host in upper case', { ...outcome, repository: { ...outcome.repository, host: 'GitHub.com' } }],
    ['a repository without an id', { ...outcome, repository: { ...outcome.repository, id: 0 } }],
    ['a number that readers round', { ...outcome, repository: { ...outcome.repository, id: 2 ** 53 } }],
    ['an environment that is not in lower case', { ...outcome, gate: { ...outcome.gate, environment: 'Production' } }],
    ['an opening of zero', { ...outcome, gate: { ...outcome.gate, opening: 0 } }],
    ['a name that is not well-formed Unicode (C106)', { ...outcome, jobs: [{ id: 1, name: 'a\uD800' }] }],
    ['a conclusion in free text', { ...outcome, conclusion: 'went well' }],
    ['a record of more than 65,535 bytes', reconciled(100, 290)],
  ])('%s', (_, predicate) => {
    expect(() => buildStatement(predicate, subjects)).toThrow(refusedInput);
  });

  const badSubjects: readonly (readonly [string, readonly Subject[]])[] = [
    ['no subject', []],
    ['a subject whose digest is none', [{ name: 'request', digest: { sha256: 'abc' } }]],
    ['a subject whose commit is none', [{ name: 'commit', digest: { gitCommit: 'main' } }]],
  ];

  test.each(badSubjects)('%s', (_, subject) => {
    expect(() => buildStatement(outcome, subject)).toThrow(refusedInput);
  });

  test('an unknown reason code', () => {
    const predicate = { ...headFields('reconciled', frame), because: [{ code: 'made-up', params: {} }] };
    expect(() => buildStatement(predicate, [repositorySubject(frame)])).toThrow(refusedInput);
  });

  test('a parameter whose name readers would put in another order', () => {
    const predicate = {
      ...headFields('reconciled', frame),
      because: [{ code: 'not-an-approval', params: { 1: 'x' } }],
    };
    expect(() => buildStatement(predicate, [repositorySubject(frame)])).toThrow(refusedInput);
  });

  test('without telling any value in its message', () => {
    const predicate = { ...outcome, conclusion: 'token ghs_secret' };
    expect(() => buildStatement(predicate, subjects)).toThrow(
      /^not a record of kind outcome: conclusion \(invalid_format\)$/,
    );
  });
});

describe('buildStatement', () => {
  test('makes an in-toto statement about what it is given', () => {
    const statement: unknown = JSON.parse(new TextDecoder().decode(buildStatement(outcome, subjects)));
    expect(statement).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: subjects,
      predicateType: 'https://countersign.dev/evidence/v1',
      predicate: outcome,
    });
  });

  test('takes a record of exactly 65,535 bytes, and not of one more', () => {
    const build = (last: number) => buildStatement(reconciled(64, last), subjects);
    const room = 65_535 - build(1).length;
    expect(room).toBeLessThan(290);
    expect(build(1 + room).length).toBe(65_535);
    expect(() => build(2 + room)).toThrow(refusedInput);
  });

  test('writes fields in the order of the schema, whatever order they come in', () => {
    const { kind, ...rest } = outcome;
    expect(buildStatement({ ...rest, kind }, subjects)).toEqual(buildStatement(outcome, subjects));
  });
});
