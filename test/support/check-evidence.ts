import { execFileSync } from 'node:child_process';
import { runVerify } from './run-verify.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { EvidencePredicate } from './stage.ts';

const BRANCH = 'countersign-evidence';

interface Evidence {
  readonly records: readonly EvidencePredicate[];
  /** Throws when the branch does not verify or the product released anything without an authorisation on the branch. */
  verify(): Promise<void>;
}

/** Reads the evidence branch from git itself, not through the product. */
export function checkEvidence(sandbox: Sandbox, repo: string): Evidence {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['--git-dir', sandbox.gitDir(repo), ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const exists = sandbox.branchHead(repo, BRANCH) !== undefined;
  const paths = exists
    ? git('ls-tree', '-r', '--name-only', BRANCH)
        .split('\n')
        .filter((path) => path.startsWith('records/'))
    : [];
  const numberOf = (path: string): number => Number(/\/(\d+)-[^/]+$/.exec(path)?.[1]);
  const records = paths
    .toSorted((left, right) => numberOf(left) - numberOf(right))
    .map((path) => predicateOf(JSON.parse(git('show', `${BRANCH}:${path}`))));
  return {
    records,
    verify: async () => {
      if (exists) await runVerify(sandbox.gitDir(repo), BRANCH);
      authorisedBeforeAnswered(sandbox);
      if (sandbox.violations.length > 0)
        throw new Error(`GitHub would not have known: ${sandbox.violations.join('; ')}`);
    },
  };
}

/**
 * Invariant 1, from the sandbox's request log: before every approving answer stands a commit on the evidence branch, by
 * then confirmed, that added an `authorised` record for just this run and environment; one answer's effect for each.
 */
function authorisedBeforeAnswered(sandbox: Sandbox): void {
  const authorised: { n: number; runId: number; environment: string; attempt: number }[] = [];
  for (const request of sandbox.requests) {
    if (request.operation === 'createCommitOnBranch') authorised.push(...authorisationsIn(request.n, request.body));
    const answer = /\/actions\/runs\/(\d+)\/deployment_protection_rule$/.exec(request.path);
    if (answer === null || field(request.body, 'state') !== 'approved') continue;
    const runId = Number(answer[1]);
    const environment = String(field(request.body, 'environment_name')).toLowerCase();
    if (!authorised.some((each) => each.runId === runId && each.environment === environment && each.n < request.n)) {
      throw new Error(`run ${runId} was released on ${environment} without an authorisation on the branch before it`);
    }
  }
  const effective = sandbox.effectiveReleases.filter(({ request }) => request !== null);
  for (const release of effective) {
    const covering = authorised.filter(
      (each) =>
        each.runId === release.runId &&
        each.environment === release.environment.toLowerCase() &&
        each.attempt === release.attempt &&
        each.n < (release.request ?? 0),
    );
    if (covering.length === 0)
      throw new Error(
        `attempt ${release.attempt} of run ${release.runId} was released without an authorisation of its own`,
      );
  }
}

function authorisationsIn(
  n: number,
  body: unknown,
): { n: number; runId: number; environment: string; attempt: number }[] {
  const additions = field(field(field(field(body, 'variables'), 'input'), 'fileChanges'), 'additions');
  if (!Array.isArray(additions)) return [];
  return additions.flatMap((addition: unknown) => {
    if (!String(field(addition, 'path')).endsWith('-authorised.json')) return [];
    const statement: unknown = JSON.parse(Buffer.from(String(field(addition, 'contents')), 'base64').toString('utf8'));
    const gate = field(field(statement, 'predicate'), 'gate');
    return [
      {
        n,
        runId: Number(field(gate, 'runId')),
        environment: String(field(gate, 'environment')),
        attempt: Number(field(gate, 'attempt')),
      },
    ];
  });
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function predicateOf(statement: unknown): EvidencePredicate {
  const predicate = field(statement, 'predicate');
  const kind = field(predicate, 'kind');
  if (typeof kind !== 'string') throw new Error('a record without a kind');
  return { ...(typeof predicate === 'object' ? predicate : {}), kind };
}
