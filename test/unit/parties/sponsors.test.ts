import { describe, expect, test } from 'vitest';
import { NOBODY_DECLARED } from '../../../core/actors/declared-people.ts';
import type { Account } from '../../../core/actors/account.ts';
import { GHOST_ID } from '../../../core/actors/account.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import type { ChangeFacts, TimelineEvent } from '../../../core/facts.ts';
import { excludingRoles, findParties, isExcluded, namedLogins } from '../../../core/parties/find-parties.ts';
import type { PartyContext } from '../../../core/parties/find-parties.ts';
import {
  alice,
  bob,
  bot,
  carol,
  change,
  commit,
  copilot,
  mallory,
  person,
  pull,
  push,
  run,
  SHA,
  UNSIGNED,
} from '../authorship/change-builder.ts';

const NOTHING_MORE: PartyContext = {
  logins: new Map(),
  earlier: new Map(),
  owners: new Map(),
  mergersExcluded: false,
  people: NOBODY_DECLARED,
};
const find = (facts: ChangeFacts, more: Partial<PartyContext> = {}) =>
  findParties(facts, agentRegistry, { ...NOTHING_MORE, ...more });

/** `login: where (source)` of every sponsor, in the order found. */
const sponsors = (facts: ChangeFacts, more: Partial<PartyContext> = {}): readonly string[] =>
  find(facts, more).all.flatMap(({ account, roles }) =>
    roles.filter(({ role }) => role === 'sponsor').map(({ where, source }) => `${account.login}: ${where} (${source})`),
  );
const unknown = (facts: ChangeFacts, more: Partial<PartyContext> = {}): readonly string[] =>
  find(facts, more).unknown.map(({ name, role, where }) => `${name}: ${role}, ${where}`);

const NOON = '2026-06-01T12:00:00Z';
const LATER = '2026-06-01T13:00:00Z';
const EARLIER = '2026-06-01T11:00:00Z';
const called = (actor: Account | null, ...handles: readonly string[]): TimelineEvent => ({
  kind: 'commented',
  actor,
  handles,
  at: NOON,
});
const pushedAt = (actor: Account | null, at: string) => ({ ...push(actor), at });
/** Alice's own pull request, in which nothing but the timeline and the pushes tells of an agent. */
const human = (timeline: readonly TimelineEvent[], pushes = [pushedAt(copilot, LATER)]): ChangeFacts =>
  change({ commits: [], pulls: [pull({}, { timeline, pushes })] });
const agents = (body: string, timeline: readonly TimelineEvent[] = []): ChangeFacts =>
  change({ commits: [], pulls: [pull({ author: copilot, body }, { timeline })] });
const byCopilot = commit({ authors: [person(copilot)] });

describe('what GitHub itself tells', () => {
  test.each<[sentence: string, facts: ChangeFacts, expected: readonly string[]]>([
    [
      'whoever assigned an agent',
      human([{ kind: 'assigned', actor: bob, assignee: copilot }]),
      ['bob: assigned copilot on #12 (api)'],
    ],
    ['whoever assigned a person is none', human([{ kind: 'assigned', actor: bob, assignee: carol }]), []],
    [
      'whoever set the label that starts an agent',
      human([{ kind: 'labelled', actor: bob, label: ' Codex ' }]),
      ['bob: label for codex on #12 (api)'],
    ],
    ['whoever set another label is none', human([{ kind: 'labelled', actor: bob, label: 'bug' }]), []],
    [
      'whoever marked an agent’s draft ready',
      human([{ kind: 'ready', actor: bob }]),
      ['bob: marked #12 ready for review (api)'],
    ],
    ['whoever marked a person’s draft ready is none', human([{ kind: 'ready', actor: bob }], [push(alice)]), []],
    [
      'every one of several askers (C3)',
      human([
        { kind: 'agent-started', actor: alice, viaApp: null },
        { kind: 'agent-started', actor: bob, viaApp: null },
      ]),
      ['alice: asked the agent to work on #12 (api)', 'bob: asked the agent to work on #12 (api)'],
    ],
    ['an agent that assigns itself is none', human([{ kind: 'assigned', actor: copilot, assignee: copilot }]), []],
  ])('%s', (_sentence, facts, expected) => {
    expect(sponsors(facts)).toEqual(expected);
  });
});

