import { expect, test } from 'vitest';
import { classify } from '../../../core/authorship/classify.ts';
import type { AuthorshipClass, Classification, Signal } from '../../../core/authorship/classification.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import type { ChangeFacts, CommitFacts, PullEvidence, PullFacts, RunFacts } from '../../../core/facts.ts';
import {
  alice,
  bob,
  bot,
  BY_GITHUB,
  change,
  commit,
  copilot,
  github,
  mallory,
  person,
  pull,
  push,
  run,
  UNSIGNED,
} from './change-builder.ts';

const judge = (facts: ChangeFacts, earlier: readonly Signal[] = []): Classification =>
  classify(facts, agentRegistry, { automation: [], touchedPaths: ['main.tf'], earlier });

/** class, then the strongest signal as `tier kind agent`. */
type Verdict = readonly [class_: AuthorshipClass, signal: string | null];
const verdict = (found: Classification): Verdict => {
  const [first] = found.signals;
  return [found.class, first === undefined ? null : `${first.tier} ${first.kind} ${first.agent ?? '-'}`];
};

const unsignedBy = (name: string, email: string): Partial<CommitFacts> => ({
  authors: [person(null, email, name)],
  signature: UNSIGNED,
});
const codexApp = { id: 1144995, slug: 'chatgpt-codex-connector' };

