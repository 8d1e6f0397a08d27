import { expect, test } from 'vitest';
import { isThere, PULLS_FILE } from '../../support/corpus-commits.ts';
import { pullLines } from '../../bench/authorship-pulls.ts';

/** 4,210 and more pull requests that agents opened (facts/agents.md 3.2): in which share the gate knows who asked for them. */

const percentOf = (what: string): number => {
  const row = pullLines().rows.find((each) => each.what.startsWith(what));
  return Number.parseFloat(row?.value ?? 'NaN');
};

test('the initiator of nearly every pull request of the corpus is named', () => {
  if (!isThere(PULLS_FILE)) {
    process.stdout.write(`${PULLS_FILE} is not there: nobody was looked for.\n`);
    expect(pullLines().rows).toEqual([]);
    return;
  }
  expect(percentOf('of those with known initiators')).toBe(100);
  expect(percentOf('pull requests: initiator named')).toBeGreaterThan(95);
}, 60_000);
