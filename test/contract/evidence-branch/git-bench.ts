import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { gitBranch } from '../../../adapters/evidence-branch/git-branch.ts';
import type { Branch } from '../../../adapters/evidence-branch/branch.ts';
import { evidenceLog } from '../../../adapters/evidence-branch/writer.ts';
import { GitClone } from '../../../adapters/git/git-clone.ts';
import { sha256, sha512, verify } from '../../../adapters/signing/node-crypto.ts';
import { generateSigningKeys, loadSigningKeys } from '../../../adapters/signing/signing-keys.ts';
import type { SigningKeys } from '../../../adapters/signing/signing-keys.ts';
import { openStore } from '../../../adapters/store/open-store.ts';
import { openGitSource } from '../../../cli/git-source.ts';
import { toVerifierKey } from '../../../core/evidence/notes/signed-note.ts';
import { verifyLog } from '../../../core/evidence/verify/verify-log.ts';
import type { VerifyResult } from '../../../core/evidence/verify/verify-log.ts';
import type { RepositoryRef } from '../../../core/facts.ts';
import type { EvidenceLog, SealedInput } from '../../../core/ports.ts';
import { commitFiles, evidenceBranch, git, initRepository } from '../../support/evidence-repository.ts';
import { recordBytes, sampleRepository } from '../../support/evidence-log.ts';
import type { BranchBench } from './branch-cases.ts';

const MAIN = 'refs/heads/main';

/** A bare repository that serves what GitHub serves: partial clones, and any commit by its id. */
export function serveRepository(folder: string): void {
  mkdirSync(folder);
  initRepository(folder);
  git(folder, ['config', 'uploadpack.allowFilter', 'true']);
  git(folder, ['config', 'uploadpack.allowAnySHA1InWant', 'true']);
}

/** The writer over git itself, against a repository on this machine. */
export class GitBench implements BranchBench {
  readonly ref: RepositoryRef = { ...sampleRepository, owner: 'acme', name: 'infra' };
  readonly folder = mkdtempSync(join(tmpdir(), 'countersign-git-'));
  readonly remote = join(this.folder, 'remote.git');
  readonly #store = openStore(':memory:');
  readonly #keys: SigningKeys;
  #clones = 0;
  #before: (() => Promise<void>) | null = null;

  // oxlint-disable-next-line typescript/require-await -- as every bench is started
  static async start(): Promise<GitBench> {
    return new GitBench();
  }

  private constructor() {
    const keys = loadSigningKeys(generateSigningKeys());
    if (!keys.ok) throw new TypeError(keys.issue);
    this.#keys = keys.value;
    serveRepository(this.remote);
    commitFiles(this.remote, new Map([['README.md', new Uint8Array([10])]]));
    git(this.remote, ['update-ref', MAIN, `refs/heads/${evidenceBranch}`]);
    git(this.remote, ['update-ref', '-d', `refs/heads/${evidenceBranch}`]);
  }

  async close(): Promise<void> {
    await this.#store.close();
    rmSync(this.folder, { recursive: true });
  }

  writer(): EvidenceLog {
    const real = this.branch();
    const branch: Branch = {
      ...real,
      commit: async (...given) => {
        const before = this.#before;
        this.#before = null;
        await before?.();
        return real.commit(...given);
      },
    };
    return evidenceLog({
      branchOf: () => Promise.resolve(branch),
      store: this.#store.logs,
      signers: this.#keys,
      clock: { now: () => Date.UTC(2026, 10, 21) },
      ids: { nonce: () => `process ${Math.random()}` },
      sha256,
      sha512,
      verify,
      wait: () => Promise.resolve(),
      random: () => 0,
    });
  }

  branch(): Branch {
    this.#clones += 1;
    const folder = join(this.folder, `clone-${this.#clones}`);
    mkdirSync(folder);
    const clock = { now: () => Date.UTC(2026, 10, 21) };
    return gitBranch(new GitClone(folder, { url: this.remote, token: null }, clock), evidenceBranch);
  }

  record(number: number): SealedInput {
    const { host, installationId, id } = this.ref;
    return { bytes: recordBytes('heartbeat', { number }, number, { host, installationId, id }), attachments: [] };
  }

  beforeCommit(action: () => Promise<void>): void {
    this.#before = action;
  }

  head(): string {
    return git(this.remote, ['rev-parse', evidenceBranch]);
  }

  mainHead(): string {
    return git(this.remote, ['rev-parse', 'main']);
  }

  history(): string[] {
    return git(this.remote, ['rev-list', evidenceBranch]).split('\n');
  }

  file(path: string): string | undefined {
    const listed = git(this.remote, ['ls-tree', '--name-only', evidenceBranch, path]);
    return listed === '' ? undefined : git(this.remote, ['show', `${evidenceBranch}:${path}`]);
  }

  // oxlint-disable-next-line typescript/require-await -- as every bench does it
  async push(files: Readonly<Record<string, string | null>>): Promise<void> {
    const kept = git(this.remote, ['ls-tree', '-r', '--name-only', evidenceBranch]).split('\n');
    const names = new Set([...kept, ...Object.keys(files)]);
    const all = [...names].flatMap((path): [string, Uint8Array][] => {
      const text = path in files ? files[path] : this.file(path);
      return text === null || text === undefined ? [] : [[path, Buffer.from(text)]];
    });
    commitFiles(this.remote, new Map(all));
  }

  // oxlint-disable-next-line typescript/require-await -- as every bench does it
  async forcePush(sha: string): Promise<void> {
    git(this.remote, ['update-ref', `refs/heads/${evidenceBranch}`, sha]);
  }

  // oxlint-disable-next-line typescript/require-await -- as every bench does it
  async deleteBranch(): Promise<void> {
    git(this.remote, ['update-ref', '-d', `refs/heads/${evidenceBranch}`]);
  }

  async verify(generation = 1): Promise<VerifyResult> {
    const source = await openGitSource(this.remote, evidenceBranch);
    const { host, installationId, id } = this.ref;
    const origin = `${host}/${installationId}/${id}/${generation}`;
    try {
      const checkpointKey = toVerifierKey(origin, this.#keys.checkpoint.publicKey, sha256);
      return await verifyLog(source, { checkpointKey, sha256, sha512, verify });
    } finally {
      source.close();
    }
  }
}
