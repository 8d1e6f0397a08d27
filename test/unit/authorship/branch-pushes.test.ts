import { describe, expect, test } from 'vitest';
import { findBranchPushes, isLoose } from '../../../core/authorship/branch-pushes.ts';
import { classify } from '../../../core/authorship/classify.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import type { AssociatedPull, ChangeFacts, CommitFacts, PushFacts } from '../../../core/facts.ts';
import { findParties, isExcluded } from '../../../core/parties/find-parties.ts';
import { alice, bob, BY_GITHUB, carol, change, commit, copilot, mallory, person, UNSIGNED } from './change-builder.ts';

const sha = (digit: number): string => String(digit).repeat(40);

/** Commit n stands on commit n - 1. */
const loose = (n: number, part: Partial<CommitFacts> = {}): CommitFacts =>
  commit({ sha: sha(n), parents: [sha(n - 1)], committer: person(alice), signature: UNSIGNED, ...part });
const pushed = (from: number, to: number, kind = 'push', actor: PushFacts['actor'] = mallory): PushFacts => ({
  actor,
  before: sha(from),
  after: sha(to),
  kind,
  at: '2026-06-01T10:00:00Z',
});
const facts = (commits: readonly CommitFacts[], branchPushes: readonly PushFacts[] | null): ChangeFacts =>
  change({ commits, branchPushes });
const pullOf = (mergeCommitSha: string | null): AssociatedPull => ({
  number: 1,
  author: alice,
  headSha: sha(9),
  headRef: 'x',
  baseRef: 'main',
  mergeCommitSha,
  merged: mergeCommitSha !== null,
  fromFork: false,
});

const vouching: readonly [sentence: string, commit: CommitFacts, expected: boolean][] = [
  ['an unsigned commit of no pull request has only a push', loose(1), true],
  ["GitHub's own signature vouches for the author", loose(1, { signature: BY_GITHUB }), false],
  [
    "the author's signature does",
    loose(1, { signature: { verified: true, byGitHub: false, signer: alice, key: null } }),
    false,
  ],
  [
    "somebody else's does not",
    loose(1, { signature: { verified: true, byGitHub: false, signer: bob, key: null } }),
    true,
  ],
  ['a signature that does not verify does not', loose(1, { signature: { ...BY_GITHUB, verified: false } }), true],
  ['a pull request has pushes of its own', loose(1, { pulls: [pullOf(sha(5))] }), false],
  ['the merge that somebody made by hand was in no pull request', loose(1, { pulls: [pullOf(sha(1))] }), true],
];

describe('what vouches for a commit', () => {
  test.for(vouching)('%s', ([, of, expected]) => {
    expect(isLoose(of)).toBe(expected);
  });
});

describe('who brought commits in past every pull request', () => {
  const two = [loose(1), loose(2)];

  test.for<[string, ChangeFacts, readonly PushFacts[], readonly string[]]>([
    ['one push of two commits covers both', facts(two, [pushed(0, 2)]), [pushed(0, 2)], []],
    ['a push covers only what it brought', facts(two, [pushed(1, 2)]), [pushed(1, 2)], [sha(1)]],
    ['without any push everything is unknown', facts(two, []), [], [sha(1), sha(2)]],
    ["a merge by GitHub covers and is nobody's push", facts(two, [pushed(0, 2, 'pr_merge')]), [], []],
    ['a push of another commit says nothing', facts(two, [pushed(0, 7)]), [], [sha(1), sha(2)]],
    ["a pull request's own commits are not asked here", facts(two, null), [], []],
  ])('%s', ([, of, direct, unknown]) => {
    expect(findBranchPushes(of)).toEqual({ direct, unknown });
  });

  test('the pusher is excluded, whatever the mailbox says', () => {
    const parties = findParties(facts(two, [pushed(0, 2)]), agentRegistry);
    expect([mallory, carol].map(({ id }) => isExcluded(parties, id))).toEqual([true, false]);
    expect(parties.unattributed).toEqual([]);
  });

  test('commits that nobody is known to have pushed are unattributed, and so are those of a pusher who is gone', () => {
    expect(findParties(facts(two, []), agentRegistry).unattributed).toEqual([sha(1), sha(2)]);
    expect(findParties(facts(two, [pushed(0, 2, 'push', null)]), agentRegistry).unattributed).toEqual([sha(2)]);
  });

  test('an agent that pushes under the mailbox of a person is seen', () => {
    const of = facts(two, [pushed(0, 2, 'push', copilot)]);
    const options = { automation: [], touchedPaths: ['a'], earlier: [] };
    expect(classify(of, agentRegistry, options)).toMatchObject({ class: 'agent', agents: ['copilot'] });
  });

  test("an unsigned commit of a fork's pull request is anyone's who can push to the fork; a signed one is its signer's", () => {
    const fromFork = { ...facts(two, null), unseenPulls: [7] };
    expect(findParties(fromFork, agentRegistry).unattributed).toEqual([sha(1), sha(2)]);
    const signed = two.map((each) => ({
      ...each,
      signature: { verified: true, byGitHub: false, signer: each.authors[0]?.account ?? null, key: null },
    }));
    expect(findParties({ ...fromFork, commits: signed }, agentRegistry).unattributed).toEqual([]);
  });
});
