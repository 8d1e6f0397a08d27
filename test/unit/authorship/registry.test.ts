import { expect, test } from 'vitest';
import {
  AGENT_ACCOUNTS,
  AGENT_APPS,
  AGENT_LOGINS,
  MACHINES,
  SIGNING_KEYS,
} from '../../../core/authorship/agent-accounts.ts';
import {
  BRANCH_PREFIXES,
  FALSE_TRACES,
  FIRST_NAMES,
  LABELS,
  MAILBOXES,
  MARKERS,
  NAME_SUFFIXES,
  NOTE_TOOLS,
  PRODUCT_NAMES,
  SUBJECT_PREFIXES,
  TRAILERS,
} from '../../../core/authorship/agent-traces.ts';
import { SPONSOR_TRACES } from '../../../core/authorship/agent-sponsors.ts';
import { AGENT_NAMES, REGISTRY_VERSION, SOURCES } from '../../../core/authorship/agents.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';

const texts = [
  ...BRANCH_PREFIXES,
  ...FIRST_NAMES,
  ...LABELS,
  ...MARKERS,
  ...NAME_SUFFIXES,
  ...NOTE_TOOLS,
  ...PRODUCT_NAMES,
  ...SUBJECT_PREFIXES,
];
const rows = [
  ...AGENT_ACCOUNTS,
  ...AGENT_LOGINS,
  ...AGENT_APPS,
  ...SIGNING_KEYS,
  ...MAILBOXES,
  ...FALSE_TRACES,
  ...TRAILERS,
  ...texts,
];

test('every row names a known agent and a known source, and its days stand in order', () => {
  expect(rows.length).toBeGreaterThan(150);
  for (const { agent, source, seen } of rows) {
    expect(Object.keys(AGENT_NAMES)).toContain(agent);
    expect(Object.keys(SOURCES)).toContain(source);
    if (seen === null) continue;
    expect(seen).toMatch(/^20\d\d-\d\d-\d\d\/20\d\d-\d\d-\d\d$/);
    const [first = '', last = ''] = seen.split('/');
    expect([first, last].toSorted()).toEqual([first, last]);
  }
});

test('every known agent has a row and every source is used', () => {
  expect(new Set(rows.map(({ agent }) => agent))).toEqual(new Set(Object.keys(AGENT_NAMES)));
  expect(new Set(rows.map(({ source }) => source))).toEqual(new Set(Object.keys(SOURCES)));
});

test('no account id stands twice, and none is an agent and a plain machine at once', () => {
  const ids = [...AGENT_ACCOUNTS, ...MACHINES].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('texts are lower case, as they are compared with lower-cased text', () => {
  for (const { text } of texts) expect(text).toBe(text.toLowerCase());
  for (const { address } of MAILBOXES) expect(address).toBe(address.toLowerCase());
  for (const { key, value } of TRAILERS) expect([key, value]).toEqual([key.toLowerCase(), value?.toLowerCase()]);
});

test('branch prefixes end at a separator, so that no word of a person begins with one', () => {
  for (const { text } of BRANCH_PREFIXES) expect(text).toMatch(/(?:\/|^alert-autofix-|^openhands-fix-issue-)$/);
});

test('where the person behind an agent is written down stands once for an agent and is never empty', () => {
  const agents = SPONSOR_TRACES.map(({ agent }) => agent);
  expect(new Set(agents).size).toBe(agents.length);
  for (const { by } of SPONSOR_TRACES) {
    expect(by.length).toBeGreaterThan(0);
    expect(new Set(by).size).toBe(by.length);
  }
  expect(agentRegistry.sponsorTraces.get('copilot')?.[0]).toBe('work-started');
});

test('a signing key is named by its whole fingerprint, as ssh-keygen prints it', () => {
  for (const { fingerprint } of SIGNING_KEYS) expect(fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
});

test('the version is a day and a number, not before anything that was seen', () => {
  expect(REGISTRY_VERSION).toMatch(/^20\d\d-\d\d-\d\d\.[1-9]\d*$/);
  for (const { seen } of rows) expect((seen?.slice(11) ?? '') < REGISTRY_VERSION).toBe(true);
  expect(agentRegistry.version).toBe(REGISTRY_VERSION);
});

test('the registry that is looked up is frozen', () => {
  expect(Object.isFrozen(agentRegistry)).toBe(true);
});
