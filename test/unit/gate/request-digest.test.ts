import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, parseCode, requestCode, requestDigest } from '../../../core/gate/request-digest.ts';
import type { Request } from '../../../core/request.ts';
import { deployment, HEAD, OTHER_HEAD, POLICY_DIGEST, pullRequest } from './builders.ts';

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

const calling = (...shas: readonly string[]) => ({
  path: deployment.workflow.path,
  called: shas.map((sha) => ({ path: 'acme/shared/.github/workflows/deploy.yml@main', sha })),
});

describe('requestDigest', () => {
  test('is the SHA-256 of canonical JSON that anybody can write down', () => {
    const text =
      `{"baseRef":"main","headSha":"${HEAD}","kind":"pull-request","number":7,"policyDigest":"${POLICY_DIGEST}",` +
      `"repository":{"host":"github.com","id":34,"installationId":12}}`;
    expect(requestDigest(pullRequest, sha256)).toBe(createHash('sha256').update(text).digest('hex'));
  });

  test('does not change by the order of fields or of waiting jobs, nor by names that the object also carries', () => {
    const { gate, ...rest } = deployment;
    const named = { ...deployment.repository, owner: 'acme', name: 'shop' };
    const same: Request = { gate, ...rest, repository: named, jobs: ['b', 'a'] };
    expect(requestDigest(same, sha256)).toBe(requestDigest({ ...deployment, jobs: ['a', 'b'] }, sha256));
    const [one, other] = [calling(HEAD, OTHER_HEAD), calling(OTHER_HEAD, HEAD)];
    expect(requestDigest({ ...deployment, workflow: one }, sha256)).toBe(
      requestDigest({ ...deployment, workflow: other }, sha256),
    );
  });

  const changes: readonly (readonly [string, Request])[] = [
    ['host', { ...pullRequest, repository: { ...pullRequest.repository, host: 'ghe.example' } }],
    ['installation', { ...pullRequest, repository: { ...pullRequest.repository, installationId: 13 } }],
    ['repository', { ...pullRequest, repository: { ...pullRequest.repository, id: 35 } }],
    ['head', { ...pullRequest, headSha: OTHER_HEAD }],
    ['policy', { ...pullRequest, policyDigest: 'b'.repeat(64) }],
    ['number', { ...pullRequest, number: 8 }],
    ['base ref', { ...pullRequest, baseRef: 'dev' }],
    ['kind', deployment],
    ['run', { ...deployment, gate: { ...deployment.gate, runId: 57 } }],
    ['attempt', { ...deployment, gate: { ...deployment.gate, attempt: 2 } }],
    ['environment', { ...deployment, gate: { ...deployment.gate, environment: 'staging' } }],
    ['opening', { ...deployment, gate: { ...deployment.gate, opening: 2 } }],
    ['range kind', { ...deployment, range: { ...deployment.range, kind: 'diverged' } }],
    ['base commit', { ...deployment, range: { ...deployment.range, baseSha: null } }],
    ['a job more', { ...deployment, jobs: ['deploy', 'late'] }],
    ['a proposal', { ...deployment, proposalsDigest: 'c'.repeat(64) }],
    ['another workflow', { ...deployment, workflow: { ...deployment.workflow, path: '.github/workflows/x.yml' } }],
    ['a called workflow', { ...deployment, workflow: calling(HEAD) }],
    ['a called workflow that moved', { ...deployment, workflow: calling(OTHER_HEAD) }],
    ['a job twice', { ...deployment, jobs: ['deploy', 'deploy'] }],
  ];

  test('changes with every field that it binds (invariant 4)', () => {
    const digests = [pullRequest, ...changes.map(([, request]) => request)].map((request) =>
      requestDigest(request, sha256),
    );
    expect(new Set([...digests, requestDigest(deployment, sha256)]).size).toBe(changes.length + 1);
  });

  test.each([
    ['a lone surrogate', { ...pullRequest, baseRef: 'a\uD800' }],
    ['a fraction', { ...pullRequest, number: 1.5 }],
    ['a number that is not safe', { ...pullRequest, number: 2 ** 53 }],
    ['no number', { ...pullRequest, number: Number.NaN }],
  ])('refuses %s', (_, request) => {
    expect(() => requestDigest(request, sha256)).toThrow(expect.objectContaining({ code: 'ERR_INPUT' }));
  });
});

describe('canonicalJson', () => {
  test('reads back as the same value and does not depend on the order of keys', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.string({ unit: 'binary' }),
        fc.maxSafeInteger(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('any'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (given) => {
        const text = canonicalJson(given);
        expect(JSON.parse(text)).toEqual(given);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  test('sorts keys by UTF-16 code units, as RFC 8785 does', () => {
    const value = Object.fromEntries(
      ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'].map((key) => [key, 0]),
    );
    expect(canonicalJson(value)).toBe('{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\ud83d\ude00":0,"\ufb33":0}');
  });
});

describe('the code that people type', () => {
  test.each([
    ['0'.repeat(64), '00000000'],
    [`ffffffffff${'0'.repeat(54)}`, 'ZZZZZZZZ'],
    [`00443214d4${'f'.repeat(54)}`, '0123456M'],
  ])('of %s is %s', (digest, code) => {
    expect(requestCode(digest)).toBe(code);
  });

  test('comes back however it is typed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{64}$/), fc.boolean(), fc.boolean(), (digest, lower, dashed) => {
        const code = requestCode(digest);
        const sloppy = code.replaceAll('0', 'O').replaceAll('1', 'l');
        const cased = lower ? sloppy.toLowerCase() : sloppy;
        expect(parseCode(dashed ? `${cased.slice(0, 4)}-${cased.slice(4)}` : cased)).toBe(code);
      }),
    );
  });

  test('is never made from what is no digest', () => {
    expect(() => requestCode('abc')).toThrow(TypeError);
    expect(() => requestCode('G'.repeat(64))).toThrow(TypeError);
  });

  test.each(['', '--------', '1234567', '123456789', 'U2345678', '1234 5678', '１２３４５６７８', 'K3M9QX2\n'])(
    '%j is no code',
    (text) => {
      expect(parseCode(text)).toBeNull();
    },
  );
});
