import { expect, test } from 'vitest';
import type { Classification } from '../../../core/authorship/classification.ts';
import { classify } from '../../../core/authorship/classify.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import type { CommitFacts } from '../../../core/facts.ts';
import { alice, bot, change, commit, person, pull, UNSIGNED } from './change-builder.ts';

// What stands beside the words of a commit: vendors' signing keys, and traces that are known to lie.

const CURSOR_KEY = 'SHA256:/ZGdxqU+YWGLYEplYKh2c36jVXjB1wQzjGRo7qwO46I';
const options = { automation: [], touchedPaths: ['a'], earlier: [] };
const judge = (part: Partial<CommitFacts>): Classification =>
  classify(change({ commits: [commit(part)] }), agentRegistry, options);

const signedWith = (fingerprint: string, proven: boolean): Partial<CommitFacts> => ({
  authors: [person(alice)],
  committer: person(alice),
  signature: { ...UNSIGNED, key: { fingerprint, proven } },
});

test("a vendor's key is verified evidence under a person's name, though GitHub calls it unverified", () => {
  const found = judge(signedWith(CURSOR_KEY, true));
  expect(found).toMatchObject({ class: 'agent', agents: ['cursor'], registry: agentRegistry.version });
  expect(found.signals).toEqual([
    { tier: 'verified', kind: 'signing-key', agent: 'cursor', value: CURSOR_KEY, where: 'commit a1b2c3d' },
  ]);
});

test("a vendor's key that did not sign this commit is only a claim, and a person's key is none", () => {
  expect(judge(signedWith(CURSOR_KEY, false)).signals).toMatchObject([{ tier: 'declared', kind: 'signing-key' }]);
  expect(judge(signedWith(CURSOR_KEY.toLowerCase(), true)).class).toBe('unattributed');
  expect(judge(signedWith(`SHA256:${'A'.repeat(43)}`, true)).class).toBe('unattributed');
});

test.each([
  ['before the release that wrote it unasked', '2026-04-21T23:59:59Z', 'agent', 'trailer'],
  ['while it was written unasked', '2026-04-22T00:00:00Z', 'suspected', 'false-trace-window'],
  ['while people still had that release', '2026-05-12T23:59:59Z', 'suspected', 'false-trace-window'],
  ['afterwards', '2026-05-13T00:00:00Z', 'agent', 'trailer'],
])('a trailer of VS Code %s holds with its reason', (_name, authoredAt, found, kind) => {
  const message = 'x\n\nCo-authored-by: Copilot <copilot@github.com>';
  const { class: said, agents, signals } = judge({ message, authoredAt });
  expect([said, agents, signals.map((signal) => signal.kind)]).toEqual([found, ['copilot'], [kind]]);
});

test('another trace beside the doubtful one is not doubted', () => {
  const message = 'x\n\nCo-authored-by: Copilot <copilot@github.com>\nCopilot-Session: 1';
  expect(judge({ message, authoredAt: '2026-04-25T00:00:00Z' }).class).toBe('agent');
});

test('who merges for people is an agent where it writes, and nothing where it merges', () => {
  const graphite = bot(96075541, 'graphite-app[bot]');
  const merged = change({ pulls: [pull({ mergedBy: graphite })] });
  expect(classify(merged, agentRegistry, options).class).toBe('unattributed');
  const opened = change({ pulls: [pull({ author: graphite })] });
  expect(classify(opened, agentRegistry, options)).toMatchObject({ class: 'agent', agents: ['graphite'] });
});

test("the id of github-actions under an agent's name is declared to be the agent, not automation", () => {
  const author = person(
    bot(41898282, 'github-actions[bot]'),
    '41898282+claude[bot]@users.noreply.github.com',
    'claude[bot]',
  );
  const found = judge({ authors: [author], signature: UNSIGNED });
  expect(found).toMatchObject({ class: 'agent', agents: ['claude'] });
  expect(found.signals[0]).toMatchObject({ tier: 'declared', kind: 'mailbox' });
});
