import { describe, expect, test } from 'vitest';
import { inert, summaryOf } from '../../../action/report.ts';
import { because } from '../../../core/gate/reasons.ts';

describe('what is printed', () => {
  test.each([
    ['a command', '::set-output name=decision::release', ': :set-output name=decision::release'],
    ['a command after blanks', '  ::stop-commands::x', ': :stop-commands::x'],
    ['an old command anywhere', 'x ##[add-mask]a', 'x ## [add-mask]a'],
    ['a second line', 'a\n::error::b', 'a\\u{a}::error::b'],
    ['a colour', '\u001b[31mred', '\\u{1b}[31mred'],
    ['a direction', 'a\u202Eb', 'a\\u{202e}b'],
  ])('is never obeyed by the runner: %s', (_, text, printed) => {
    expect(inert(text)).toBe(printed);
  });
});

describe('the job summary', () => {
  const held = because('trust-key-differs', { found: '<img src=x> [click](http://x) @everyone' });

  test('says on failure the code, the sentence and what to do', () => {
    const text = summaryOf({ decision: 'hold', because: [held] }, false);
    expect(text).toMatch(/^## ⛔ Held: this does not run\n/);
    expect(text).toContain('**The workflow names another key** (`trust-key-differs`). ');
    expect(text).toContain('_What to do:_ Leave the input out');
  });

  test('says on failure which record it is about', () => {
    const verdict = { decision: 'hold', because: [held], record: 7, recordUrl: 'https://example.com/7' };
    expect(summaryOf(verdict, false)).toContain('Record: [7](https://example.com/7)');
  });

  test('shows text of others as text', () => {
    const text = summaryOf({ decision: 'hold', because: [held] }, false);
    expect(text).not.toMatch(/<img|\]\(http|@everyone/);
  });

  test('is never longer than GitHub shows', () => {
    const summary = Array.from({ length: 5_000 }, (_, at) => `line ${at} ${'x'.repeat(100)}`);
    expect(summaryOf({ decision: 'hold', because: [held], summary }, false).length).toBeLessThanOrEqual(250_000);
  });
});
