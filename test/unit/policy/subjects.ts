import { parsePolicy } from '../../../core/policy/parse-policy.ts';
import type { Subject } from '../../../core/policy/requirement.ts';
import type { Policy } from '../../../core/policy/schema.ts';

/** A policy of these lines behind the head that every policy has. */
export function policyOf(...lines: readonly string[]): Policy {
  const answer = parsePolicy(textOf(...lines));
  if (!answer.ok) throw new TypeError(JSON.stringify(answer.issues));
  return answer.policy;
}

export function textOf(...lines: readonly string[]): string {
  return ['version: 1', 'scope: { deployments: all, pull-requests: agent-or-infra }', ...lines, ''].join('\n');
}

/** An agent's deployment of an ordinary source file to production. */
export const deployment: Subject = {
  kind: 'deployment',
  environment: 'production',
  branch: 'main',
  paths: ['src/app.ts'],
  pathsComplete: true,
  class: 'agent',
  agents: ['claude'],
  labels: [],
  event: 'push',
  initiator: { id: 7, login: 'alice', type: 'User' },
  repository: 'acme/shop',
  now: Date.parse('2026-11-21T12:00:00Z'),
};

/** An agent's pull request of the same. */
export const pullRequest: Subject = { ...deployment, kind: 'pull-request', environment: null, event: null };