const commits: readonly [sentence: string, part: Partial<CommitFacts>, expected: Verdict][] = [
  ['a plain signed commit of a user is unattributed, never human', {}, ['unattributed', null]],
  [
    'a commit of an agent account that GitHub signed is verified',
    { authors: [person(copilot)] },
    ['agent', 'verified account copilot'],
  ],
  [
    'the same account on an unsigned commit is declared (C11)',
    { authors: [person(copilot)], signature: UNSIGNED },
    ['agent', 'declared account copilot'],
  ],
  [
    'the user account of Claude is an agent though its type is User',
    { authors: [person({ id: 81847, login: 'claude', type: 'User' })] },
    ['agent', 'verified account claude'],
  ],
  [
    'an agent as co-author is declared',
    { authors: [person(alice), person(copilot)] },
    ['agent', 'declared account copilot'],
  ],
  [
    'an agent as committer is found',
    { committer: person(null, 'openhands@all-hands.dev', 'openhands') },
    ['agent', 'declared mailbox openhands'],
  ],
  [
    'a mailbox of an agent is declared whatever name stands before it',
    unsignedBy('Divya A', 'noreply@anthropic.com'),
    ['agent', 'declared mailbox claude'],
  ],
  [
    'a mailbox counts in any case and with spaces',
    unsignedBy('C', ' NoReply@Anthropic.com '),
    ['agent', 'declared mailbox claude'],
  ],
  [
    'the private address of an agent counts by its id',
    unsignedBy('x', '198982749+anything@users.noreply.github.com'),
    ['agent', 'declared mailbox copilot'],
  ],
  [
    'the login of an agent App in a private address counts beside any id',
    unsignedBy('x', '41898282+devin-ai-integration[bot]@users.noreply.github.com'),
    ['agent', 'declared mailbox devin'],
  ],
  ['an employee of a vendor is no agent', unsignedBy('Devin Wong', 'devin.wong@anthropic.com'), ['unattributed', null]],
  ['a person called Claude is no agent', unsignedBy('Claude Mueller', 'claude@corp.test'), ['unattributed', null]],
  [
    'a person whose first name is all that is given is no agent',
    unsignedBy('Jules', 'jules@corp.test'),
    ['unattributed', null],
  ],
  [
    'a name that Aider signed is declared',
    unsignedBy('Ada Lovelace (aider)', 'ada@corp.test'),
    ['agent', 'declared name-suffix aider'],
  ],
  [
    'a name signed via a product is declared',
    unsignedBy('Ada via Copilot', 'ada@corp.test'),
    ['agent', 'declared name-suffix copilot'],
  ],
  [
    'a name with a model in brackets is declared',
    unsignedBy('Ada (claude-sonnet-4-20250514)', 'ada@corp.test'),
    ['agent', 'declared name-suffix claude'],
  ],
  [
    'a model as the name is suspected',
    unsignedBy('Claude Sonnet 4.6', 'ada@corp.test'),
    ['suspected', 'heuristic agent-like-name claude'],
  ],
  [
    'an assistant as the name is suspected',
    unsignedBy('AI Assistant', 'ada@corp.test'),
    ['suspected', 'heuristic agent-like-name -'],
  ],
  [
    'a plus-address of a tool is suspected',
    unsignedBy('Ada', 'ada+claude-code@corp.test'),
    ['suspected', 'heuristic plus-address claude'],
  ],
  ['a plain plus-address is no sign', unsignedBy('Ada', 'ada+git@corp.test'), ['unattributed', null]],
  [
    'a placeholder mailbox is suspected',
    unsignedBy('Your Name', 'you@example.com'),
    ['suspected', 'heuristic placeholder-mailbox -'],
  ],
  [
    'an unlisted bot is suspected',
    { authors: [person(bot(900, 'acme-bot[bot]'))] },
    ['suspected', 'heuristic bot-account -'],
  ],
  [
    'a bot of no account is suspected, not exempt',
    unsignedBy('x', '7+acme[bot]@users.noreply.github.com'),
    ['suspected', 'heuristic bot-account -'],
  ],
  [
    'a person who writes [bot] behind his name is suspected, not exempt (C13)',
    unsignedBy('x[bot]', 'x@evil.test'),
    ['suspected', 'heuristic bot-name -'],
  ],
  [
    'Dependabot is suspected unless the policy lists it',
    { authors: [person(bot(49699333, 'dependabot[bot]'))] },
    ['suspected', 'heuristic bot-account -'],
  ],
  [
    'code written by github-actions is suspected',
    { authors: [person(bot(41898282, 'github-actions[bot]'))] },
    ['suspected', 'heuristic bot-account -'],
  ],
  [
    'known automation among co-authors is no sign',
    { authors: [person(alice), person(bot(49699333, 'dependabot[bot]'))] },
    ['unattributed', null],
  ],
  [
    'an account of an unknown type is suspected',
    { authors: [person({ id: 9, login: 'x', type: 'Unknown' })] },
    ['suspected', 'heuristic account-type -'],
  ],
  [
    'an agent that comes through an associated pull request is verified',
    {
      pulls: [
        {
          number: 7,
          author: copilot,
          headSha: 'f',
          headRef: 'x',
          baseRef: 'main',
          mergeCommitSha: null,
          merged: true,
          fromFork: false,
        },
      ],
    },
    ['agent', 'verified account copilot'],
  ],
  [
    'an agent branch of an associated pull request is suspected',
    {
      pulls: [
        {
          number: 7,
          author: alice,
          headSha: 'f',
          headRef: 'codex/fix',
          baseRef: 'main',
          mergeCommitSha: null,
          merged: true,
          fromFork: false,
        },
      ],
    },
    ['suspected', 'heuristic branch-prefix codex'],
  ],
];

test.each(commits)('%s', (_sentence, part, expected) => {
  expect(verdict(judge(change({ commits: [commit(part)] })))).toEqual(expected);
});