describe('comments that call an agent', () => {
  const sentence = 'bob: called claude in a comment on #12 (api)';
  test.each<[sentence: string, facts: ChangeFacts, expected: readonly string[]]>([
    ['before its next push (C3)', human([called(bob, '@claude')]), [sentence]],
    ['before a push by some App', human([called(bob, '@claude')], [pushedAt(bot(7, 'ci[bot]'), LATER)]), [sentence]],
    ['before a push by nobody known', human([called(bob, '@claude')], [pushedAt(null, LATER)]), [sentence]],
    ['whose time nobody tells', human([called(bob, '@claude')], [pushedAt(copilot, '')]), [sentence]],
    ['in a fork, where no push is seen', human([called(bob, '@claude')], []), [sentence]],
    ['after which nobody pushed', human([called(bob, '@claude')], [pushedAt(copilot, EARLIER)]), []],
    ['for a review, after which only people pushed', human([called(bob, '@claude')], [pushedAt(alice, LATER)]), []],
    [
      'before a push with a person’s token, where agents are at work',
      change({
        commits: [byCopilot],
        pulls: [pull({}, { timeline: [called(bob, '@claude')], pushes: [pushedAt(alice, LATER)] })],
      }),
      [sentence],
    ],
    ['by a command', human([called(bob, '@alice', '/devin')]), ['bob: called devin in a comment on #12 (api)']],
    [
      'by the name of its App',
      human([called(bob, '@google-labs-jules')]),
      ['bob: called jules in a comment on #12 (api)'],
    ],
    ['by a person’s name, which calls no agent', human([called(bob, '@claudette', '@alice')]), []],
  ])('%s', (_sentence, facts, expected) => {
    expect(sponsors(facts)).toEqual(expected);
  });
});

