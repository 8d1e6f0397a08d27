import { expect, test } from 'vitest';
import type { Account } from '../../../core/actors/account.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import type { ChangeFacts, CommitFacts } from '../../../core/facts.ts';
import { excludingRoles, findParties, isExcluded } from '../../../core/parties/find-parties.ts';
import {
  alice,
  bob,
  BY_GITHUB,
  carol,
  change,
  commit,
  copilot,
  github,
  mallory,
  person,
  pull,
  push,
  run,
  SHA,
  UNSIGNED,
} from '../authorship/change-builder.ts';

const parties = (facts: ChangeFacts): ReturnType<typeof findParties> => findParties(facts, agentRegistry);

/** `login: role role`, in the order found. */
const told = (facts: ChangeFacts): readonly string[] =>
  parties(facts).all.map(({ account, roles }) => `${account.login}: ${roles.map(({ role }) => role).join(' ')}`);

const excluded = (facts: ChangeFacts, ...accounts: readonly Account[]): readonly boolean[] =>
  accounts.map(({ id }) => isExcluded(parties(facts), id));

const byCopilot = (part: Partial<CommitFacts> = {}): CommitFacts => commit({ authors: [person(copilot)], ...part });
const merge = commit({ sha: '5'.repeat(40), parents: ['1'.repeat(40), '2'.repeat(40)], authors: [person(bob)] });

const rows: readonly [sentence: string, facts: ChangeFacts, expected: readonly string[]][] = [
  ['the author of a commit is a party', change(), ['alice: author']],
  ['a bot is a party too', change({ commits: [byCopilot()] }), ['copilot-swe-agent[bot]: author']],
  [
    'the co-author of a person is a party but no sponsor',
    change({ commits: [commit({ authors: [person(alice), person(bob)] })] }),
    ['alice: author', 'bob: co-author'],
  ],
  [
    'the co-author of an agent is its sponsor (C2)',
    change({ commits: [byCopilot({ authors: [person(copilot), person(alice)] })] }),
    ['copilot-swe-agent[bot]: author', 'alice: co-author sponsor'],
  ],
  [
    'so are two of them, in one of several commits (C2)',
    change({
      commits: [
        commit({ authors: [person(carol)] }),
        byCopilot({ sha: '2'.repeat(40), authors: [person(copilot), person(alice), person(bob)] }),
      ],
    }),
    ['carol: author', 'copilot-swe-agent[bot]: author', 'alice: co-author sponsor', 'bob: co-author sponsor'],
  ],
  [
    'a private address names its account where GitHub maps nobody (C2)',
    change({
      commits: [byCopilot({ authors: [person(copilot), person(null, '101+alice@users.noreply.github.com')] })],
    }),
    ['copilot-swe-agent[bot]: author', 'alice: co-author sponsor'],
  ],
  [
    'a trailer that GitHub did not read names its account (C2)',
    change({ commits: [byCopilot({ message: 'Fix it CO-authored-By :Al <101+alice@users.noreply.github.com>' })] }),
    ['copilot-swe-agent[bot]: author', 'alice: co-author sponsor'],
  ],
  [
    'an agent as co-author makes the other co-authors its sponsors',
    change({ commits: [commit({ authors: [person(alice), person(null, 'noreply@anthropic.com'), person(bob)] })] }),
    ['alice: author', 'bob: co-author sponsor'],
  ],
  [
    'the committer is a party',
    change({ commits: [commit({ committer: person(bob) })] }),
    ['alice: author', 'bob: committer'],
  ],
  ["GitHub's own committer is nobody", change({ commits: [commit({ committer: github })] }), ['alice: author']],
  [
    'whoever signed is a party',
    change({ commits: [commit({ signature: { verified: true, byGitHub: false, signer: mallory, key: null } })] }),
    ['alice: author', 'mallory: committer'],
  ],
  [
    'a signature that does not verify names nobody',
    change({ commits: [commit({ signature: { verified: false, byGitHub: false, signer: mallory, key: null } })] }),
    ['alice: author'],
  ],
  [
    'the opener of the pull request is a party',
    change({ commits: [], pulls: [pull()] }),
    ['alice: pull-request-author'],
  ],
  [
    'a user whose pull request an agent App opened is its sponsor (C1)',
    change({ commits: [], pulls: [pull({ viaApp: { id: 1144995, slug: 'chatgpt-codex-connector' } })] }),
    ['alice: pull-request-author sponsor'],
  ],
  [
    'whoever pushed is a party, though the commits say otherwise (C10)',
    change({ pulls: [pull({}, { pushes: [push(alice), push(bob)] })] }),
    ['alice: author pull-request-author pusher', 'bob: pusher'],
  ],
  [
    'whoever force-pushed is a party',
    change({ commits: [], pulls: [pull({}, { timeline: [{ kind: 'force-pushed', actor: bob }] })] }),
    ['alice: pull-request-author', 'bob: pusher'],
  ],
  [
    'everyone who asked the agent to work is a sponsor (C1, C3)',
    change({
      commits: [],
      pulls: [
        pull(
          { author: copilot },
          {
            timeline: [
              { kind: 'agent-started', actor: alice, viaApp: null },
              { kind: 'reviewed', reviewId: 1 },
              { kind: 'agent-started', actor: bob, viaApp: null },
            ],
          },
        ),
      ],
    }),
    ['copilot-swe-agent[bot]: pull-request-author', 'alice: sponsor', 'bob: sponsor'],
  ],
  ['whoever dispatched the run is a party', change({ commits: [], runAttempts: [run()] }), ['alice: dispatcher']],
  [
    'whoever ran it again is one too, at every attempt (C9)',
    change({
      commits: [],
      runAttempts: [run(), run({ attempt: 2, triggeringActor: bob }), run({ attempt: 3, triggeringActor: carol })],
    }),
    ['alice: dispatcher dispatcher dispatcher', 'bob: re-runner', 'carol: re-runner'],
  ],
  [
    'accounts that GitHub cannot name are left out',
    change({
      commits: [commit({ authors: [person(null)] })],
      pulls: [pull({ author: null }, { pushes: [push(null)] })],
      runAttempts: [run({ actor: null, triggeringActor: null })],
    }),
    [],
  ],
];

