import type { CommitOptions } from '../../sandbox/sandbox.ts';
import type { EvidencePredicate, Stage } from './stage.ts';

/** What people do to pull requests and their checks, and what the log kept of it: for attack tests. */

export interface Opened {
  readonly number: number;
  readonly headSha: string;
}

/** A pull request of commits in their order; the first is pushed by `by`, who also opens it unless `opener` does. */
export async function pullRequestOf(
  stage: Stage,
  by: string,
  commits: readonly (Omit<CommitOptions, 'files'> & {
    /** Who pushes this commit; default: `by`. */
    readonly by?: string;
    readonly file?: string;
  })[],
  options: { readonly opener?: string; readonly branch?: string; readonly viaApp?: string } = {},
): Promise<Opened> {
  const { sandbox, repo } = stage;
  const branch = options.branch ?? 'change';
  for (const [index, { by: pusher = by, file = 'infra/main.tf', ...commit }] of commits.entries()) {
    await sandbox.as(pusher).commit(repo, branch, { ...commit, files: { [file]: `# change ${index}\n` } });
  }
  const pull = await sandbox.as(options.opener ?? by).openPullRequest(repo, {
    head: branch,
    title: 'Change it',
    ...(options.viaApp === undefined ? {} : { viaApp: options.viaApp }),
  });
  await stage.settle();
  return pull;
}

/** An approving review of the pull request as it stands. */
export async function approve(stage: Stage, by: string, pull: Opened): Promise<void> {
  await stage.sandbox.as(by).review(stage.repo, pull.number, { state: 'APPROVED' });
  await stage.settle();
}

/** `/countersign approve` with the code that the check's button names. */
export async function approveByCommand(stage: Stage, by: string, pull: Opened, viaApp?: string): Promise<void> {
  const identifier = stage.check(pull.headSha)?.actions.find(({ label }) => label === 'Approve')?.identifier ?? '';
  const text = `/countersign approve ${identifier.slice('approve:'.length)}`;
  await stage.sandbox.as(by).comment(stage.repo, pull.number, text, viaApp === undefined ? {} : { viaApp });
  await stage.settle();
}

/** `login reason-code` of every refusal on the evidence branch, in order; a party's with its roles, sorted. */
export function refusals(stage: Stage): readonly string[] {
  return recordsOf(stage, 'refused').map(({ reviewer, because }) => {
    const first: unknown = Array.isArray(because) ? because[0] : undefined;
    const roles = field(field(first, 'params'), 'roles');
    const sorted = typeof roles === 'string' ? `: ${roles.split(', ').toSorted().join(', ')}` : '';
    return `${String(field(reviewer, 'login'))} ${String(field(first, 'code'))}${sorted}`;
  });
}

/** Logins of those who fill the seats of the last release; a deployment's seats stand in its authorisation. */
export function releasedBy(stage: Stage): readonly string[] {
  const records = stage.records().map((record) => record['seats']);
  const seats = records.findLast((each) => field(Array.isArray(each) ? each[0] : null, 'reviewer') !== undefined);
  return Array.isArray(seats) ? seats.map((seat: unknown) => String(field(field(seat, 'reviewer'), 'login'))) : [];
}

export function recordsOf(stage: Stage, kind: string): readonly EvidencePredicate[] {
  return stage.records().filter((record) => record.kind === kind);
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
