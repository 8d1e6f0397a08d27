import { expect, test } from 'vitest';
import { classify } from '../../../core/authorship/classify.ts';
import type { AuthorshipClass } from '../../../core/authorship/classification.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import { COMMITS_FILE, corpusCommits, factsOf, isThere } from '../../support/corpus-commits.ts';
import type { CorpusCommit } from '../../support/corpus-commits.ts';
import { change } from './change-builder.ts';

/** The labelled corpus (facts/agents.md 3.2): what the classifier makes of real commits. `npm run bench -- authorship` lists each error. */

function classOf(row: CorpusCommit): AuthorshipClass {
  const facts = change({ commits: [factsOf(row, 'whole')] });
  return classify(facts, agentRegistry, { automation: [], touchedPaths: ['a'], earlier: [] }).class;
}

const isHeld = (found: AuthorshipClass): boolean => found === 'agent' || found === 'suspected';
const percent = (part: number): string => `${(100 * part).toFixed(2)}%`;

function checkRates(): void {
  const judged = corpusCommits().map((row) => ({ row, found: classOf(row) }));
  const share = (of: typeof judged, test: (found: AuthorshipClass) => boolean): number =>
    of.filter(({ found }) => test(found)).length / of.length;
  const ai = judged.filter(({ row }) => !['human', 'bot', 'ambiguous'].includes(row.label));
  const machines = judged.filter(({ row }) => row.label === 'bot');
  const before2023 = judged.filter(({ row }) => row.confidence === 'high(pre-2023)');
  expect(ai.length).toBeGreaterThan(3000);
  expect(before2023.length).toBeGreaterThan(400);

  const asAgent = share(ai, (found) => found === 'agent');
  const falseHeld = share(before2023, isHeld);
  console.info(
    `corpus: AI ${ai.length}: agent ${percent(asAgent)}, agent or suspected ${percent(share(ai, isHeld))}; ` +
      `people before 2023 ${before2023.length}: agent or suspected ${percent(falseHeld)}`,
  );
  expect(asAgent).toBeGreaterThanOrEqual(0.99);
  expect(falseHeld).toBeLessThanOrEqual(0.005);
  expect(share(machines, (found) => found !== 'agent')).toBeGreaterThanOrEqual(0.98);
  // Nothing is cleared without an allow-list.
  expect(judged.filter(({ found }) => found === 'automation')).toEqual([]);
}

function sayAbsent(): void {
  console.warn(`${COMMITS_FILE} is not there: the labelled corpus was not checked`);
  expect(isThere(COMMITS_FILE)).toBe(false);
}

const cases: readonly [sentence: string, check: () => void][] = isThere(COMMITS_FILE)
  ? [['AI of the corpus is found and people before 2023 are left alone', checkRates]]
  : [['the labelled corpus (shared data folder not present: nothing was checked)', sayAbsent]];

test.each(cases)('%s', (_sentence, check) => {
  expect.hasAssertions();
  check();
});