test.each(rows)('%s', (_sentence, facts, expected) => {
  expect(told(facts)).toEqual(expected);
  for (const { account } of parties(facts).all) expect(isExcluded(parties(facts), account.id)).toBe(true);
});

test('one account under several logins is one party, by its id (C15, C16)', () => {
  const renamed = { ...alice, login: 'Alice-Now' };
  const found = parties(change({ pulls: [pull({ author: renamed })] }));
  expect(found.all).toHaveLength(1);
  expect(found.all[0]?.roles.map(({ role, where }) => `${role} ${where}`)).toEqual([
    'author commit a1b2c3d',
    'pull-request-author pull request #12',
  ]);
});

test('an account that only a mailbox named takes its type and login from the API once that names it', () => {
  const facts = change({
    commits: [commit({ authors: [person(null, '101+whatever@users.noreply.github.com')] })],
    pulls: [pull()],
  });
  expect(parties(facts).all.map(({ account }) => account)).toEqual([alice]);
});

test('whoever is not on the requesting side is not excluded, whatever his rights (C23)', () => {
  expect(excluded(change({ pulls: [pull({ author: copilot })] }), alice, copilot, bob)).toEqual([true, true, false]);
});

test('a forged author excludes the name and not the pusher alone: both are parties (C11)', () => {
  const facts = change({
    commits: [commit({ authors: [person(bob)], signature: UNSIGNED })],
    pulls: [pull({ author: mallory }, { pushes: [push(mallory)] })],
  });
  expect(excluded(facts, bob, mallory, carol)).toEqual([true, true, false]);
});

const deployment = (part: Partial<ChangeFacts> = {}): ChangeFacts =>
  change({
    commits: [commit(), merge],
    runAttempts: [run({ event: 'push', headSha: merge.sha, actor: bob, triggeringActor: bob })],
    countersignedMerges: [merge.sha],
    ...part,
  });

