import { expect, test } from 'vitest';
import { automationWithin } from '../../../core/authorship/automation.ts';
import { classify } from '../../../core/authorship/classify.ts';
import type { AuthorshipClass } from '../../../core/authorship/classification.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import type { ChangeFacts, CommitFacts, PullFacts } from '../../../core/facts.ts';
import {
  alice,
  bot,
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
  webFlow,
} from './change-builder.ts';

const LISTED = [{ accountId: dependabot.id, paths: ['package-lock.json', '**/package.json'] }];
const WITHIN = ['package-lock.json', 'web/package.json'];

const judge = (facts: ChangeFacts, touchedPaths: readonly string[] = WITHIN, automation = LISTED): AuthorshipClass =>
  classify(facts, agentRegistry, { automation, touchedPaths, earlier: [] }).class;

const bump = (part: Partial<CommitFacts> = {}, pullPart: Partial<PullFacts> = {}): ChangeFacts =>
  change({
    commits: [commit({ authors: [person(dependabot)], ...part })],
    pulls: [pull({ author: dependabot, ...pullPart }, { pushes: [push(dependabot)] })],
  });

test('a listed account alone, proven and within its paths, is automation', () => {
  expect(judge(bump())).toBe('automation');
});

test('an unsigned commit counts where the listed account itself pushed it', () => {
  expect(judge(bump({ signature: UNSIGNED, committer: person(dependabot) }))).toBe('automation');
});

test('a bot that opened its pull request through its own App is automation', () => {
  expect(judge(bump({}, { viaApp: { id: 29110, slug: 'dependabot' } }))).toBe('automation');
});

const rows: readonly [sentence: string, facts: ChangeFacts, paths: readonly string[], class_: AuthorshipClass][] = [
  ['one path more than it may touch makes it suspected', bump(), [...WITHIN, 'main.tf'], 'suspected'],
  ['a path in another case is another path', bump(), ['Package-Lock.json'], 'suspected'],
  ['no path at all is covered by nobody', bump(), [], 'suspected'],
  [
    'an agent trailer in its commit makes it an agent change',
    bump({ message: 'x\n\nCo-authored-by: Claude <noreply@anthropic.com>' }),
    WITHIN,
    'agent',
  ],
  [
    'a person among the co-authors leaves it unattributed',
    bump({ authors: [person(dependabot), person(alice)] }),
    WITHIN,
    'unattributed',
  ],
  [
    'a commit of a person under its pull request leaves it unattributed (C14)',
    { ...bump(), commits: [...bump().commits, commit()] },
    WITHIN,
    'unattributed',
  ],
  [
    'a push of a person leaves it unattributed',
    { ...bump(), pulls: [pull({ author: dependabot }, { pushes: [push(dependabot), push(mallory)] })] },
    WITHIN,
    'unattributed',
  ],
  ['a run of a person leaves it unattributed', { ...bump(), runAttempts: [run()] }, WITHIN, 'unattributed'],
  [
    'an unsigned commit under its mailbox that a person pushed is suspected (C13)',
    change({
      commits: [commit({ authors: [person(dependabot)], committer: person(dependabot), signature: UNSIGNED })],
      pulls: [pull({ author: mallory }, { pushes: [push(mallory)] })],
    }),
    WITHIN,
    'suspected',
  ],
  [
    'an unsigned commit under its mailbox without any known push is suspected',
    change({ commits: [commit({ authors: [person(dependabot)], signature: UNSIGNED })] }),
    WITHIN,
    'suspected',
  ],
  [
    'its mailbox without an account is suspected',
    change({
      commits: [
        commit({ authors: [person(null, '49699333+dependabot[bot]@users.noreply.github.com', 'dependabot[bot]')] }),
      ],
    }),
    WITHIN,
    'suspected',
  ],
  [
    'an account that shares only its login is suspected (C15)',
    change({ commits: [commit({ authors: [person(bot(5, 'dependabot[bot]'))] })] }),
    WITHIN,
    'suspected',
  ],
  ['a look-up that failed makes it suspected', { ...bump(), incomplete: ['files-truncated'] }, WITHIN, 'suspected'],
];

test.each(rows)('%s', (_sentence, facts, paths, expected) => {
  expect(judge(facts, paths)).toBe(expected);
});

test('an agent cannot be listed as automation', () => {
  const listed = [{ accountId: copilot.id, paths: ['**'] }];
  expect(
    judge(
      change({ commits: [commit({ authors: [person(copilot)] })], pulls: [pull({ author: copilot })] }),
      WITHIN,
      listed,
    ),
  ).toBe('agent');
});

test('a listed person within his paths is automation only where he alone had a hand in it', () => {
  const listed = [{ accountId: alice.id, paths: ['**'] }];
  expect(judge(change({ pulls: [pull()] }), WITHIN, listed)).toBe('automation');
  expect(judge(change({ pulls: [pull({ author: mallory })] }), WITHIN, listed)).toBe('unattributed');
});

test('an empty change of nobody is unattributed, not automation', () => {
  expect(judge(change({ commits: [] }))).toBe('unattributed');
});

test('the committer of commits that GitHub makes is nobody', () => {
  expect(judge(bump({ committer: person(webFlow, 'noreply@github.com') }))).toBe('automation');
});

test.each([
  ['all of them are within', ['a/b.txt', 'a/.c/d'], ['a/**'], true],
  ['a leading exclamation mark has no meaning', ['main.tf'], ['!docs/**'], false],
  ['an account without paths covers nothing', ['a'], [], false],
  ['a path outside is not covered by a glob beside it', ['a/b', 'c'], ['a/*'], false],
  ['several globs cover together', ['a/b', 'c'], ['a/*', 'c'], true],
  ['a star stays within its folder', ['a/b/c'], ['a/*'], false],
])('%s', (_sentence, paths, globs, expected) => {
  expect(automationWithin([{ accountId: 1, paths: globs }], paths).has(1)).toBe(expected);
});
