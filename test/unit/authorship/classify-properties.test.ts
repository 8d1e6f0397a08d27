import { assert, constant, constantFrom, property, record, string, subarray } from 'fast-check';
import { expect, test } from 'vitest';
import type { AllowedAutomation } from '../../../core/authorship/automation.ts';
import { classify } from '../../../core/authorship/classify.ts';
import type { Classification, Signal } from '../../../core/authorship/classification.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import type { ChangeFacts } from '../../../core/facts.ts';
import { findParties, isExcluded } from '../../../core/parties/find-parties.ts';
import {
  alice,
  bob,
  bot,
  carol,
  change,
  commit,
  copilot,
  dependabot,
  mallory,
  person,
  pull,
  push,
  run,
  UNSIGNED,
} from './change-builder.ts';

const COMMITS = [
  commit(),
  commit({ sha: '1'.repeat(40), authors: [person(copilot), person(alice)] }),
  commit({ sha: '2'.repeat(40), authors: [person(bob)], signature: UNSIGNED, message: 'x\n\nCo-authored-by: Claude' }),
  commit({ sha: '3'.repeat(40), authors: [person(dependabot)] }),
  commit({ sha: '4'.repeat(40), authors: [person(null, 'you@example.com')] }),
];
const PULLS = [
  pull(),
  pull({ number: 13, author: copilot }, { timeline: [{ kind: 'agent-started', actor: carol, viaApp: null }] }),
  pull({ number: 14, headRef: 'codex/x' }, { pushes: [push(mallory)] }),
  pull({ number: 15, author: dependabot }, { pushes: [push(dependabot)] }),
];
const RUNS = [
  run(),
  run({ id: 57, actor: bot(900, 'acme[bot]') }),
  run({ id: 58, attempt: 2, triggeringActor: copilot }),
];

const facts = record({
  commits: subarray(COMMITS),
  pulls: subarray(PULLS),
  runAttempts: subarray(RUNS),
  incomplete: subarray(['commits-truncated']),
  countersignedMerges: constant([]),
  branchPushes: constant(null),
  unseenPulls: constant([]),
});
const automation = constantFrom([], [{ accountId: dependabot.id, paths: ['**'] }]);

const judge = (
  of: ChangeFacts,
  listed: readonly AllowedAutomation[],
  earlier: readonly Signal[] = [],
): Classification => classify(of, agentRegistry, { automation: listed, touchedPaths: ['a'], earlier });

const together = (a: ChangeFacts, b: ChangeFacts): ChangeFacts => ({
  commits: [...a.commits, ...b.commits],
  pulls: [...a.pulls, ...b.pulls],
  runAttempts: [...a.runAttempts, ...b.runAttempts],
  incomplete: [...a.incomplete, ...b.incomplete],
  countersignedMerges: [],
  branchPushes: null,
  unseenPulls: [],
});

test('whatever is added to an agent change, it stays one', () => {
  assert(
    property(facts, facts, automation, (a, b, listed) => {
      expect(judge(together(a, b), listed).class === 'agent' || judge(a, listed).class !== 'agent').toBe(true);
    }),
  );
});

test('earlier signals never lower a class, and an agent once found stays named', () => {
  assert(
    property(facts, facts, automation, (before, after, listed) => {
      const earlier = judge(before, listed);
      const now = judge(after, listed, earlier.signals);
      const alone = judge(after, listed);
      expect(now.agents).toEqual(expect.arrayContaining([...earlier.agents, ...alone.agents]));
      expect(now.class === 'agent').toBe(earlier.class === 'agent' || alone.class === 'agent');
      expect(now.signals.length).toBeGreaterThanOrEqual(alone.signals.length);
    }),
  );
});

test('automation is never said where a person, an agent or an unlisted bot had a hand in it', () => {
  assert(
    property(facts, automation, (of, listed) => {
      const hands = findParties(of, agentRegistry).all.map(({ account }) => account.id);
      expect(judge(of, listed).class !== 'automation' || hands.every((id) => id === dependabot.id)).toBe(true);
    }),
  );
});

test('whoever is excluded stays excluded when more becomes known', () => {
  assert(
    property(facts, facts, (a, b) => {
      const more = findParties(together(a, b), agentRegistry);
      const lost = findParties(a, agentRegistry).all.filter(({ account }) => !isExcluded(more, account.id));
      expect(lost).toEqual([]);
    }),
  );
});

test('any text whatever is judged without failing', () => {
  const text = string({ unit: 'binary', maxLength: 200 });
  assert(
    property(text, text, text, text, (name, email, message, body) => {
      const of = change({
        commits: [
          commit({ authors: [{ name, email, account: null }], committer: { name, email, account: null }, message }),
        ],
        pulls: [pull({ body, headRef: name, labels: [email] })],
      });
      expect(['agent', 'suspected', 'unattributed']).toContain(judge(of, []).class);
      expect(findParties(of, agentRegistry).unattributed.length).toBeLessThanOrEqual(1);
    }),
  );
});
