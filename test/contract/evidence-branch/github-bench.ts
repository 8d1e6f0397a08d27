import { createGitHubBranches } from '../../../adapters/evidence-branch/github-branch.ts';
import { evidenceLog } from '../../../adapters/evidence-branch/writer.ts';
import { createGitHubClient } from '../../../adapters/github/client.ts';
import { sha256, sha512, verify } from '../../../adapters/signing/node-crypto.ts';
import { generateSigningKeys, loadSigningKeys } from '../../../adapters/signing/signing-keys.ts';
import type { SigningKeys } from '../../../adapters/signing/signing-keys.ts';
import { openStore } from '../../../adapters/store/open-store.ts';
import { openGitSource } from '../../../cli/git-source.ts';
import { toVerifierKey } from '../../../core/evidence/notes/signed-note.ts';
import { verifyLog } from '../../../core/evidence/verify/verify-log.ts';
import type { VerifyResult } from '../../../core/evidence/verify/verify-log.ts';
import type { RepositoryRef } from '../../../core/facts.ts';
import type { EvidenceLog, SealedInput, Store } from '../../../core/ports.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import type { Actor, Fault, LoggedRequest, Sandbox } from '../../../sandbox/sandbox.ts';
import { recordBytes } from '../../support/evidence-log.ts';
import { git } from '../../support/evidence-repository.ts';
import { checkRequest } from '../../support/openapi/request-check.ts';
import type { BranchBench } from './branch-cases.ts';

const REPOSITORY = 'acme/infra';
const BRANCH = 'countersign-evidence';

/** The writer over HTTP: the real client and branch against the sandbox, which shares no code with them. */
export class GitHubBench implements BranchBench {
  readonly sandbox: Sandbox;
  readonly ref: RepositoryRef;
  readonly kim: Actor;
  readonly #appId: number;
  readonly #privateKeyPem: string;
  readonly #store: Store = openStore(':memory:');
  readonly #keys: SigningKeys;

  static async start(): Promise<GitHubBench> {
    return new GitHubBench(await startSandbox());
  }

  private constructor(sandbox: Sandbox) {
    const keys = loadSigningKeys(generateSigningKeys());
    if (!keys.ok) throw new TypeError(keys.issue);
    this.#keys = keys.value;
    this.sandbox = sandbox;
    sandbox.user('kim');
    sandbox.org('acme', { owners: ['kim'] });
    const { id } = sandbox.repo(REPOSITORY, { by: 'kim' });
    const app = sandbox.app({
      slug: 'countersign',
      webhookSecret: 'not used here',
      permissions: { contents: 'write', metadata: 'read' },
      events: [],
    });
    const { installationId } = sandbox.install('countersign', 'acme');
    this.#appId = app.appId;
    this.#privateKeyPem = app.privateKeyPem;
    this.kim = sandbox.as('kim');
    this.ref = { host: new URL(sandbox.url).host, installationId, id, owner: 'acme', name: 'infra' };
  }

  /** Throws when a request was sent that GitHub would not know. */
  async close(): Promise<void> {
    const problems = this.#problems();
    await this.#store.close();
    await this.sandbox.close();
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }

  /** A process of its own: its tokens and its memory are its own, the store is shared. */
  writer(): EvidenceLog {
    const { clock } = this.sandbox;
    const client = createGitHubClient({
      host: this.ref.host,
      baseUrl: this.sandbox.apiUrl,
      appId: this.#appId,
      privateKeyPem: this.#privateKeyPem,
      clock,
      sleep: () => Promise.resolve(),
      random: () => 0,
    });
    return evidenceLog({
      branchOf: createGitHubBranches(client, BRANCH),
      store: this.#store.logs,
      signers: this.#keys,
      clock,
      ids: { nonce: () => `process ${Math.random()}` },
      sha256,
      sha512,
      verify,
      wait: () => Promise.resolve(),
      random: () => 0,
    });
  }

  record(number: number): SealedInput {
    const { host, installationId, id } = this.ref;
    return { bytes: recordBytes('heartbeat', { number }, number, { host, installationId, id }), attachments: [] };
  }

  /** The next request for it meets with this. */
  fault(path: Fault['path'], when: Fault['when'], what: Fault['do'], times = 1): void {
    this.sandbox.faults.add({ path, when, do: what, times });
  }

  beforeCommit(action: () => Promise<void>): void {
    this.fault('createCommitOnBranch', 'before', action);
  }

  head(): string {
    const head = this.sandbox.branchHead(REPOSITORY, BRANCH);
    if (head === undefined) throw new TypeError('there is no branch');
    return head;
  }

  file(path: string): string | undefined {
    return this.sandbox.file(REPOSITORY, BRANCH, path);
  }

  async push(files: Readonly<Record<string, string | null>>, from?: string): Promise<string> {
    const options = { files, message: 'by hand', ...(from === undefined ? {} : { from, force: true }) };
    return (await this.kim.commit(REPOSITORY, BRANCH, options)).sha;
  }

  deleteBranch(): Promise<void> {
    return this.kim.deleteBranch(REPOSITORY, BRANCH);
  }

  forcePush(sha: string): Promise<void> {
    return this.kim.forcePush(REPOSITORY, BRANCH, sha);
  }

  /** Every commit of the branch. */
  history(): string[] {
    return git(this.sandbox.gitDir(REPOSITORY), ['rev-list', BRANCH]).split('\n');
  }

  mainHead(): string {
    return this.sandbox.branchHead(REPOSITORY, 'main') ?? '';
  }

  /** What an auditor finds in a clone. */
  async verify(generation = 1): Promise<VerifyResult> {
    const source = await openGitSource(this.sandbox.gitDir(REPOSITORY), BRANCH);
    const { host, installationId, id } = this.ref;
    const origin = `${host}/${installationId}/${id}/${generation}`;
    try {
      const checkpointKey = toVerifierKey(origin, this.#keys.checkpoint.publicKey, sha256);
      return await verifyLog(source, { checkpointKey, sha256, sha512, verify });
    } finally {
      source.close();
    }
  }

  /** What is wrong with the requests that were sent, by GitHub's published description and by the sandbox. */
  #problems(): readonly string[] {
    const rest = this.sandbox.requests.filter(({ operation }) => operation === undefined);
    return [...this.sandbox.violations, ...rest.flatMap((request) => checkRequest(published(request)))];
  }

  /** Requests about the branch since the `from`th one, without those for tokens. */
  routes(from: number): string[] {
    const ours = this.sandbox.requests.slice(from).filter(({ actor }) => actor.startsWith('installation:'));
    return ours.map(({ route }) => route);
  }
}

function published({ method, path, query, body }: LoggedRequest) {
  return {
    method,
    path: path.replace(/^\/api\/v3/, ''),
    query: query.replace(/^\?/, ''),
    body: body === null || body === '' ? undefined : body,
  };
}
