import { expect, test } from 'vitest';
import { classify } from '../../../core/authorship/classify.ts';
import type { Classification } from '../../../core/authorship/classification.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import type { CommitFacts, PullFacts } from '../../../core/facts.ts';
import { findParties } from '../../../core/parties/find-parties.ts';
import { alice, bob, change, commit, dependabot, person, pull, push, run, UNSIGNED } from './change-builder.ts';

// What nobody would write in good faith: bounded work, no crash, and never a clearance.

const automation = [{ accountId: dependabot.id, paths: ['**'] }];

function judge(part: Partial<CommitFacts>, opened: Partial<PullFacts> = {}): Classification {
  const facts = change({ commits: [commit({ signature: UNSIGNED, ...part })], pulls: [pull(opened)] });
  findParties(facts, agentRegistry);
  return classify(facts, agentRegistry, { automation, touchedPaths: ['a'], earlier: [] });
}

const kindsOf = ({ signals }: Classification): readonly string[] => [...new Set(signals.map(({ kind }) => kind))];
const times = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

test('a commit of 10,000 trailers is judged in bounded time and space, and the last one counts', () => {
  const message = `x\n\n${times(10_000, (n) => `Co-authored-by: p${n} <p${n}@corp.test>`)}\nClaude-Session: y`;
  const begin = performance.now();
  expect(judge({ message })).toMatchObject({ class: 'agent', agents: ['claude'] });
  expect(performance.now() - begin).toBeLessThan(2_000);
});

test('10,000 different traces of one kind are kept as 1,000', () => {
  const message = `x\n\n${times(10_000, (n) => `Co-authored-by: b${n}[bot] <b${n}[bot]@users.noreply.github.com>`)}`;
  const found = judge({ message });
  expect(found.class).toBe('suspected');
  expect(found.signals).toHaveLength(1_000);
});

test('300 co-authors are all judged: the agent among them is found', () => {
  const people = Array.from({ length: 300 }, (_, n) => person({ id: 1_000 + n, login: `p${n}`, type: 'User' }));
  const agent = person({ id: 81847, login: 'claude', type: 'User' });
  expect(judge({ authors: [person(alice), ...people, agent] })).toMatchObject({ class: 'agent', agents: ['claude'] });
});

test.each([
  ['no author at all', { authors: [] }],
  ['an author without a name', { authors: [person(null, 'x@corp.test', ' ')] }],
  ['an author without a mailbox', { authors: [person(null, '', 'Ada')] }],
] satisfies readonly (readonly [string, Partial<CommitFacts>])[])('%s is suspected', (_name, part) => {
  const found = judge(part);
  expect(found.class).toBe('suspected');
  expect(kindsOf(found)).toContain('author-unknown');
});

test.each([
  ['turns the text around', 'Ada \u202etob\u202c'],
  ['isolates a part of it', 'Ada \u2066x\u2069'],
  ['is no valid UTF-8', 'Ad\ufffd'],
  ['holds control characters', 'Ada\u0007'],
  ['mixes Latin and Cyrillic letters in a word', '\u0410lice'],
  ['mixes Latin and Greek letters in a word', 'Al\u03b9ce'],
])('an author whose name %s is suspected', (_name, name) => {
  const found = judge({ authors: [person(null, 'x@corp.test', name)] });
  expect(found.class).toBe('suspected');
  expect(kindsOf(found)).toContain('disguised-name');
});

test.each(['Ада Лавлейс', 'Ada Лавлейс', 'Άντα', '愛達', 'Zoë', 'آدا', 'Ada 🚀'])(
  'an author called %s is nothing to suspect',
  (name) => {
    expect(judge({ authors: [person(alice, 'x@corp.test', name)], committer: person(alice) }).class).toBe(
      'unattributed',
    );
  },
);

test('an agent behind full-width letters or invisible ones is seen', () => {
  for (const name of ['Ｃｕｒｓｏｒ Agent', 'Cur\u200bsor Agent'])
    expect(kindsOf(judge({ authors: [person(null, 'x@corp.test', name)] }))).toContain('agent-like-name');
});

test('half a character and invalid bytes in message, note and body crash nothing', () => {
  const message = 'x \ud800 \ufffd\n\nCo-authored-by: \udfff <\ud800>';
  expect(judge({ message, aiNote: '\ud800' }, { body: '\udfff' }).class).toBe('suspected');
});

const ghost = { id: 10137, login: 'ghost', type: 'User' } as const;

test.each([
  ['opener', { pulls: [pull({ author: ghost })] }],
  ['opener without an account', { pulls: [pull({ author: null })] }],
  ['pusher', { pulls: [pull({}, { pushes: [push(ghost)] })] }],
  ['starter of the run', { runAttempts: [run({ actor: ghost })] }],
  ['starter of the run without an account', { runAttempts: [run({ triggeringActor: null })] }],
])('a deleted account as %s is suspected, because it could have been anybody', (_name, part) => {
  const found = classify(change(part), agentRegistry, { automation, touchedPaths: ['a'], earlier: [] });
  expect(found.class).toBe('suspected');
  expect(kindsOf(found)).toContain('account-unknown');
});

test('a login that an agent gave up and a person took over says nothing; the id says all', () => {
  expect(judge({ authors: [person({ ...bob, login: 'cursoragent' })], committer: person(bob) }).class).not.toBe(
    'agent',
  );
  expect(judge({ authors: [person({ id: 199161495, login: 'renamed', type: 'User' })] }).class).toBe('agent');
});
