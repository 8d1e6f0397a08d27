import { execFileSync } from 'node:child_process';
import { schemaIssue } from './record-schemas.ts';
import { runVerify } from './run-verify.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { EvidencePredicate } from './stage.ts';

const BRANCH = 'countersign-evidence';

interface Evidence {
  readonly records: readonly EvidencePredicate[];
  /** Text of a file on the branch. */
  file(path: string): string;
  /** Throws when the branch does not verify, a record is none by its schema or too long for a KMS, or the product released anything without an authorisation on the branch. */
  verify(): Promise<void>;
}

/** Reads the evidence branch from git itself, not through the product. */
export function checkEvidence(sandbox: Sandbox, repo: string): Evidence {
  const head = sandbox.branchHead(repo, BRANCH);
  const exists = head !== undefined;
  const statements = exists ? recordsAt(head, sandbox.gitDir(repo)) : [];
  const records = statements.map(({ statement }) => predicateOf(statement));
  return {
    records,
    file: (path) => readBranch(sandbox.gitDir(repo), '', 'show', `${BRANCH}:${path}`).toString(),
    verify: async () => {
      if (exists) await runVerify(sandbox.gitDir(repo), BRANCH);
      for (const each of statements) checkStatement(each);
      authorisedBeforeAnswered(sandbox, records);
      if (sandbox.violations.length > 0)
        throw new Error(`GitHub would not have known: ${sandbox.violations.join('; ')}`);
    },
  };
}

/** A commit never changes, and tests ask for its records again and again while they wait. */
let newest: { readonly head: string; readonly statements: readonly Statement[] } = { head: '', statements: [] };

function recordsAt(head: string, gitDir: string): readonly Statement[] {
  if (newest.head !== head) newest = { head, statements: readRecords(gitDir) };
  return newest.statements;
}

/** All records in the order of the log, by two git processes. */
function readRecords(gitDir: string): readonly Statement[] {
  const paths = readBranch(gitDir, '', 'ls-tree', '-r', '--name-only', BRANCH)
    .toString()
    .split('\n')
    .filter((path) => path.startsWith('records/'));
  const numberOf = (path: string): number => Number(/\/(\d+)-[^/]+$/.exec(path)?.[1]);
  const ordered = paths.toSorted((left, right) => numberOf(left) - numberOf(right));
  const answer = readBranch(gitDir, ordered.map((path) => `${BRANCH}:${path}\n`).join(''), 'cat-file', '--batch');
  const records: Statement[] = [];
  for (let at = 0; at < answer.length;) {
    const line = answer.indexOf('\n', at);
    const size = Number(answer.toString('utf8', at, line).split(' ')[2]);
    records.push({ bytes: size, statement: JSON.parse(answer.toString('utf8', line + 1, line + 1 + size)) });
    at = line + 1 + size + 1;
  }
  return records;
}

interface Statement {
  readonly bytes: number;
  readonly statement: unknown;
}

/** AWS KMS signs at most 4,096 bytes with Ed25519, and the encoding around a record takes some of them. */
const BYTES_MAX = 4_000;

function checkStatement({ bytes, statement }: Statement): void {
  const issue = schemaIssue('statement', statement);
  const { kind } = predicateOf(statement);
  if (issue !== null) throw new Error(`a record of kind ${kind} does not fit its JSON Schema: ${issue}`);
  if (bytes > BYTES_MAX) throw new Error(`a record of kind ${kind} has ${bytes} bytes`);
}

function readBranch(gitDir: string, input: string, ...args: readonly string[]): Buffer {
  return execFileSync('git', ['--git-dir', gitDir, ...args], { input, maxBuffer: 1 << 28, stdio: 'pipe' });
}

/**
 * Invariant 1, from the sandbox's request log: before every approving answer stands a commit on the evidence branch, by
 * then confirmed, that added an `authorised` record for just this run and environment; one answer's effect for each.
 */
function authorisedBeforeAnswered(sandbox: Sandbox, records: readonly EvidencePredicate[]): void {
  const misapplied = records
    .filter(({ kind }) => kind === 'misapplied')
    .map((record) => Number(field(record['gate'], 'runId')));
  const authorised: Authorised[] = [];
  /** In trees of git's own API, which the writer uses to repair the branch: there once the branch is moved to them. */
  let prepared: Authorised[] = [];
  for (const request of sandbox.requests) {
    if (request.operation === 'createCommitOnBranch') authorised.push(...authorisationsIn(request.n, request.body));
    if (request.path.endsWith('/git/trees')) prepared.push(...authorisationsInTree(request.n, request.body));
    if (/\/git\/refs(\/|$)/.test(request.path) && (request.status ?? 500) < 300) {
      authorised.push(...prepared.map((each) => ({ ...each, n: request.n })));
      prepared = [];
    }
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
    // An answer that met another attempt is owned up to, never silent (docs/design.md 4.2, step 5).
    if (covering.length === 0 && !misapplied.includes(release.runId))
      throw new Error(
        `attempt ${release.attempt} of run ${release.runId} was released without an authorisation of its own`,
      );
  }
}

interface Authorised {
  readonly n: number;
  readonly runId: number;
  readonly environment: string;
  readonly attempt: number;
}

function authorisationsIn(n: number, body: unknown): readonly Authorised[] {
  const additions = field(field(field(field(body, 'variables'), 'input'), 'fileChanges'), 'additions');
  return authorisationsOf(n, additions, (file) => Buffer.from(String(field(file, 'contents')), 'base64').toString());
}

function authorisationsInTree(n: number, body: unknown): readonly Authorised[] {
  return authorisationsOf(n, field(body, 'tree'), (file) => String(field(file, 'content')));
}

function authorisationsOf(n: number, files: unknown, textOf: (file: unknown) => string): readonly Authorised[] {
  if (!Array.isArray(files)) return [];
  return files.flatMap((file: unknown) => {
    if (!String(field(file, 'path')).endsWith('-authorised.json')) return [];
    const statement: unknown = JSON.parse(textOf(file));
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