describe('what free text tells', () => {
  const logins = new Map([
    ['erin', { id: 105, login: 'Erin', type: 'User' as const }],
    ['acme', { id: 9, login: 'acme', type: 'Organization' as const }],
  ]);
  test.each<[sentence: string, facts: ChangeFacts, sponsors: readonly string[], unknown: readonly string[]]>([
    ['a login', agents('Requested by: @erin'), ['Erin: text of #12 (text)'], []],
    [
      'in bold, in a list, as a link',
      agents('- **Requested by**: [@erin](https://x/erin)'),
      ['Erin: text of #12 (text)'],
      [],
    ],
    ['a name', agents('Requested by: Erin Example (erin@corp.test)'), [], ['Erin Example: sponsor, text of #12']],
    ['a login that nobody has', agents('Prompted by: @gone'), [], ['@gone: sponsor, text of #12']],
    ['an organisation', agents('Requested by: @acme'), [], ['@acme: sponsor, text of #12']],
    [
      'a login in letters that only look alike (C19)',
      agents('Requested by: @еrin'),
      [],
      ['@еrin: sponsor, text of #12'],
    ],
    ['a sentence that is none', agents('Started by moving the module'), [], ['nobody: sponsor, pull request #12']],
    [
      'in a person’s pull request, where it says who wanted it',
      change({ commits: [], pulls: [pull({ body: 'Requested by: @erin' })] }),
      [],
      [],
    ],
    [
      'a trailer of an agent’s commit',
      change({ commits: [commit({ authors: [person(copilot)], message: 'x\n\nRequested-by: @erin' })] }),
      ['Erin: trailer of a1b2c3d (text)'],
      [],
    ],
    [
      'the sign-off of an agent’s commit, by a mailbox that another commit maps',
      change({
        commits: [
          commit({ authors: [person(copilot)], message: 'x\n\nSigned-off-by: C <CAROL@corp.test>' }),
          commit({ sha: '2'.repeat(40), authors: [person(carol)] }),
        ],
      }),
      ['carol: sign-off of a1b2c3d (text)'],
      [],
    ],
  ])('%s', (_sentence, facts, named, nobody) => {
    expect(sponsors(facts, { logins })).toEqual(named);
    expect(unknown(facts, { logins })).toEqual(nobody);
  });

  const note = (human: string): string =>
    `a.tf\n  x 1\n---\n${JSON.stringify({ prompts: { x: { agent_id: { tool: 'claude' }, human_author: human } } })}`;
  test.each([
    ['by a mailbox that the change maps', 'Carol <carol@corp.test>', 'carol'],
    ['by the author’s own name', 'alice', 'alice'],
    ['by a private address', 'x <103+carol@users.noreply.github.com>', 'carol'],
  ])('the human of a git-ai note, %s', (_sentence, text, expected) => {
    const facts = change({
      commits: [commit({ aiNote: note(text) }), commit({ sha: '2'.repeat(40), authors: [person(carol)] })],
    });
    expect(sponsors(facts)).toEqual([`${expected}: prompt author in the AI note of a1b2c3d (text)`]);
  });

  test('the human of a git-ai note whom no account answers for is somebody unknown, without the mailbox', () => {
    const facts = change({ commits: [commit({ aiNote: note('Zed <zed@else.test>') })] });
    expect(unknown(facts)).toEqual(['Zed: sponsor, prompt author in the AI note of a1b2c3d']);
  });

  test('logins are asked for once, and only those that stand for an asker', () => {
    const facts = agents('Requested by: @Erin and @erin, thanks @zed\nSee @mallory');
    expect(namedLogins(facts, agentRegistry)).toEqual(['erin', 'zed']);
  });

  test('free text adds people and takes nobody away', () => {
    const plain = change({ commits: [byCopilot], pulls: [pull({ author: copilot }, { pushes: [push(mallory)] })] });
    const texts = change({
      commits: [
        { ...byCopilot, message: 'x\n\nRequested-by: @erin\nCo-authored-by: c <103+carol@users.noreply.github.com>' },
      ],
      pulls: [pull({ author: copilot, body: 'Requested by: @erin' }, { pushes: [push(mallory)] })],
    });
    const before = find(plain).all.map(({ account }) => account.id);
    const after = find(texts, { logins });
    expect(before.every((id) => isExcluded(after, id))).toBe(true);
    expect([carol.id, 105].map((id) => isExcluded(after, id))).toEqual([true, true]);
  });
});

describe('a login that changed hands (C15)', () => {
  const first = { id: 105, login: 'erin', type: 'User' as const };
  const second = { id: 999, login: 'erin', type: 'User' as const };
  const facts = agents('Requested by: @erin');

  test('both accounts are parties: whoever had it first, and whoever has it now', () => {
    const before = find(facts, { logins: new Map([['erin', first]]) });
    const now = find(facts, { logins: new Map([['erin', second]]), earlier: new Map([[12, before.all]]) });
    expect([first, second, bob].map(({ id }) => isExcluded(now, id))).toEqual([true, true, false]);
    expect(now.unknown).toEqual([]);
  });

  test('a login that nobody has any more is whoever had it', () => {
    const before = find(facts, { logins: new Map([['erin', first]]) });
    const now = find(facts, { earlier: new Map([[12, before.all]]) });
    expect([isExcluded(now, first.id), now.unknown]).toEqual([true, []]);
  });

  test('what was taken out of the text stays known', () => {
    const before = find(facts, { logins: new Map([['erin', first]]) });
    const now = find(agents('Nothing to see'), { earlier: new Map([[12, before.all]]) });
    expect([isExcluded(now, first.id), now.unknown]).toEqual([true, []]);
  });
});