const pulls: readonly [
  sentence: string,
  part: Partial<PullFacts>,
  rest: Partial<Omit<PullEvidence, 'pull'>>,
  expected: Verdict,
][] = [
  ['a plain pull request of a user is unattributed', {}, {}, ['unattributed', null]],
  ['an agent that opened it is verified', { author: copilot }, {}, ['agent', 'verified account copilot']],
  ['a user through an agent App is verified', { viaApp: codexApp }, {}, ['agent', 'verified app codex']],
  [
    'an agent App counts by its id under another slug',
    { viaApp: { id: 1144995, slug: 'renamed' } },
    {},
    ['agent', 'verified app codex'],
  ],
  [
    'a user through an unlisted App is suspected',
    { viaApp: { id: 5, slug: 'who-knows' } },
    {},
    ['suspected', 'heuristic app-unknown -'],
  ],
  [
    'an opener whom GitHub cannot name is suspected',
    { author: null },
    {},
    ['suspected', 'heuristic account-unknown -'],
  ],
  [
    'a slash prefix of the branch is suspected',
    { headRef: 'Codex/fix' },
    {},
    ['suspected', 'heuristic branch-prefix codex'],
  ],
  ['a hyphen behind the same word is no sign', { headRef: 'cursor-pagination' }, {}, ['unattributed', null]],
  [
    'a session link in the body is declared',
    { body: 'Task: https://chatgpt.com/codex/tasks/task_1' },
    {},
    ['agent', 'declared marker codex'],
  ],
  [
    'a footer in the body is declared',
    { body: 'x\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)' },
    {},
    ['agent', 'declared marker claude'],
  ],
  [
    'a quoted footer is no sign',
    { body: '> 🤖 Generated with [Claude Code](x)\n\nI wrote this.' },
    {},
    ['unattributed', null],
  ],
  [
    'a footer in a code fence is no sign',
    { body: 'See\n```\nGenerated with [Claude Code](x)\n```\n' },
    {},
    ['unattributed', null],
  ],
  [
    'a footer behind a fence that never closes is declared',
    { body: '```\nGenerated with [Claude Code](x)\n' },
    {},
    ['agent', 'declared marker claude'],
  ],
  ['a summary by a review bot is no sign', { body: '<!-- CURSOR_SUMMARY -->' }, {}, ['unattributed', null]],
  ['a label of an agent is declared', { labels: ['Codex'] }, {}, ['agent', 'declared label codex']],
  ['an agent that merged it is verified', { mergedBy: copilot }, {}, ['agent', 'verified account copilot']],
  ['a merge bot that merged it is no sign', { mergedBy: bot(37929162, 'mergify[bot]') }, {}, ['unattributed', null]],
  [
    'an agent that pushed is verified',
    {},
    { pushes: [push(alice), push(copilot)] },
    ['agent', 'verified account copilot'],
  ],
  [
    'a push by nobody whom GitHub can name is suspected',
    {},
    { pushes: [push(null)] },
    ['suspected', 'heuristic account-unknown -'],
  ],
  [
    'an agent that force-pushed is verified',
    {},
    { timeline: [{ kind: 'force-pushed', actor: copilot }] },
    ['agent', 'verified account copilot'],
  ],
  [
    'work that an agent started for a user is verified',
    {},
    { timeline: [{ kind: 'agent-started', actor: alice, viaApp: { id: 1143301, slug: 'copilot-swe-agent' } }] },
    ['agent', 'verified agent-started copilot'],
  ],
  [
    'work that some agent started is verified though nobody says which',
    {},
    { timeline: [{ kind: 'agent-started', actor: alice, viaApp: null }] },
    ['agent', 'verified agent-started -'],
  ],
];

test.each(pulls)('of a pull request: %s', (_sentence, part, rest, expected) => {
  expect(verdict(judge(change({ pulls: [pull(part, rest)] })))).toEqual(expected);
});

const runs: readonly [sentence: string, part: Partial<RunFacts>, expected: Verdict][] = [
  ['a run of a user is unattributed', {}, ['unattributed', null]],
  ['an agent that started it is verified', { actor: copilot }, ['agent', 'verified account copilot']],
  [
    'an agent that ran it again is verified',
    { attempt: 2, triggeringActor: copilot },
    ['agent', 'verified account copilot'],
  ],
  [
    'an unlisted bot that started it is suspected',
    { actor: bot(900, 'acme[bot]') },
    ['suspected', 'heuristic bot-account -'],
  ],
  ['an actor whom GitHub cannot name is suspected', { actor: null }, ['suspected', 'heuristic account-unknown -']],
  [
    'a run on an agent branch is suspected',
    { headBranch: 'claude/issue-1' },
    ['suspected', 'heuristic branch-prefix claude'],
  ],
];

test.each(runs)('of a run: %s', (_sentence, part, expected) => {
  expect(verdict(judge(change({ runAttempts: [run(part)] })))).toEqual(expected);
});

test('one commit of an agent among many of people makes the whole change an agent change (C14)', () => {
  const facts = change({
    commits: [commit(), commit({ sha: '2'.repeat(40), authors: [person(copilot)] }), commit({ sha: '3'.repeat(40) })],
  });
  expect(judge(facts).class).toBe('agent');
});

