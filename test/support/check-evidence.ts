import { sha256, sha512, verifyOnPool } from '../../adapters/signing/node-crypto.ts';
import { verifyLog } from '../../core/evidence/verify/verify-log.ts';
import { evidenceFiles } from './evidence-files.ts';
import { memorySource } from './evidence-log.ts';
import { evidenceBranch } from './evidence-repository.ts';
import { schemaIssue } from './record-schemas.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { EvidencePredicate } from './stage.ts';

interface Evidence {
  readonly records: readonly EvidencePredicate[];
  /** Text of a file on the branch. */
  file(path: string): string;
  /** Throws when the branch does not verify, a record is none by its schema or too long for a KMS, or the product released anything without an authorisation on the branch. */
  verify(): Promise<void>;
}

/** Reads the evidence branch as the repository has it, not through the product. */
export function checkEvidence(sandbox: Sandbox, repo: string): Evidence {
  const head = sandbox.branchHead(repo, evidenceBranch);
  const { files, statements } = head === undefined ? NOTHING : contentsAt(head, sandbox, repo);
  const records = statements.map(({ statement }) => predicateOf(statement));
  return {
    records,
    file: (path) => {
      const bytes = files.get(path);
      if (bytes === undefined) throw new Error(`there is no ${path} on the evidence branch`);
      return Buffer.from(bytes).toString();
    },
    verify: async () => {
      if (head !== undefined) {
        const result = await verifyLog(memorySource(files), { sha256, sha512, verify: verifyOnPool });
        if (!result.ok) throw new Error(`the evidence branch does not verify: ${JSON.stringify(result.problem)}`);
      }
      for (const each of statements) checkStatement(each);
      authorisedBeforeAnswered(sandbox, records);
      if (sandbox.violations.length > 0)
        throw new Error(`GitHub would not have known: ${sandbox.violations.join('; ')}`);
    },
  };
}

interface Contents {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** In the order of the log. */
  readonly statements: readonly Statement[];
}

const NOTHING: Contents = { files: new Map(), statements: [] };

/** A commit never changes, and tests ask for its records again and again while they wait. */
let newest: { readonly head: string; readonly contents: Contents } = { head: '', contents: NOTHING };

function contentsAt(head: string, sandbox: Sandbox, repo: string): Contents {
  if (newest.head !== head) newest = { head, contents: readContents(sandbox, repo) };
  return newest.contents;
}

function readContents(sandbox: Sandbox, repo: string): Contents {
  const files = evidenceFiles(sandbox, repo);
  const numberOf = (path: string): number => Number(/\/(\d+)-[^/]+$/.exec(path)?.[1]);
  const statements = [...files]
    .filter(([path]) => path.startsWith('records/'))
    .toSorted(([left], [right]) => numberOf(left) - numberOf(right))
    .map(([, bytes]) => ({ bytes: bytes.length, statement: JSON.parse(Buffer.from(bytes).toString()) }));
  return { files, statements };
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
