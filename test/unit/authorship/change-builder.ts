import type { Account } from '../../../core/actors/account.ts';
import type { ChangeFacts, CommitFacts, GitPerson, PullEvidence, PullFacts, RunFacts } from '../../../core/facts.ts';

/** Facts as GitHub would tell them for plain human work; a test names only what it is about. */

const user = (id: number, login: string): Account => ({ id, login, type: 'User' });
export const bot = (id: number, login: string): Account => ({ id, login, type: 'Bot' });

export const alice = user(101, 'alice');
export const bob = user(102, 'bob');
export const carol = user(103, 'carol');
export const mallory = user(104, 'mallory');
export const webFlow = user(19864447, 'web-flow');
export const copilot = bot(198982749, 'copilot-swe-agent[bot]');
export const dependabot = bot(49699333, 'dependabot[bot]');

export const SHA = 'a1b2c3d4'.repeat(5);
export const UNSIGNED = { verified: false, byGitHub: false, signer: null, key: null } as const;
export const BY_GITHUB = { verified: true, byGitHub: true, signer: webFlow, key: null } as const;

export const person = (
  account: Account | null,
  email = `${account?.login ?? 'nobody'}@corp.test`,
  name?: string,
): GitPerson => ({
  name: name ?? account?.login ?? 'Nobody Known',
  email,
  account,
});

export const github: GitPerson = { name: 'GitHub', email: 'noreply@github.com', account: webFlow };

export const commit = (part: Partial<CommitFacts> = {}): CommitFacts => ({
  sha: SHA,
  treeSha: 'b'.repeat(40),
  parents: ['c'.repeat(40)],
  message: 'Raise the memory limit',
  authors: [person(alice)],
  committer: github,
  signature: BY_GITHUB,
  authoredAt: '2026-06-01T10:00:00Z',
  aiNote: null,
  pulls: [],
  ...part,
});

export const pull = (part: Partial<PullFacts> = {}, rest: Partial<Omit<PullEvidence, 'pull'>> = {}): PullEvidence => ({
  pull: {
    number: 12,
    author: alice,
    title: 'Raise the memory limit',
    body: 'It runs out of memory on Mondays.',
    labels: ['infra'],
    state: 'open',
    draft: false,
    merged: false,
    headSha: SHA,
    headRef: 'memory-limit',
    headRepositoryId: 9,
    baseRef: 'main',
    baseSha: 'd'.repeat(40),
    mergedBy: null,
    viaApp: null,
    ...part,
  },
  timeline: [],
  pushes: [],
  ...rest,
});

export const run = (part: Partial<RunFacts> = {}): RunFacts => ({
  id: 56,
  nodeId: 'R_56',
  attempt: 1,
  headSha: SHA,
  headBranch: 'main',
  headRepositoryId: 9,
  event: 'workflow_dispatch',
  path: '.github/workflows/deploy.yml',
  calledWorkflows: [],
  status: 'waiting',
  conclusion: null,
  actor: alice,
  triggeringActor: alice,
  ...part,
});

export const push = (actor: Account | null, kind = 'push'): PullEvidence['pushes'][number] => ({
  actor,
  before: 'e'.repeat(40),
  after: SHA,
  kind,
  at: '2026-06-01T10:00:00Z',
});

export const change = (part: Partial<ChangeFacts> = {}): ChangeFacts => ({
  commits: [commit()],
  pulls: [],
  runAttempts: [],
  incomplete: [],
  countersignedMerges: [],
  branchPushes: null,
  unseenPulls: [],
  ...part,
});
