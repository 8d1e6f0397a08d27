import { createGitHubPeople } from '../../adapters/github/github-people.ts';
import { createGitHubPolicySource } from '../../adapters/github/github-policy-source.ts';
import { createGitHubReader } from '../../adapters/github/github-reader.ts';
import { createTokenReader } from '../../adapters/github/token-reader.ts';
import { sha256, sha512, verify } from '../../adapters/signing/node-crypto.ts';
import { GateError } from '../../core/errors.ts';
import type { RepositoryFacts } from '../../core/facts.ts';
import { becauseOfError, explain } from '../../core/gate/reasons.ts';
import type { ReadPorts } from '../../core/ports.ts';
import { lookUp } from '../../flow/look-up.ts';
import type { Asked } from '../../flow/look-up.ts';
import { printable } from '../printable.ts';
import { UsageError } from '../usage-error.ts';
import type { Print } from '../verify.ts';
import { createMemoryDocuments } from '../../adapters/store/memory-documents.ts';
import { printableJson, whoJson } from './who-json.ts';
import { readWhoArguments } from './who-arguments.ts';
import type { WhoArguments } from './who-arguments.ts';
import { whoText } from './who-text.ts';

/**
 * Runs `countersign who`: the only command that talks to GitHub, and therefore in a file of its own.
 * @returns exit code 0 or 1
 * @throws {UsageError} for exit code 2
 */
export async function runWho(args: readonly string[], print: Print): Promise<number> {
  const asked = readWhoArguments(args, process.env);
  try {
    const ports = connect(asked);
    const repository = await ports.forge.repository(await ports.find(asked.owner, asked.name));
    const found = await lookUp(ports, repository, await resolve(ports, repository, asked), asked.people);
    print(asked.json ? whoJson(repository, found) : whoText(repository, found));
    return found.unread.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    return refuse(error, asked, print);
  }
}

function connect({ host, baseUrl, token }: WhoArguments) {
  const clock = { now: () => Date.now() };
  const client = createTokenReader({ host, baseUrl, token, clock });
  return {
    find: client.repository,
    forge: createGitHubReader(client),
    policy: createGitHubPolicySource(client),
    people: createGitHubPeople(client),
    documents: createMemoryDocuments(),
    clock,
    sha256,
    sha512,
    verify,
  };
}

/** Pull requests are counted in each repository, runs in all of GitHub together. */
const LEAST_RUN_ID = 1_000_000_000;

/** @throws {UsageError} for an option that what was found does not have */
async function resolve(
  { forge }: ReadPorts,
  { ref }: RepositoryFacts,
  { target, environment, base: baseSha }: WhoArguments,
): Promise<Asked> {
  if (target.kind === 'commit') return { kind: 'commit', sha: target.sha, baseSha };
  const { number } = target;
  if (target.kind === 'pull-request' || (target.kind === 'number' && number < LEAST_RUN_ID)) {
    const isPull = target.kind === 'pull-request' || (await exists(() => forge.pullRequest(ref, number)));
    if (isPull && (environment !== null || baseSha !== null)) {
      throw new UsageError(`--environment and --base: #${number} is a pull request; run:${number} is the run`);
    }
    if (isPull) return { kind: 'pull-request', number };
  }
  return { kind: 'run', runId: number, environment, baseSha };
}

async function exists(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return false;
    throw error;
  }
}

/** What GitHub did not answer, and what helps; messages of a GateError hold a route and a status, never the token. */
function refuse(error: GateError, { json }: WhoArguments, print: Print): number {
  const because = becauseOfError(error.code, error.message);
  const wayOut = WAY_OUT[error.code] ?? 'Nothing is said rather than half of it. Ask again.';
  if (json) {
    print(printableJson({ ok: false, problem: { code: because.code, message: explain(because), wayOut } }));
  } else {
    print(`NOT READ\n  ${because.code}: ${printable(explain(because))}\n  ${wayOut}\n`);
  }
  return 1;
}

/** Here a person looks with a token of their own. */
const WAY_OUT: Readonly<Partial<Record<GateError['code'], string>>> = {
  ERR_FORGE_FORBIDDEN: 'The token may not read this: it needs contents, pull requests, issues, actions and metadata.',
  ERR_FORGE_NOT_FOUND: 'There is none, or the token does not see it.',
  ERR_FORGE_REFUSED: 'A repository that was renamed is asked for by its present name.',
  ERR_FORGE_TRUNCATED: 'GitHub lists more than is read, and nothing is said rather than half of it.',
};
