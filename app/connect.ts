import { createGitHubBranches } from '../adapters/evidence-branch/github-branch.ts';
import { evidenceLog } from '../adapters/evidence-branch/writer.ts';
import { createGitHubClient } from '../adapters/github/client.ts';
import { createGitHubGatekeeper } from '../adapters/github/github-gatekeeper.ts';
import {
  findInstalledRepository,
  readInstalledRepositories,
  readSelf,
} from '../adapters/github/github-installations.ts';
import type { NamedRepository } from '../adapters/github/github-installations.ts';
import { createGitHubPeople } from '../adapters/github/github-people.ts';
import { createGitHubPolicySource } from '../adapters/github/github-policy-source.ts';
import { createGitHubReader } from '../adapters/github/github-reader.ts';
import { sha256, sha512, verify } from '../adapters/signing/node-crypto.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { Clock, Ids, JobQueue, Ports, Store } from '../core/ports.ts';
import type { AppConfig } from './env.ts';
import type { Installations } from './sweeper.ts';
import type { Timer } from './timer.ts';

/** What the outside is made from. */
export interface Parts {
  readonly config: AppConfig;
  readonly store: Store;
  /** The store's queue, telling the worker of this process about new jobs. */
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly timer: Timer;
  readonly random: () => number;
}

export interface Outside {
  readonly installations: Installations;
  /** The repository, when this App is installed on exactly that one; else null. @throws {GateError} ERR_FORGE_* */
  findRepository(repository: NamedRepository): Promise<RepositoryRef | null>;
  /** Everything that the flow may ask. @throws {GateError} ERR_FORGE_* while GitHub does not say who this App is */
  ports(): Promise<Ports>;
}

export type Connect = (parts: Parts) => Outside;

/**
 * GitHub, the keys and the evidence branch behind the ports. Nothing is called here: the App must take deliveries in also
 * while GitHub is down. One log writer serves the whole process, because it is the sequencer of each log.
 */
export const connect: Connect = ({ config, store, queue, clock, ids, timer, random }) => {
  const wait = (ms: number): Promise<void> => new Promise((resolve) => void timer.after(ms, resolve));
  const client = createGitHubClient({
    host: config.githubHost,
    baseUrl: config.apiBaseUrl,
    appId: config.appId,
    privateKeyPem: config.privateKey,
    clock,
    sleep: wait,
    random,
  });
  const known = {
    forge: createGitHubReader(client),
    policy: createGitHubPolicySource(client),
    people: createGitHubPeople(client),
    gatekeeper: createGitHubGatekeeper(client),
    log: evidenceLog({
      branchOf: createGitHubBranches(client, config.evidenceBranch),
      store: store.logs,
      signers: config.signingKeys,
      previousSigners: config.previousSigningKeys,
      previousRevokedFrom: config.previousKeysRevokedFrom,
      clock,
      ids,
      sha256,
      sha512,
      verify,
      wait,
      random,
    }),
    documents: store.documents,
    queue,
    clock,
    ids,
    sha256,
    sha512,
    verify,
  };
  let self: Ports['self'] | null = null;
  return {
    findRepository: (repository) => findInstalledRepository(client, repository),
    installations: { repositories: () => readInstalledRepositories(client) },
    async ports() {
      self ??= await readSelf(client);
      return { ...known, self };
    },
  };
};
