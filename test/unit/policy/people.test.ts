import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../../core/policy/parse-policy.ts';
import { softwareSshKey, SSH_KEY_TYPES } from '../../support/software-ssh-key.ts';
import { policyOf, textOf } from './subjects.ts';

const KEY = softwareSshKey('sk-ssh-ed25519@openssh.com').line;
const isHardware = (type: string): boolean => type.startsWith('sk-');

describe('people of the policy', () => {
  test('have accounts, by login or pinned by id, and perhaps a name and keys', () => {
    const { people } = policyOf(
      `people: [{ name: Alice, accounts: ['alice#123', alice-corp], ssh-keys: ['${KEY} alice@laptop'] }, { accounts: [bob] }]`,
    );
    expect(people).toEqual([
      { name: 'Alice', accounts: ['alice#123', 'alice-corp'], 'ssh-keys': [`${KEY} alice@laptop`] },
      { accounts: ['bob'] },
    ]);
  });

  test.each(SSH_KEY_TYPES.filter(isHardware))('may hold a key of type %s', (type) => {
    const { line } = softwareSshKey(type);
    for (const key of [line, `${line} two words`]) {
      expect(parsePolicy(textOf(`people: [{ accounts: [a], ssh-keys: ['${key}'], verify-required: true }]`)).ok).toBe(
        true,
      );
    }
  });

  test.each(SSH_KEY_TYPES.filter((type) => !isHardware(type)))(
    'hold no key of type %s: an agent on the same machine could use it (C25)',
    (type) => {
      const answer = parsePolicy(textOf(`people: [{ accounts: [a], ssh-keys: ['${softwareSshKey(type).line}'] }]`));
      expect(answer.ok ? '' : answer.issues.map(({ message }) => message).join()).toContain('in software');
    },
  );

  test.each([
    ['no entry', 'people: []', 'list is empty'],
    ['no account', 'people: [{ name: Alice }]', 'accounts is missing'],
    ['an empty list of accounts', 'people: [{ accounts: [] }]', 'list is empty'],
    ['one account without a list', 'people: [{ accounts: alice }]', 'accounts must be a list'],
    ['a bot', "people: [{ accounts: ['x[bot]'] }]", 'is a bot'],
    ['an unknown key', 'people: [{ accounts: [a], email: a@b.test }]', '"email" is not known'],
    ['an account of somebody else', 'people: [{ accounts: [a, b] }, { accounts: [c, B] }]', 'listed already'],
    ['an id of somebody else', "people: [{ accounts: ['a#1'] }, { accounts: ['b#1'] }]", 'listed already'],
    ['a login with and without its id', "people: [{ accounts: ['a#1'] }, { accounts: [a] }]", 'listed already'],
    ['an account twice in one entry', 'people: [{ accounts: [a, A] }]', 'each once'],
    ['no keys', 'people: [{ accounts: [a], ssh-keys: [] }]', 'list is empty'],
    [
      'a private key',
      "people: [{ accounts: [a], ssh-keys: ['-----BEGIN OPENSSH PRIVATE KEY-----'] }]",
      'OpenSSH public',
    ],
    ['options before a key', `people: [{ accounts: [a], ssh-keys: ['cert-authority ${KEY}'] }]`, 'OpenSSH public'],
    [
      'a key of another type than it says',
      `people: [{ accounts: [a], ssh-keys: ['${KEY.replace('sk-ssh-ed25519', 'sk-ecdsa-sha2-nistp256')}'] }]`,
      'another type',
    ],
    [
      'a kind of key that is broken',
      `people: [{ accounts: [a], ssh-keys: ['ssh-dss ${'A'.repeat(68)}'] }]`,
      'not supported',
    ],
    ['two lines', `people: [{ accounts: [a], ssh-keys: ["${KEY} a\\n${KEY} b"] }]`, 'OpenSSH public'],
    [
      'one key of two people',
      `people: [{ accounts: [a], ssh-keys: ['${KEY} a'] }, { accounts: [b], ssh-keys: ['${KEY} b'] }]`,
      'key is listed already',
    ],
  ])('%s is refused', (_, line, message) => {
    const answer = parsePolicy(textOf(line));
    expect(answer.ok ? '' : answer.issues.map((issue) => issue.message).join('\n')).toContain(message);
  });
});