describe('whom nobody can name', () => {
  const ghost: Account = { id: GHOST_ID, login: 'ghost', type: 'User' };
  test.each<[sentence: string, facts: ChangeFacts, expected: readonly string[]]>([
    [
      'a deleted opener',
      change({ commits: [], pulls: [pull({ author: null })] }),
      ['ghost: pull-request-author, pull request #12'],
    ],
    [
      'in whose place GitHub shows ghost',
      change({ commits: [], pulls: [pull({ author: ghost })] }),
      ['ghost: pull-request-author, pull request #12'],
    ],
    [
      'a deleted pusher',
      change({ pulls: [pull({}, { pushes: [push(null)] })] }),
      ['ghost: pusher, push to the branch of #12'],
    ],
    [
      'a deleted asker',
      human([{ kind: 'agent-started', actor: null, viaApp: null }]),
      ['ghost: sponsor, asked the agent to work on #12'],
    ],
    ['a run without actor', change({ runAttempts: [run({ actor: null })] }), ['ghost: dispatcher, run 56 attempt 1']],
    ['a deleted merger is nobody’s business', change({ pulls: [pull({ merged: true, mergedBy: null })] }), []],
    ['an agent’s pull request with no human in it (agents.md 4)', agents(''), ['nobody: sponsor, pull request #12']],
    [
      'an agent’s commit past every pull request',
      change({ commits: [byCopilot], runAttempts: [run()] }),
      ['nobody: sponsor, commit a1b2c3d'],
    ],
    [
      'an agent’s pull request with a human pusher',
      change({ commits: [byCopilot], pulls: [pull({ author: copilot }, { pushes: [push(bob)] })] }),
      [],
    ],
    [
      'an agent’s pull request beside a person’s, in one deployment',
      change({
        commits: [
          {
            ...byCopilot,
            pulls: [
              {
                number: 13,
                author: copilot,
                headSha: SHA,
                headRef: 'x',
                baseRef: 'main',
                mergeCommitSha: null,
                merged: true,
                fromFork: false,
              },
            ],
          },
        ],
        pulls: [pull({}, { pushes: [push(alice)] }), pull({ number: 13, author: copilot })],
        runAttempts: [run()],
      }),
      ['nobody: sponsor, pull request #13'],
    ],
  ])('%s', (_sentence, facts, expected) => {
    expect(unknown(facts)).toEqual(expected);
    expect(find(facts).all.some(({ account }) => account.id === GHOST_ID)).toBe(false);
  });
});

describe('owners and mergers', () => {
  const robot = bot(70, 'acme-deployer[bot]');
  const facts = change({ commits: [commit({ authors: [person(robot)] })] });
  const owners = (owner: Account | null) => new Map([[70, { owner, where: 'owner of acme-deployer[bot]' }]]);

  test('whoever answers for an automation is a party of its change (C4)', () => {
    const found = find(facts, { owners: owners(bob) });
    expect([isExcluded(found, bob.id), found.unknown]).toEqual([true, []]);
    expect(isExcluded(find(change(), { owners: owners(bob) }), bob.id)).toBe(false);
  });

  test('an owner whom the policy names and nobody has is somebody unknown', () => {
    expect(unknown(facts, { owners: owners(null) })).toEqual(['nobody: owner, owner of acme-deployer[bot]']);
  });

  test('merging is a role that excludes only where the policy says so', () => {
    const merged = change({
      pulls: [pull({ merged: true, mergedBy: bob }, { timeline: [{ kind: 'auto-merge', actor: carol }] })],
    });
    const free = find(merged);
    const strict = find(merged, { mergersExcluded: true });
    expect([bob, carol].map(({ id }) => isExcluded(free, id))).toEqual([false, false]);
    expect([bob, carol].map(({ id }) => isExcluded(strict, id))).toEqual([true, true]);
    expect(strict.all.map((party) => excludingRoles(party, strict))).toContainEqual(['merger']);
  });

  test('whose suggestion was taken over is told apart from other co-authors (C20)', () => {
    const suggested = change({
      commits: [commit({ message: 'Update infra/main.tf', authors: [person(alice), person(bob)] })],
    });
    const unsigned = change({
      commits: [
        commit({ message: 'Update infra/main.tf', authors: [person(alice), person(bob)], signature: UNSIGNED }),
      ],
    });
    const rolesOfBob = (of: ChangeFacts) =>
      find(of)
        .all.find(({ account }) => account.id === bob.id)
        ?.roles.map(({ role }) => role);
    expect(rolesOfBob(suggested)).toEqual(['co-author', 'suggestion-author']);
    expect(rolesOfBob(unsigned)).toEqual(['co-author']);
  });
});
