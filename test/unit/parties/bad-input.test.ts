import { expect, test } from 'vitest';
import { classify } from '../../../core/authorship/classify.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import type { ChangeFacts } from '../../../core/facts.ts';
import { findParties, namedLogins } from '../../../core/parties/find-parties.ts';
import { handlesIn } from '../../../core/parties/agent-calls.ts';
import {
  alice,
  carol,
  change,
  commit,
  copilot,
  person,
  pull,
  push,
  run,
  UNSIGNED,
} from '../authorship/change-builder.ts';

/** Far more than any machine needs for this, and far less than work that grows with the square of its input. */
const SOON_MS = 5_000;

const sha = (n: number): string => n.toString(16).padStart(40, '0');

/** 10,000 unsigned commits past every pull request, brought in by 200 pushes. */
const long = (): ChangeFacts =>
  change({
    commits: Array.from({ length: 10_000 }, (_, n) =>
      commit({
        sha: sha(n + 1),
        parents: [sha(n)],
        authors: [person(n % 3 === 0 ? copilot : alice)],
        committer: person(alice),
        signature: UNSIGNED,
      }),
    ),
    branchPushes: Array.from({ length: 200 }, (_, n) => ({
      ...push(carol),
      before: sha(n * 50),
      after: sha(n * 50 + 50),
    })),
    runAttempts: [run()],
  });

const flood = (line: (n: number) => string, count: number): string =>
  Array.from({ length: count }, (_, n) => line(n)).join('\n');

test.each<[what: string, facts: () => ChangeFacts]>([
  ['10,000 commits and 200 pushes', long],
  [
    '10,000 trailers',
    () =>
      change({
        commits: [
          commit({
            authors: [person(copilot)],
            message: `x\n\n${flood((n) => `Co-authored-by: ${n} <${n + 1}+p${n}@users.noreply.github.com>\nRequested-by: @p${n}`, 10_000)}`,
          }),
        ],
      }),
  ],
  [
    '300 co-authors whom nobody knows',
    () =>
      change({
        commits: [commit({ authors: Array.from({ length: 301 }, (_, n) => person(null, `p${n}@else.test`)) })],
      }),
  ],
  [
    'a body of nothing but names',
    () =>
      change({
        commits: [],
        pulls: [pull({ author: copilot, body: flood((n) => `Requested by: @a${n} @b${n}`, 20_000) })],
      }),
  ],
  [
    'a body that goes in circles',
    () =>
      change({
        commits: [],
        pulls: [pull({ author: copilot, body: `${'[*_`@requested by: '.repeat(50_000)}\n${'('.repeat(60_000)}` })],
      }),
  ],
])('%s are judged in bounded time', (_what, facts) => {
  const given = facts();
  const start = performance.now();
  const parties = findParties(given, agentRegistry);
  classify(given, agentRegistry, { automation: [], touchedPaths: ['a'], earlier: [] });
  expect(namedLogins(given, agentRegistry).length).toBeLessThanOrEqual(42);
  expect(performance.now() - start).toBeLessThan(SOON_MS);
  expect(parties.all.length + parties.unattributed.length + parties.unknown.length).toBeGreaterThan(0);
});

test('a comment of nothing but handles gives each of them once', () => {
  const start = performance.now();
  expect(handlesIn('@claude '.repeat(20_000))).toEqual(['@claude']);
  expect(handlesIn(flood((n) => `@a${n}`, 40_000)).length).toBeGreaterThan(1_000);
  expect(handlesIn(`${'@'.repeat(65_000)}${'/-'.repeat(30_000)}`)).toEqual([]);
  expect(performance.now() - start).toBeLessThan(SOON_MS);
});

test.each([
  ['@claude', ['@claude']],
  ['(@Claude, /Devin!)', ['@claude', '/devin']],
  ['`@claude` and > @codex', ['@claude', '@codex']],
  ['＠claude c@claude.test https://x.test/devin a/devin @claude/team', ['@claude']],
  ['@cl\u200baude', ['@claude']],
])('the handles of %s', (text, expected) => {
  expect(handlesIn(text)).toEqual(expected);
});
