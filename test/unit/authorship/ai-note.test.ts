import { expect, test } from 'vitest';
import { readAiNote } from '../../../core/authorship/ai-note.ts';
import { classify } from '../../../core/authorship/classify.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import { change, commit } from './change-builder.ts';

const work = (tool: string, human?: string): object => ({
  agent_id: { tool, id: '1', model: 'm' },
  human_author: human,
});
const note = (metadata: unknown): string => `a.ts\n  s_1::t_1 1-3\n---\n${JSON.stringify(metadata, null, 2)}\n`;

test('tools and people are read from sessions and from the older prompts, each pair once', () => {
  const text = note({
    schema_version: 'authorship/3.0.0',
    prompts: { a1: work('claude', 'Ada <ada@corp.test>'), a2: work('claude', 'Ada <ada@corp.test>') },
    sessions: { s_1: work('cursor'), s_2: work('claude', 'bob@corp.test') },
    humans: { h_1: { author: 'Carol' } },
  });
  expect(readAiNote(text)).toEqual([
    { tool: 'claude', human: 'Ada <ada@corp.test>' },
    { tool: 'cursor', human: null },
    { tool: 'claude', human: 'bob@corp.test' },
  ]);
});

test('a note about people alone names no tool', () => {
  expect(readAiNote(note({ prompts: {}, sessions: {}, humans: { h_1: { author: 'Carol' } } }))).toEqual([]);
});

test.each([
  ['nothing', ''],
  ['no line of three dashes', '{"prompts":{}}'],
  ['no JSON behind it', 'a\n---\n{'],
  ['a list for an object', 'a\n---\n[]'],
  ['prompts that are no object', note({ prompts: [1] })],
  ['a session without a tool', note({ sessions: { s_1: { agent_id: {} } } })],
  [
    'a tool that is no text',
    note({ sessions: { s_1: work(String(1)), s_2: null } })
      .replace('"1"', '7')
      .replace('"1"', '7'),
  ],
  ['half a megabyte', note({ sessions: { s_1: work('x'.repeat(500_000)) } })],
])('a note of %s is no clearance', (_name, text) => {
  expect(readAiNote(text)?.length ?? 0).toBe(0);
  const found = classify(change({ commits: [commit({ aiNote: text })] }), agentRegistry, {
    automation: [],
    touchedPaths: ['a'],
    earlier: [],
  });
  expect([found.class, found.signals[0]?.kind]).toEqual(['suspected', 'note-unreadable']);
});

test.each([
  ['claude', 'claude'],
  ['droid', 'factory-droid'],
  ['github-copilot-cli', 'copilot'],
  ['Cursor', 'cursor'],
  ['continue-cli', 'continue'],
  ['a-tool-of-tomorrow', null],
])('the tool %s is declared to be %s', (tool, agent) => {
  const commits = [commit({ aiNote: note({ sessions: { s_1: work(tool) } }) })];
  const found = classify(change({ commits }), agentRegistry, { automation: [], touchedPaths: ['a'], earlier: [] });
  expect(found.class).toBe('agent');
  expect(found.signals).toMatchObject([{ tier: 'declared', kind: 'ai-note', agent, where: 'commit a1b2c3d' }]);
});
