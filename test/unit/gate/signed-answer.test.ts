import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, sha512, verify } from '../../../adapters/signing/node-crypto.ts';
import { parseSshKey } from '../../../core/evidence/people/ssh-key.ts';
import { buildReviewStatement } from '../../../core/evidence/people/review-statement.ts';
import type { ReviewStatement } from '../../../core/evidence/people/review-statement.ts';
import { checkSignedAnswer, claimsSignature, parseSignedAnswer } from '../../../core/gate/signed-answer.ts';
import type { ExpectedAnswer, SignedAnswer } from '../../../core/gate/signed-answer.ts';
import { armour, softwareSshKey } from '../../support/software-ssh-key.ts';
import { bob, DIGEST, pullRequest } from './builders.ts';

const key = softwareSshKey('sk-ssh-ed25519@openssh.com');
const { repository } = pullRequest;
const statement: ReviewStatement = {
  repository,
  requestDigest: DIGEST,
  verdict: 'approve',
  reviewerId: bob.id,
  reasonCommitment: null,
  nonce: '0123456789abcdef0123456789abcdef',
};
const bytes = buildReviewStatement(statement);
const json = new TextDecoder().decode(bytes);
const signature = armour(key.sign(bytes));
const body = `/countersign approve K3M9QX2T looks right\n\`\`\`\n${json}${signature}\`\`\`\n`;

function parsed(text: string): SignedAnswer {
  const answer = parseSignedAnswer(text);
  if (!answer.ok) throw new TypeError(answer.issue);
  return answer.value;
}

describe('a signed answer', () => {
  test.each([
    ['as the commands print it', body],
    ['with the line ends of a web form', body.replaceAll('\n', '\r\n')],
    ['without code fences, and with words around it', `${body.replaceAll('```\n', '')}Thanks!`],
    ['with braces in the words before it', body.replace('```\n', 'about {this}\n```\n')],
  ])('is read %s', (_, text) => {
    expect(claimsSignature(text)).toBe(true);
    expect(parsed(text)).toEqual({ statement, bytes, blob: key.sign(bytes) });
  });

  test.each([
    ['without its statement', body.replace(json, ''), 'the statement does not stand above it'],
    ['with the statement below it', `/countersign approve K3M9QX2T\n${signature}${json}`, 'does not stand above it'],
    ['without its end', body.slice(0, body.indexOf('-----END')), 'not one whole signature'],
    ['without its beginning', body.replace(/-----BEGIN.*\n/, ''), 'not one whole signature'],
    ['twice', `${body}${signature}`, 'not one whole signature'],
    ['quoted, as in a mail', body.replaceAll(/^/gm, '> '), 'not one whole signature'],
    ['with another spelling of its marks', body.replace('-----BEGIN', '----- begin'), 'not one whole signature'],
    ['with two statements', body.replace(json, `${json}${json}`), 'the statement above it is not one'],
    ['with one member more', body.replace('  "nonce"', '  "also": 1,\n  "nonce"'), 'not one'],
    ['with other white space', body.replace('  "nonce"', ' "nonce"'), 'not in canonical form'],
    ['that is no base64', body.replace(/(SIGNATURE-----\n)./, '$1*'), 'not base64'],
  ])('is refused %s', (_, text, issue) => {
    expect(claimsSignature(text)).toBe(true);
    const answer = parseSignedAnswer(text);
    expect(answer.ok ? '' : answer.issue).toContain(issue);
  });

  test('is not claimed by words about signatures', () => {
    expect(claimsSignature('/countersign approve K3M9QX2T signed by hand, SSH SIGNATURE follows')).toBe(false);
  });

  test('of any bytes is read or refused, never thrown at', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('{', '}', '\n', '-----BEGIN SSH SIGNATURE-----', json, signature),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        expect([true, false]).toContain(parseSignedAnswer(pieces.join('\n')).ok);
      }),
      { numRuns: 200 },
    );
  });
});

describe('what it proves', () => {
  const expected: ExpectedAnswer = { repository, requestDigest: DIGEST, verdict: 'approve', reviewer: bob };
  const named = parseSshKey(key.wire);
  const keys = named.ok ? [{ key: named.value, mustVerifyUser: false }] : [];

  async function judged(more: Partial<ExpectedAnswer>, said: Partial<ReviewStatement> = {}): Promise<unknown> {
    const signed = buildReviewStatement({ ...statement, ...said });
    const answer = { statement: { ...statement, ...said }, bytes: signed, blob: key.sign(signed) };
    const checked = await checkSignedAnswer(answer, { ...expected, ...more }, keys, { sha256, sha512, verify });
    return 'proof' in checked ? 'proof' : checked.params['field'];
  }

  test('is this answer of this person, and no field may be another one', async () => {
    expect(await judged({})).toBe('proof');
    for (const other of [{ host: 'other.example' }, { installationId: 99 }, { id: 99 }]) {
      expect(await judged({ repository: { ...repository, ...other } })).toBe('repository');
    }
    expect(await judged({ requestDigest: 'e'.repeat(64) })).toBe('request');
    expect(await judged({ verdict: 'reject' })).toBe('verdict');
    expect(await judged({ reviewer: { ...bob, id: 1 } })).toBe('reviewer');
    expect(await judged({}, { reasonCommitment: 'f'.repeat(64) })).toBe('reason');
  });

  test('is nothing where the policy names no key', async () => {
    const checked = await checkSignedAnswer(parsed(body), expected, [], { sha256, sha512, verify });
    expect(checked).toMatchObject({ code: 'signature-key-not-named' });
  });
});
