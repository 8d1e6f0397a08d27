import type { Account } from '../../../core/actors/account.ts';
import { NOBODY_DECLARED } from '../../../core/actors/declared-people.ts';
import type { GateInput } from '../../../core/gate/decide.ts';
import type { GivenReview } from '../../../core/gate/judge-reviews.ts';
import type { Parties, Party, Role } from '../../../core/parties/party.ts';
import { parsePolicy } from '../../../core/policy/parse-policy.ts';
import type { PolicyState, Requirement, Seat } from '../../../core/policy/requirement.ts';
import type { DeploymentRequest, PullRequestRequest } from '../../../core/request.ts';
import type { Authority, Permission } from '../../../core/review.ts';

/** An honest request with an agent's change, alice's part in it, and people who may answer. */

export const DIGEST = 'd'.repeat(64);
export const POLICY_DIGEST = 'a'.repeat(64);
export const HEAD = '1'.repeat(40);
export const OTHER_HEAD = '2'.repeat(40);

export function human(id: number, login: string): Account {
  return { id, login, type: 'User' };
}

export const alice = human(1001, 'alice');
export const bob = human(1002, 'bob');
export const carol = human(1003, 'carol');
export const dave = human(1004, 'dave');

const repository = { host: 'github.com', installationId: 12, id: 34 };

export const pullRequest: PullRequestRequest = {
  kind: 'pull-request',
  repository,
  headSha: HEAD,
  policyDigest: POLICY_DIGEST,
  number: 7,
  baseRef: 'main',
};

export const deployment: DeploymentRequest = {
  kind: 'deployment',
  repository,
  headSha: HEAD,
  policyDigest: POLICY_DIGEST,
  gate: { runId: 56, attempt: 1, environment: 'production', opening: 1 },
  range: { kind: 'range', baseSha: OTHER_HEAD },
  jobs: ['deploy'],
  proposalsDigest: null,
  workflow: { path: '.github/workflows/deploy.yml', called: [] },
};

export function policyInForce(): PolicyState {
  const parsed = parsePolicy('version: 1\nscope: { deployments: all, pull-requests: agent-or-infra }\n');
  if (!parsed.ok) throw new TypeError(parsed.issues.map((issue) => issue.message).join('; '));
  return {
    kind: 'in-force',
    policy: parsed.policy,
    source: 'repository',
    digest: POLICY_DIGEST,
    commitSha: OTHER_HEAD,
  };
}

export function seat(id: string, minPermission: Permission = 'maintain', teams: readonly string[] = []): Seat {
  const source = {
    group: id.split('/', 1)[0] ?? id,
    minPermission: teams.length > 0 ? null : minPermission,
    teams,
    userIds: [],
  };
  return { id, source, rules: ['prod'], assurance: null };
}

export function requirement(
  seats: readonly Seat[] = [seat('maintainers/1')],
  more: Partial<Requirement> = {},
): Requirement {
  return { rules: ['prod'], seats, denials: [], reasonMinLength: 0, ...more };
}

export function authority(permission: Permission = 'maintain', teams: readonly string[] = []): Authority {
  return { permission, teams };
}

export function partyWith(account: Account, ...roles: readonly Role[]) {
  return { account, roles: roles.map((role) => ({ role, where: 'commit 1111111', source: 'git' as const })) };
}

export function partiesOf(...all: readonly Party[]): Parties {
  return { all, unattributed: [], unknown: [], mergersExcluded: false, people: NOBODY_DECLARED };
}

/** A pull request review of the honest request; `more` changes the review. */
export function approval(
  reviewer: Account,
  more: Partial<GivenReview['review']> = {},
  rights: Authority | null = authority(),
): GivenReview {
  return {
    review: {
      id: `review:${reviewer.id}`,
      channel: 'pull-request-review',
      verdict: 'approve',
      reviewer,
      assurance: 'platform-attested',
      bound: { pullRequest: 7, headSha: HEAD, baseRef: 'main' },
      at: '2026-11-21T04:33:12.123Z',
      reason: '',
      viaApp: null,
      edited: false,
      ...more,
    },
    authority: rights,
  };
}

export function rejection(
  reviewer: Account,
  more: Partial<GivenReview['review']> = {},
  rights = authority(),
): GivenReview {
  return approval(reviewer, { verdict: 'reject', ...more }, rights);
}

export function gateInput(more: Partial<GateInput> = {}): GateInput {
  return {
    request: pullRequest,
    requestDigest: DIGEST,
    policy: policyInForce(),
    requirement: requirement(),
    classification: { class: 'agent', agents: ['claude'], signals: [], registry: '1' },
    parties: partiesOf(partyWith(alice, 'author', 'pusher')),
    reviews: [],
    blocks: [],
    extraSeats: [],
    ...more,
  };
}
