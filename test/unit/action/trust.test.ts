import { describe, expect, test } from 'vitest';
import { ActionFailure } from '../../../action/failure.ts';
import { readTrust } from '../../../action/trust.ts';
import type { LiveBranch } from '../../../adapters/github/live-branch.ts';
import { formatVerifierKey } from '../../../core/evidence/notes/signed-note.ts';
import { createLog } from '../../support/evidence-log.ts';

const key = formatVerifierKey(createLog().pin);
const next = formatVerifierKey(createLog(undefined, [3, 4]).pin);
const nothing = { key: '', 'app-url': '', 'evidence-branch': '' };

const policy = (trust: string): LiveBranch['policy'] => ({
  commitSha: 'c'.repeat(40),
  file: { kind: 'found', text: `version: 1\nscope: { deployments: all, pull-requests: agent-or-infra }\n${trust}` },
});
const trusting = (more = ''): LiveBranch['policy'] => policy(`trust:\n  keys: ['${key}', '${next}']\n${more}`);

const code = (given: LiveBranch['policy'], inputs: object = {}): string => {
  try {
    return `trusts ${readTrust(given, { ...nothing, ...inputs }).keys.length}`;
  } catch (error) {
    if (error instanceof ActionFailure) return error.because.code;
    throw error;
  }
};

describe('what a job may trust', () => {
  test('is what the policy says, where the workflow says nothing', () => {
    const trust = readTrust(trusting("  app-url: 'https://countersign.example'\n"), nothing);
    expect(trust.keys.map(formatVerifierKey)).toEqual([key, next]);
    expect(trust).toMatchObject({ appUrl: 'https://countersign.example', branch: 'countersign-evidence' });
  });

  test('is one key where the workflow names one of those', () => {
    expect(code(trusting(), { key: next })).toBe('trusts 1');
  });

  test.each([
    ['another key', { key: formatVerifierKey(createLog(undefined, [5, 6]).pin) }, 'trust-key-differs'],
    ['half a key', { key: key.slice(0, -4) }, 'trust-key-differs'],
    ['an App where the policy names none', { 'app-url': 'https://evil.example' }, 'trust-app-url-differs'],
    ['another branch', { 'evidence-branch': 'evidence' }, 'trust-branch-differs'],
    ['the branch in another case', { 'evidence-branch': 'Countersign-evidence' }, 'trust-branch-differs'],
  ])('is never %s because a workflow says so (C116)', (_, inputs, expected) => {
    expect(code(trusting(), inputs)).toBe(expected);
  });

  test('is never another App, or another branch than the one that the policy names', () => {
    const named = trusting("  app-url: 'https://countersign.example'\n  evidence-branch: evidence\n");
    expect(code(named, { 'app-url': 'https://countersign.example', 'evidence-branch': 'evidence' })).toBe('trusts 2');
    expect(code(named, { 'app-url': 'https://countersign.example.evil.example' })).toBe('trust-app-url-differs');
    expect(code(named, { 'evidence-branch': 'countersign-evidence' })).toBe('trust-branch-differs');
  });

  test.each([
    ['no policy', { commitSha: 'c'.repeat(40), file: { kind: 'absent' } as const }, 'trust-not-declared'],
    ['no commit', null, 'trust-not-declared'],
    ['a policy without trust', policy(''), 'trust-not-declared'],
    ['a link', { commitSha: 'c'.repeat(40), file: { kind: 'unreadable' } as const }, 'trust-policy-unreadable'],
    ['a policy with a fault', policy('trust: { keys: [] }\n'), 'trust-policy-invalid'],
    ['a policy that is no YAML', policy('trust: ['), 'trust-policy-invalid'],
    [
      'a key with a letter changed',
      policy(`trust: { keys: ['${key.replace('+', '+0').slice(0, -1)}'] }\n`),
      'trust-policy-invalid',
    ],
    [
      'a key whose id is not its own',
      policy(`trust: { keys: ['${key.replace(/\+[0-9a-f]{8}\+/, '+00000000+')}'] }\n`),
      'trust-key-malformed',
    ],
  ])('is nobody with %s', (_, given, expected) => {
    expect(code(given)).toBe(expected);
  });
});
