import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomIds } from '../adapters/clock.ts';
import { readCheckpoint } from '../adapters/evidence-branch/find-place.ts';
import { evidenceLog } from '../adapters/evidence-branch/writer.ts';
import { GitClone } from '../adapters/git/git-clone.ts';
import { createGitHubPeople } from '../adapters/github/github-people.ts';
import { createGitHubPolicySource } from '../adapters/github/github-policy-source.ts';
import { createGitHubReader } from '../adapters/github/github-reader.ts';
import { pointRef } from '../adapters/github/point-ref.ts';
import { environmentAccess } from '../adapters/github/signing-environment.ts';
import { createTokenReader } from '../adapters/github/token-reader.ts';
import { sha256, sha512, verify } from '../adapters/signing/node-crypto.ts';
import { createMemoryDocuments } from '../adapters/store/memory-documents.ts';
import { GateError } from '../core/errors.ts';
import type { GateErrorCode } from '../core/errors.ts';
import { WORKFLOW_INSTALLATION } from '../core/evidence/records/log-origin.ts';
import { recordPath } from '../core/evidence/layout.ts';
import { parseRecord } from '../core/evidence/records/parse-record.ts';
import type { RepositoryFacts, RepositoryRef } from '../core/facts.ts';
import { because, becauseOfError } from '../core/gate/reasons.ts';
import type { DocumentStore, People, RecordPorts, Sealed } from '../core/ports.ts';
import { ActionFailure, forgeFailure } from './failure.ts';
import { required } from './inputs.ts';
import { readJobKeys } from './job-keys.ts';
import type { JobKeys } from './job-keys.ts';
import { readLogTrust } from './log-trust.ts';
import { openLog } from './open-log.ts';
import type { OpenLog } from './open-log.ts';
import { isOfAnotherRepository } from './runner-context.ts';
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

/** What the evidence branch shows is not in the store: it is not the newest, or not ours. */
const LOST: ReadonlySet<GateErrorCode> = new Set(['ERR_STORE_LOST', 'ERR_STORE_FORGED', 'ERR_LOG_DRIFT']);

/** What outlives the job; salts, bytes on their way and the like do not: the store is open to all who may read the repository. */
const LASTING: ReadonlySet<string> = new Set(['run', 'approvals', 'environment', 'login', 'team', 'code', 'counted']);

/** A log whose store was not looked at yet. */
interface Desk extends Pick<OpenLog, 'restore'> {
  readonly begin: () => Promise<Standalone>;
}

/**
 * Opens the log and does something with it, from the start again when another job of the same run was faster, or when others
 * had thrown away or put back what the log remembers.
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
    let repaired: Uint8Array | null = null;
    for (;;) {
      let desk: Desk | null = null;
      try {
        desk = await open(context, keys, clone);
        const standalone = await desk.begin();
        const { ports, ref } = standalone;
        if (repaired !== null) await ports.log.append(ref, [{ bytes: repaired, attachments: [] }]);
        const done = await work(standalone);
        await standalone.flush();
        return done;
      } catch (error) {
        if (!(error instanceof GateError)) throw error;
        const lost = LOST.has(error.code) ? desk : null;
        if ((lost === null && !isRace(error)) || clock.now() >= until) throw failureOf(error);
        if (lost !== null) repaired = await restore(lost, error);
      }
      await sleep(500 + 1_000 * Math.random());
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function open(context: ActionContext, keys: JobKeys, clone: GitClone): Promise<Desk> {
  const { runner, inputs, clock, print, warn } = context;
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
  const log = { host, installationId: WORKFLOW_INSTALLATION, repositoryId: own.id };
  const { publicKey } = keys.current.signers.checkpoint;
  const trust = await readLogTrust(inputs, repository, policy, log, publicKey);
  const patience = { wait: (ms: number) => sleep(ms), random: Math.random, patienceMs: PATIENCE_MS };
  const point = (name: string, commit: string, isThere: boolean): Promise<void> =>
    pointRef({ baseUrl: apiUrl, token, clock }, ref, { ref: name, commit, isThere });
  const { branch, store, begin, restore } = await openLog({ clone, clock, log, trust, keys, warn, point, ...patience });

  const standalone: Standalone = {
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
        wait: patience.wait,
        random: patience.random,
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
  return {
    begin: async () => {
      const place = await begin();
      // What is decided rests on what is remembered: not even a look at it, while the branch shows that there was more.
      if (place === 'moved' && (await standalone.ports.log.inspect(ref)) === 'drift') {
        throw new GateError('ERR_LOG_DRIFT', 'the branch holds records of ours that are not remembered');
      }
      print(`Writing to ${trust.branch} of ${own.owner}/${own.name}.`);
      return standalone;
    },
    restore,
  };
}

/** @throws {ActionFailure} where the store is not to be restored, or is not what is wrong */
async function restore(desk: Desk, error: GateError): Promise<Uint8Array> {
  try {
    const told = await desk.restore(error);
    if (told !== null) return told;
  } catch (failed) {
    throw failed instanceof GateError ? failureOf(failed) : failed;
  }
  throw failureOf(error);
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
