import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomIds } from '../adapters/clock.ts';
import { isSameRepository, readCheckpoint } from '../adapters/evidence-branch/find-place.ts';
import type { FoundCheckpoint } from '../adapters/evidence-branch/find-place.ts';
import { gitBranch } from '../adapters/evidence-branch/git-branch.ts';
import { evidenceLog } from '../adapters/evidence-branch/writer.ts';
import { openGitStore } from '../adapters/git-store/open-git-store.ts';
import type { GitStore } from '../adapters/git-store/open-git-store.ts';
import { GitClone } from '../adapters/git/git-clone.ts';
import { createGitHubPeople } from '../adapters/github/github-people.ts';
import { createGitHubPolicySource } from '../adapters/github/github-policy-source.ts';
import { createGitHubReader } from '../adapters/github/github-reader.ts';
import { environmentAccess } from '../adapters/github/signing-environment.ts';
import { createTokenReader } from '../adapters/github/token-reader.ts';
import { sha256, sha512, verify } from '../adapters/signing/node-crypto.ts';
import type { SigningKeys } from '../adapters/signing/signing-keys.ts';
import { createMemoryDocuments } from '../adapters/store/memory-documents.ts';
import { GateError } from '../core/errors.ts';
import { equalBytes } from '../core/evidence/bytes.ts';
import { formatVerifierKey, parseVerifierKey, toVerifierKey } from '../core/evidence/notes/signed-note.ts';
import { WORKFLOW_INSTALLATION, formatOrigin } from '../core/evidence/records/log-origin.ts';
import { recordPath } from '../core/evidence/layout.ts';
import { parseRecord } from '../core/evidence/records/parse-record.ts';
import type { RepositoryFacts, RepositoryRef } from '../core/facts.ts';
import { because, becauseOfError } from '../core/gate/reasons.ts';
import type { DocumentStore, LogId, People, RecordPorts, Sealed } from '../core/ports.ts';
import type { Policy } from '../core/policy/schema.ts';
import { policyInForce } from '../flow/policy-in-force.ts';
import { ActionFailure, forgeFailure } from './failure.ts';
import { inputRefused, required } from './inputs.ts';
import { checkpointKeys, isGoneOver, readJobKeys } from './job-keys.ts';
import type { JobKeys } from './job-keys.ts';
import { isOfAnotherRepository } from './runner-context.ts';
import { EVIDENCE_BRANCH } from './trust.ts';
import type { ActionContext, Verdict } from './verdict.ts';

/** Everything that a job needs that writes the log by itself. */
export interface Standalone {
  readonly ports: RecordPorts;
  readonly ref: RepositoryRef;
  readonly repository: RepositoryFacts;
  /** What is remembered gets to the server now. */
  readonly flush: () => Promise<void>;
  /** Where a record stands, and the newest checkpoint. */
  readonly locate: (record: Sealed) => Promise<Partial<Verdict>>;
}

/** So long other jobs may be faster. */
const PATIENCE_MS = 3 * 60_000;

/** What outlives the job; salts, bytes on their way and the like do not: the store is open to all who may read the repository. */
const LASTING: ReadonlySet<string> = new Set(['run', 'approvals', 'environment', 'login', 'team']);

/**
 * Opens the log and does something with it, from the start again when another job of the same run was faster.
 * @throws {ActionFailure} for everything that stands in the way
 */
