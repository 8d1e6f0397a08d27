import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GATE_ERROR_CODES } from '../../../core/errors.ts';
import { ACTION_REASONS } from '../../../core/gate/action-reasons.ts';
import { API_REASONS } from '../../../core/gate/api-reasons.ts';
import { ATTESTATION_REASONS } from '../../../core/gate/attestation-reasons.ts';
import { DECISION_REASONS } from '../../../core/gate/decision-reasons.ts';
import { EVENT_REASONS } from '../../../core/gate/event-reasons.ts';
import { GATE_REASONS } from '../../../core/gate/gate-reasons.ts';
import { PROPOSAL_REASONS } from '../../../core/gate/proposal-reasons.ts';
import { visible } from '../../../core/gate/reason.ts';
import { because, becauseOfError, explain, REASONS } from '../../../core/gate/reasons.ts';
import { REVIEW_REASONS } from '../../../core/gate/review-reasons.ts';
import { SIGNATURE_REASONS } from '../../../core/gate/signature-reasons.ts';
import { STANDALONE_REASONS } from '../../../core/gate/standalone-reasons.ts';
import { VERIFY_REASONS } from '../../../core/gate/verify-reasons.ts';

const page = readFileSync(new URL('../../../docs/reasons.md', import.meta.url), 'utf8');
const entries = Object.entries(REASONS);

describe('the registry of reasons', () => {
  test('has no code twice in its parts', () => {
    const parts = [
      DECISION_REASONS,
      REVIEW_REASONS,
      SIGNATURE_REASONS,
      EVENT_REASONS,
      PROPOSAL_REASONS,
      API_REASONS,
      ACTION_REASONS,
      GATE_REASONS,
      VERIFY_REASONS,
      STANDALONE_REASONS,
      ATTESTATION_REASONS,
    ].flatMap((part) => Object.keys(part));
    expect(parts.length).toBe(entries.length);
    expect(entries.length).toBeGreaterThan(60);
  });

  test.each(entries)('%s has a kebab-case code, a short title, a sentence and a way out', (code, reason) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(reason.title.length).toBeLessThanOrEqual(60);
    expect(reason.title).not.toMatch(/[.{}]$/);
    expect(reason.text).toMatch(/^[A-Z@`{4].*[.}]$/);
    expect(reason.wayOut).toMatch(/^[A-Z].*\.$/);
  });

  test.each(entries)('docs/reasons.md says of %s exactly what the product says', (code, reason) => {
    const section = `### \`${code}\`\n\n**${reason.title}.** ${reason.text}\n\n_Way out:_ ${reason.wayOut}\n`;
    expect(page).toContain(section);
  });

  test('docs/reasons.md lists no code that the product does not have', () => {
    const listed = [...page.matchAll(/^### `(.+)`$/gm)].map((match) => match[1]);
    expect(listed).toEqual(entries.map(([code]) => code));
  });

  test.each(GATE_ERROR_CODES)('%s of a port has a reason of its own', (code) => {
    expect(explain(becauseOfError(code, 'the run'))).not.toContain('{');
  });

  test('every error code leads to another reason', () => {
    const codes = GATE_ERROR_CODES.map((code) => becauseOfError(code, '').code);
    expect(new Set(codes).size).toBe(GATE_ERROR_CODES.length);
  });
});

describe('explain', () => {
  test('puts the parameters into the sentence', () => {
    const params = { login: 'alice', roles: 'author, pusher', path: 'pushed to the branch, named in commit 1111111' };
    expect(explain(because('reviewer-is-party', params))).toBe(
      '@alice had a part in the change (author, pusher) and cannot countersign it: pushed to the branch, named in commit 1111111.',
    );
  });

  test('says ? for a parameter that is missing, and never throws', () => {
    expect(explain({ code: 'range-rollback', params: {} })).toContain('`?`');
    expect(explain({ code: 'range-rollback', params: { toString: 1 } })).toContain('`?`');
  });

  test('does not put a parameter into a parameter', () => {
    const { sentence } = REASONS['denied-by-rule'];
    expect(sentence({ rule: '{text}', text: 'no' })).toBe('Rule `{text}` denies this: no');
  });

  test('leaves replacement patterns in a parameter as they are', () => {
    expect(explain(because('facts-incomplete', { what: "$& $' $1" }))).toContain("$& $' $1");
  });

  // C97: names are chosen by the requesting side and must not reorder, hide or break the line.
  test.each([
    ['a right-to-left override', 'prod\u202Enoitc', 'prod\\u{202e}noitc'],
    ['a zero-width space', 'prod\u200B', 'prod\\u{200b}'],
    ['a line break', 'prod\n## Approved', 'prod\\u{a}## Approved'],
    ['a line separator', 'prod\u2028x', 'prod\\u{2028}x'],
    ['an escape character', '\u001B[2K', '\\u{1b}[2K'],
    ['a tag character', 'a\u{E0041}', 'a\\u{e0041}'],
  ])('shows %s instead of obeying it', (_, name, shown) => {
    expect(visible(name)).toBe(shown);
  });

  test('replaces a lone surrogate', () => {
    expect(visible('a\uD800')).toBe('a\uFFFD');
  });

  test('cuts a long text and says how much is missing (C98)', () => {
    expect(visible('x'.repeat(301))).toBe(`${'x'.repeat(260)}… (41 more characters)`);
    expect(visible(visible('x'.repeat(301)))).toBe(visible('x'.repeat(301)));
    expect(visible('x'.repeat(300))).toBe('x'.repeat(300));
  });
});
