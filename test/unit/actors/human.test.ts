import { expect, test } from 'vitest';
import type { Account } from '../../../core/actors/account.ts';
import { isHumanReviewer, notHumanBecause } from '../../../core/actors/human.ts';
import { accountOfNoreply } from '../../../core/actors/noreply.ts';
import { AGENT_ACCOUNTS, MACHINES } from '../../../core/authorship/agent-accounts.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';

const rows: readonly [sentence: string, account: Account, because: string | null][] = [
  ['a user with an id is a person', { id: 101, login: 'alice', type: 'User' }, null],
  ['a user called Claude something is a person', { id: 102, login: 'claude-mueller', type: 'User' }, null],
  ['a bot is none (C7)', { id: 103, login: 'reviewer', type: 'Bot' }, 'not-a-user'],
  ['an App whose account GitHub shows as a user is none', { id: 104, login: 'x[bot]', type: 'User' }, 'bot-login'],
  ['an organisation is none', { id: 105, login: 'acme', type: 'Organization' }, 'not-a-user'],
  ['a mannequin is none', { id: 106, login: 'm', type: 'Mannequin' }, 'not-a-user'],
  ['an account of an unknown type is none', { id: 107, login: 'u', type: 'Unknown' }, 'not-a-user'],
  ['the user account of Claude is none (C8)', { id: 81847, login: 'claude', type: 'User' }, 'agent-account'],
  [
    'the user account of Claude stays none under another login (C15)',
    { id: 81847, login: 'alice', type: 'User' },
    'agent-account',
  ],
  ['the user account of Cursor is none (C8)', { id: 199161495, login: 'cursoragent', type: 'User' }, 'agent-account'],
  [
    'the user account of Codex, whose id is not known, is none',
    { id: 108, login: 'Codex', type: 'User' },
    'agent-account',
  ],
  [
    'a release robot of type user is none',
    { id: 224641728, login: 'gemini-cli-robot', type: 'User' },
    'machine-account',
  ],
  ["GitHub's own web-flow is none", { id: 19864447, login: 'web-flow', type: 'User' }, 'machine-account'],
  ['an account without an id is none', { id: 0, login: 'ghost', type: 'User' }, 'no-id'],
  ['an account whose id is no number is none', { id: Number.NaN, login: 'ghost', type: 'User' }, 'no-id'],
];

test.each(rows)('%s', (_sentence, account, because) => {
  expect(notHumanBecause(account, agentRegistry)).toBe(because);
  expect(isHumanReviewer(account, agentRegistry)).toBe(because === null);
});

test('a person who took over the login of an agent with a known id is judged by the id', () => {
  expect(isHumanReviewer({ id: 109, login: 'claude', type: 'User' }, agentRegistry)).toBe(true);
});

test('no account of the registry is a person, whatever type GitHub gives it', () => {
  const people = [...AGENT_ACCOUNTS, ...MACHINES].filter(({ id, login }) =>
    isHumanReviewer({ id, login, type: 'User' }, agentRegistry),
  );
  expect(people).toEqual([]);
});

const addresses: readonly [email: string, id: number | null][] = [
  ['101+alice@users.noreply.github.com', 101],
  [' 101+Alice@Users.Noreply.GitHub.com ', 101],
  ['101+alice@users.noreply.git.corp.test', 101],
  ['198982749+Copilot@users.noreply.github.com', 198982749],
  ['alice@users.noreply.github.com', null],
  ['101+alice@users.noreply.github.com.evil@corp.test', null],
  ['0+alice@users.noreply.github.com', null],
  ['101+alice@corp.test', null],
  ['99999999999999999999+alice@users.noreply.github.com', null],
  ['', null],
];

test.each(addresses)('the private address %s names account %s', (email, id) => {
  expect(accountOfNoreply(email)?.id ?? null).toBe(id);
});