export async function withStandalone<T>(
  context: ActionContext,
  work: (standalone: Standalone) => Promise<T>,
): Promise<T> {
  const { runner, inputs, clock, env } = context;
  if (isOfAnotherRepository(runner)) throw new ActionFailure(because('run-fork', {}));
  const keys = readJobKeys(inputs);
  const url = `${runner.serverUrl}/${runner.repository.owner}/${runner.repository.name}`;
  const folder = mkdtempSync(join(env['RUNNER_TEMP'] ?? tmpdir(), 'countersign-'));
  try {
    // Of what the server has, nothing that was fetched once changes: a later try begins with it.
    const clone = new GitClone(folder, { url, token: required(inputs, 'token') }, clock);
    const until = clock.now() + PATIENCE_MS;
    for (;;) {
      try {
        const standalone = await open(context, keys, clone);
        const done = await work(standalone);
        await standalone.flush();
        return done;
      } catch (error) {
        if (!(error instanceof GateError)) throw error;
        if (!isRace(error) || clock.now() >= until) throw failureOf(error);
      }
      await sleep(500 + 1_000 * Math.random());
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function open(context: ActionContext, keys: JobKeys, clone: GitClone): Promise<Standalone> {
  const { runner, inputs, clock, print } = context;
  const { host, apiUrl, serverUrl, repository: own } = runner;
  const token = required(inputs, 'token');
  const reader = createTokenReader({ host, baseUrl: apiUrl, token, clock });
  const found = await reader.repository(own.owner, own.name);
  if (found.id !== own.id) {
    throw new ActionFailure(because('repository-differs', { expected: own.id, found: found.id, where: 'GitHub' }));
  }
  const ref: RepositoryRef = { ...found, installationId: WORKFLOW_INSTALLATION };
  await checkEnvironment(context, reader.clientFor(ref));

  const forge = createGitHubReader(reader);
  const policy = createGitHubPolicySource(reader);
  const repository = await forge.repository(ref);
  const { state } = await policyInForce({ policy, sha256 }, repository);
  const trust = state.kind === 'in-force' ? state.policy.trust : undefined;
  const branchName = evidenceBranch(context, keys.current.signers, ref, repository, trust);
  const branch = gitBranch(clone, branchName);
  const log = { host, installationId: WORKFLOW_INSTALLATION, repositoryId: own.id };
  const [place, storePlace] = [`refs/heads/${branchName}`, `refs/countersign/${branchName}`];
  const head = await clone.lookAt(place, storePlace);
  const shown =
    head === null ? null : await readCheckpoint({ branch, log, sha256, verify }, head, checkpointKeys(keys));
  const patience = { wait: (ms: number) => sleep(ms), random: Math.random };
  const store = openGitStore({
    clone,
    ref: storePlace,
    beside: place,
    owner: `${host}/${own.id}`,
    key: keys.current.storeKey,
    previousKey: isGoneOver(shown, keys) ? null : (keys.previous?.storeKey ?? null),
    clock,
    ...patience,
    patienceMs: PATIENCE_MS,
    push: 'together',
  });
  if (head !== null) await checkWriter(branchName, shown, store, log, keys);
  else if (trust?.['log-opened'] === true && (await store.logs.latest(log)) === null) {
    throw new ActionFailure(because('log-vanished', { branch: branchName }));
  }
  print(`Writing to ${branchName} of ${own.owner}/${own.name}.`);

  return {
    ref,
    repository,
    flush: () => store.flush(),
    ports: {
      forge,
      policy,
      people: withoutTeams(createGitHubPeople(reader)),
      documents: lasting(store.documents),
      log: evidenceLog({
        branchOf: () => Promise.resolve(branch),
        store: store.logs,
        signers: keys.current.signers,
        previousSigners: keys.previous?.signers ?? null,
        previousRevokedFrom: keys.revokedFrom === null ? null : new Map([[own.id, keys.revokedFrom]]),
        clock,
        ids: randomIds,
        sha256,
        sha512,
        verify,
        ...patience,
        // A batch by git is two pushes, each of about a pause.
        pausesForOthers: 3,
      }),
      ids: randomIds,
      clock,
      sha256,
      sha512,
      verify,
    },
    locate: async ({ digest, index }) => {
      const head = await branch.head();
      const found = head === null ? null : await readCheckpoint({ branch, log, sha256, verify }, head, []);
      if (head === null || found === null) return { record: index };
      const stored = await store.logs.record({ ...log, generation: found.ids.generation }, digest);
      const parsed = stored === null ? null : parseRecord(stored.bytes);
      const path = parsed?.ok === true ? recordPath(index, parsed.value.kind, parsed.value.at) : null;
      return {
        record: index,
        checkpoint: found.note,
        ...(path === null ? {} : { recordUrl: `${serverUrl}/${own.owner}/${own.name}/blob/${head}/${path}` }),
      };
    },
  };
}

/** Whoever may run a job in the environment can read the key: it is worth nothing where everybody can make a branch that may. */
async function checkEnvironment(
  { runner, inputs }: ActionContext,
  client: Parameters<typeof environmentAccess>[0],
): Promise<void> {
  const environment = inputs['signing-environment'];
  const branch = runner.ref.startsWith('refs/heads/') ? runner.ref.slice('refs/heads/'.length) : null;
  const access = await environmentAccess(client, environment, branch);
  if (access.kind === 'missing') throw new ActionFailure(because('signing-environment-missing', { environment }));
  if (access.kind === 'open')
    throw new ActionFailure(because('signing-environment-open', { environment, by: access.by }));
}

/** The branch that the policy on the default branch names; it also says whom the jobs that are let go will believe. */
function evidenceBranch(
  { inputs }: ActionContext,
  keys: SigningKeys,
  { host, id: repositoryId }: RepositoryRef,
  repository: RepositoryFacts,
  trust: Policy['trust'],
): string {
  const asked = inputs['evidence-branch'];
  const trusted = trust?.['evidence-branch'] ?? EVIDENCE_BRANCH;
  if (trust !== undefined && asked !== '' && asked !== trusted) {
    throw new ActionFailure(because('trust-branch-differs', { found: asked, expected: trusted }));
  }
  const branch = asked === '' ? trusted : asked;
  if (!/^(?!.*(?:\.\.|\/\/|\.lock(?:\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,200}(?<![/.])$/.test(branch)) {
    throw inputRefused('evidence-branch', 'is no name that this product writes to');
  }
  if (branch === repository.defaultBranch) throw inputRefused('evidence-branch', 'is the default branch');
  if (trust !== undefined && !trust.keys.some((line) => isSameKey(line, keys))) {
    const origin = formatOrigin({ host, installationId: WORKFLOW_INSTALLATION, repositoryId, generation: 1 });
    const key = formatVerifierKey(toVerifierKey(origin, keys.checkpoint.publicKey, sha256));
    throw new ActionFailure(because('signing-key-untrusted', { key }));
  }
  return branch;
}

function isSameKey(line: string, keys: SigningKeys): boolean {
  const parsed = parseVerifierKey(line, sha256);
  return parsed.ok && equalBytes(parsed.value.key.spki, keys.checkpoint.publicKey.spki);
}

/** One log has one writer: a log that our key did not sign is never continued, and no branch of anything else is taken over. */
async function checkWriter(
  branch: string,
  found: FoundCheckpoint | null,
  store: GitStore,
  log: Omit<LogId, 'generation'>,
  { previous }: JobKeys,
): Promise<void> {
  if (found !== null && found.signedBy !== null) return;
  // Our own log, whose checkpoint somebody has taken away: the writer puts it back.
  if (found === null && (await store.logs.latest(log)) !== null) return;
  if (found !== null && isSameRepository(found.ids, log)) {
    const what = previous === null ? 'no previous signing key was given' : 'the previous one that was given is not it';
    throw new ActionFailure(because('log-of-previous-key', { branch, what }));
  }
  const origin = found?.origin ?? 'there is no log of ours on it';
  throw new ActionFailure(because('log-of-another-writer', { branch, origin }));
}

/** Nobody is asked about on behalf of a team that the token of a job may not read: its seat could never be filled. */
function withoutTeams(people: People): People {
  const refuse = (_: RepositoryRef, team: string) =>
    Promise.reject(new ActionFailure(because('team-without-app', { team })));
  return { ...people, isTeamMember: refuse, teamMembers: refuse };
}

function lasting(documents: DocumentStore): DocumentStore {
  const passing = createMemoryDocuments();
  const of = (kind: string): DocumentStore => (LASTING.has(kind) ? documents : passing);
  return {
    get: (id) => of(id.kind).get(id),
    put: (id, body, expected) => of(id.kind).put(id, body, expected),
    list: (filter) => of(filter.kind).list(filter),
    listAll: (kind) => of(kind).listAll(kind),
    remove: (id, expected) => of(id.kind).remove(id, expected),
  };
}

function isRace({ code }: GateError): boolean {
  return code === 'ERR_LOG_BUSY' || code === 'ERR_STORE_CONFLICT';
}

function failureOf(error: GateError): ActionFailure {
  if (isRace(error)) return new ActionFailure(because('evidence-races-lost', { seconds: PATIENCE_MS / 1_000 }));
  if (error.code === 'ERR_LOG_REFUSED')
    return new ActionFailure(because('evidence-push-refused', { what: error.message }));
  if (error.code.startsWith('ERR_FORGE_')) {
    return forgeFailure(error, 'reading the run and its people');
  }
  return new ActionFailure(becauseOfError(error.code, error.message));
}
