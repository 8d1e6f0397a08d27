import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes, utf8 } from '../../../core/evidence/bytes.ts';
import { buildReviewStatement, parseReviewStatement } from '../../../core/evidence/people/review-statement.ts';
import type { ReviewStatement } from '../../../core/evidence/people/review-statement.ts';

const statement: ReviewStatement = {
  repository: { host: 'github.com', installationId: 12_345, id: 67_890 },
  requestDigest: 'a'.repeat(64),
  verdict: 'approve',
  reviewerId: 42,
  reasonCommitment: null,
  nonce: '0123456789abcdef0123456789abcdef',
};
const bytes = buildReviewStatement(statement);
const text = Buffer.from(bytes).toString('utf8');

describe('the statement that a person signs', () => {
  test('has exactly these bytes', () => {
    expect(text).toBe(`{
  "_type": "https://countersign.dev/review/v1",
  "repository": {
    "host": "github.com",
    "installationId": 12345,
    "id": 67890
  },
  "requestDigest": "${'a'.repeat(64)}",
  "verdict": "approve",
  "reviewer": {
    "id": 42
  },
  "reasonCommitment": null,
  "nonce": "0123456789abcdef0123456789abcdef"
}
`);
  });

  test('is read back as it was built, with a reason and without', () => {
    const rejected = { ...statement, verdict: 'reject' as const, reasonCommitment: 'b'.repeat(64) };
    expect(parseReviewStatement(bytes)).toEqual({ ok: true, value: statement });
    expect(parseReviewStatement(buildReviewStatement(rejected))).toEqual({ ok: true, value: rejected });
  });

  test.each([
    ['another type', text.replace('review/v1', 'review/v2')],
    ['no type', text.replace(/ {2}"_type.*\n/, '')],
    ['a member that nobody knows', text.replace('"verdict"', '"note": 1,\n  "verdict"')],
    ['a member twice', text.replace('"verdict"', '"verdict": "approve",\n  "verdict"')],
    ['members in another order', text.replace(/( {2}"verdict.*\n)( {2}"reviewer": \{\n.*\n {2}\},\n)/, '$2$1')],
    ['a member missing', text.replace(/ {2}"reasonCommitment.*\n/, '')],
    ['a third verdict', text.replace('approve', 'maybe')],
    ['a reviewer by name', text.replace('"id": 42', '"id": "42"')],
    ['a reviewer without id', text.replace('"id": 42', '"id": 0')],
    ['a login beside the id', text.replace('"id": 42', '"id": 42,\n    "login": "dave"')],
    ['an id that is no integer', text.replace('67890', '6789.5')],
    ['an id beyond 2^53', text.replace('67890', '9007199254740993')],
    ['a digest in capitals', text.replace('a'.repeat(64), 'A'.repeat(64))],
    ['a short nonce', text.replace('0123456789abcdef01', '0123456789abcdef')],
    ['a reason in clear', text.replace('null', '"because"')],
    ['other white space', text.replace('": 12345', '":  12345')],
    ['a byte after the end', `${text}\n`],
    ['no last newline', text.trimEnd()],
    ['a list', '[]\n'],
    ['null', 'null\n'],
    ['nothing', ''],
  ])('with %s is refused', (_, changed) => {
    expect(changed).not.toBe(text);
    expect(parseReviewStatement(utf8(changed)).ok).toBe(false);
  });

  test('never crashes on any bytes, and reads only what it would write', () => {
    const nearly = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)).map(([at, byte]) => bytes.with(at, byte));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), nearly), (input) => {
        const parsed = parseReviewStatement(input);
        expect(!parsed.ok || equalBytes(buildReviewStatement(parsed.value), input)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