test('whoever merged what was countersigned may countersign its deployment, so that two people can ship', () => {
  const found = parties(deployment());
  expect(told(deployment())).toEqual(['alice: author', 'bob: merger merger']);
  expect(excluded(deployment(), alice, bob)).toEqual([true, false]);
  expect(found.all.map((party) => excludingRoles(party, found))).toEqual([['author'], []]);
});

const notOnlyMerger: readonly [sentence: string, facts: ChangeFacts][] = [
  ['a merge that was not countersigned makes its author a party', deployment({ countersignedMerges: [] })],
  [
    'a merge that GitHub did not sign makes its author a party (C21)',
    deployment({ commits: [{ ...merge, signature: UNSIGNED }] }),
  ],
  [
    'a merge that its author signed himself makes him a party (C21)',
    deployment({ commits: [{ ...merge, signature: { ...BY_GITHUB, byGitHub: false, signer: bob, key: null } }] }),
  ],
  ['a commit with one parent is no merge', deployment({ commits: [{ ...merge, parents: [SHA] }] })],
  [
    'a merger who wrote another commit is a party',
    deployment({ commits: [commit({ authors: [person(bob)] }), merge] }),
  ],
  ['a merger who pushed to the branch is a party', deployment({ pulls: [pull({}, { pushes: [push(bob)] })] })],
  [
    'a merger who dispatches a run by hand is a party',
    deployment({
      runAttempts: [run({ event: 'workflow_dispatch', headSha: merge.sha, actor: bob, triggeringActor: bob })],
    }),
  ],
  [
    'a merger who runs it again is a party (C9)',
    deployment({
      runAttempts: [run({ event: 'push', headSha: merge.sha, actor: bob, attempt: 2, triggeringActor: bob })],
    }),
  ],
  [
    'a push of another head than the merge makes its actor a party',
    deployment({ runAttempts: [run({ event: 'push', headSha: SHA, actor: bob, triggeringActor: bob })] }),
  ],
  [
    'a co-author of the merge is a party',
    deployment({ commits: [{ ...merge, authors: [person(alice), person(bob)] }] }),
  ],
];

test.each(notOnlyMerger)('%s', (_sentence, facts) => {
  expect(excluded(facts, bob)).toEqual([true]);
});

test('a push by somebody who did not make the merge is a dispatch', () => {
  const facts = deployment({
    runAttempts: [run({ event: 'push', headSha: merge.sha, actor: carol, triggeringActor: carol })],
  });
  expect(excluded(facts, bob, carol)).toEqual([false, true]);
});

const authors: readonly [sentence: string, part: Partial<CommitFacts>, unattributed: boolean][] = [
  ['an author with an account is somebody', {}, false],
  ['an author without one may be anybody (C12)', { authors: [person(null)] }, true],
  ['so may a co-author without one', { authors: [person(alice), person(null)] }, true],
  ['a commit without any author is nobody’s', { authors: [] }, true],
  [
    'a private address that GitHub does not map may be anybody',
    { authors: [person(null, '999999+ghost@users.noreply.github.com')] },
    true,
  ],
  [
    'the private address of a known agent is that agent',
    { authors: [person(null, '198982749+Copilot@users.noreply.github.com')], signature: UNSIGNED },
    false,
  ],
  [
    'the private address of a bot counts with the signature of GitHub',
    { authors: [person(null, '7+acme[bot]@users.noreply.github.com')] },
    false,
  ],
  [
    'the private address of a bot without it may be anybody (C13)',
    { authors: [person(null, '7+acme[bot]@users.noreply.github.com')], signature: UNSIGNED },
    true,
  ],
  [
    'an agent mailbox as co-author names a tool',
    { authors: [person(alice), person(null, 'noreply@openai.com')] },
    false,
  ],
  [
    'an agent mailbox as author names nobody who answers for it',
    { authors: [person(null, 'openhands@all-hands.dev')] },
    true,
  ],
];

test.each(authors)('%s', (_sentence, part, unattributed) => {
  expect(parties(change({ commits: [commit(part)] })).unattributed).toEqual(unattributed ? [SHA] : []);
});