test('commits of people under the pull request of an agent do not clear it', () => {
  expect(judge(change({ pulls: [pull({ author: copilot })] }))).toMatchObject({ class: 'agent', agents: ['copilot'] });
});

test('any look-up that failed or was cut makes the change suspected', () => {
  const found = judge(change({ incomplete: ['commits-truncated'] }));
  expect(found).toMatchObject({
    class: 'suspected',
    signals: [{ kind: 'look-up-incomplete', where: 'commits-truncated' }],
  });
});

test('an unsigned commit that somebody else pushed is suspected (C11)', () => {
  const forged = commit({ authors: [person(bob)], signature: UNSIGNED });
  expect(
    verdict(judge(change({ commits: [forged], pulls: [pull({ author: mallory }, { pushes: [push(mallory)] })] }))),
  ).toEqual(['suspected', 'heuristic author-not-pusher -']);
  expect(judge(change({ commits: [forged], pulls: [pull({ author: bob }, { pushes: [push(bob)] })] })).class).toBe(
    'unattributed',
  );
});

test('a signed commit may be pushed by anybody', () => {
  const signed = commit({
    authors: [person(bob)],
    committer: person(bob),
    signature: { verified: true, byGitHub: false, signer: bob, key: null },
  });
  expect(judge(change({ commits: [signed], pulls: [pull({}, { pushes: [push(alice)] })] })).class).toBe('unattributed');
});

test('a signature of somebody else does not verify an agent account', () => {
  const found = judge(
    change({
      commits: [
        commit({
          authors: [person(copilot)],
          committer: github,
          signature: { ...BY_GITHUB, byGitHub: false, signer: alice, key: null },
        }),
      ],
    }),
  );
  expect(found.signals[0]).toMatchObject({ tier: 'declared', agent: 'copilot' });
});

test('evidence of an earlier head stays after a force-push over it', () => {
  const before = judge(change({ commits: [commit({ authors: [person(copilot)] })] }));
  const after = judge(change(), before.signals);
  expect(after).toMatchObject({ class: 'agent', agents: ['copilot'] });
  expect(judge(change(), after.signals)).toEqual(after);
});

test('an earlier failed look-up is made good by a complete one', () => {
  const before = judge(change({ incomplete: ['pull-12-timeline'] }));
  expect(judge(change(), before.signals).class).toBe('unattributed');
});

test('an earlier failed look-up stays where history was replaced since', () => {
  const before = judge(change({ incomplete: ['commits-truncated'] }));
  const byTimeline = pull({}, { timeline: [{ kind: 'force-pushed', actor: alice }] });
  const byActivity = pull({}, { pushes: [push(alice, 'force_push')] });
  for (const evidence of [byTimeline, byActivity]) {
    expect(judge(change({ pulls: [evidence] }), before.signals).class).toBe('suspected');
  }
});

test('signals stand once each, the strongest first, with where they were seen', () => {
  const found = judge(
    change({
      commits: [
        commit({
          authors: [person(copilot), person(copilot)],
          message: 'x\n\nCo-authored-by: Claude <noreply@anthropic.com>',
        }),
      ],
      pulls: [pull({ headRef: 'codex/x' })],
    }),
  );
  expect(found.agents).toEqual(['claude', 'codex', 'copilot']);
  expect(found.signals.map(({ tier, where }) => `${tier} ${where}`)).toEqual([
    'verified commit a1b2c3d',
    'declared commit a1b2c3d',
    'declared commit a1b2c3d',
    'heuristic pull request #12',
  ]);
});

test("no signal carries a person's mailbox or more than 120 characters", () => {
  const long = `${'a'.repeat(300)}[bot]`;
  const found = judge(
    change({
      commits: [
        commit({
          ...unsignedBy('Ada (aider)', 'ada.private+claude@corp.test'),
          message:
            'x\n\nCo-authored-by: GPT 5 <ada.private@corp.test>\nAssisted-by: Claude Code <ada.private@corp.test>',
        }),
      ],
      pulls: [pull({ author: bot(900, long) })],
    }),
  );
  expect(found.signals.length).toBeGreaterThan(4);
  expect(JSON.stringify(found)).not.toContain('private');
  for (const { value } of found.signals) expect(value.length).toBeLessThanOrEqual(120);
});
