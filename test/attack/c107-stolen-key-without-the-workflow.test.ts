import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { randomIds, systemClock } from '../../adapters/clock.ts';
import { gitBranch } from '../../adapters/evidence-branch/git-branch.ts';
import { evidenceLog } from '../../adapters/evidence-branch/writer.ts';
import { openGitStore } from '../../adapters/git-store/open-git-store.ts';
import { GitClone } from '../../adapters/git/git-clone.ts';
import { sha256, sha512, verify } from '../../adapters/signing/node-crypto.ts';
import { loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { storeKey } from '../../adapters/signing/store-key.ts';
import { utf8 } from '../../core/evidence/bytes.ts';
import { renderJson } from '../../core/evidence/strict-json.ts';
import { openAttestedStage } from '../support/attested-stage.ts';
import type { AttestedStage } from '../support/attested-stage.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import { evidenceBranch } from '../support/evidence-repository.ts';
import type { StandaloneRun } from '../support/standalone-stage.ts';

/** Somebody has read the signing key out of the environment and writes releases that nobody countersigned. */

let world: AttestedStage;
let honest: StandaloneRun;
let bundle = '';
let held: StandaloneRun;

beforeAll(async () => {
  world = await openAttestedStage();
  honest = await world.approved();
  ({ bundle } = await world.attestHere(honest));
  held = await world.approved();
  await forgeRelease(held);
});
afterAll(async () => {
  await world.close();
});

const released = z.looseObject({
  predicate: z.looseObject({
    gate: z.looseObject({}),
    headSha: z.string(),
    at: z.string(),
    policyDigest: z.string(),
    factsDigest: z.string(),
  }),
});

/** The honest release once more, for another run and commit, written by our own writer with the stolen keys. */
async function forgeRelease(run: StandaloneRun): Promise<void> {
  const { sandbox, repo, repositoryId, signingKeys, key } = world;
  const files = evidenceFiles(sandbox, repo);
  const [, real] = [...files].findLast(([path]) => path.endsWith('-released.json')) ?? [];
  const record = released.parse(JSON.parse(Buffer.from(real ?? '').toString()));
  Object.assign(record.predicate, { headSha: run.sha, at: new Date(sandbox.clock.now()).toISOString() });
  Object.assign(record.predicate.gate, { runId: run.runId });
  const { policyDigest, factsDigest } = record.predicate;
  const attachments = [`policies/${policyDigest}.yml`, `facts/${factsDigest}.json`].map((path) => ({
    path,
    bytes: files.get(path) ?? new Uint8Array(),
  }));
  const keys = loadSigningKeys(signingKeys);
  if (!keys.ok) throw new TypeError(keys.issue);
  const folder = mkdtempSync(join(tmpdir(), 'thief-'));
  try {
    const [host = ''] = key.split('/');
    const access = { url: sandbox.cloneUrl(repo), token: sandbox.user('alice').token };
    const clone = new GitClone(folder, access, systemClock);
    const patience = { wait: () => Promise.resolve(), random: Math.random };
    const store = openGitStore({
      clone,
      ref: 'refs/countersign/log',
      owner: `${host}/${repositoryId}`,
      key: storeKey(signingKeys),
      clock: systemClock,
      ...patience,
      patienceMs: 10_000,
      push: 'together',
    });
    const branch = gitBranch(clone, evidenceBranch, store);
    const log = evidenceLog({
      branchOf: () => Promise.resolve(branch),
      store: store.logs,
      signers: keys.value,
      clock: systemClock,
      ids: randomIds,
      sha256,
      sha512,
      verify,
      ...patience,
    });
    const ref = { host, installationId: 1, id: repositoryId, owner: 'acme', name: 'shop' };
    await log.append(ref, [{ bytes: utf8(renderJson(record)), attachments }]);
    await store.flush();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const gate = async (run: StandaloneRun, attestation: string): Promise<string | undefined> =>
  (await world.gate(run, { inputs: { attestation } })).code;

describe('C107 the log’s key is stolen', () => {
  test('control: what the workflow decided and signed itself passes', async () => {
    expect(await gate(honest, bundle)).toBe('gate-passed');
  });

  test('a release that only the key has signed lets nothing go', async () => {
    expect(await gate(held, '')).toBe('attestation-missing');
    expect(await gate(held, bundle)).toBe('attestation-run-differs');
  });

  test('nor does one that the thief attests in a job of the same run', async () => {
    const statement = Buffer.from('{}');
    expect(await gate(held, await world.signAs(held.runId, 'deploy', statement))).toBe('attestation-signer-differs');
  });

  test('without trust.attested the key alone is enough, which is why it is there', async () => {
    const { sandbox, repo } = world;
    const policy = sandbox.file(repo, 'main', '.github/countersign.yml') ?? '';
    const files = { '.github/countersign.yml': policy.replace(/ {2}attested:\n(?: {4}.*\n)+/, '') };
    await sandbox.as('alice').commit(repo, 'main', { files, message: 'Trust the key alone' });
    expect(await gate(held, '')).toBe('gate-passed');
  });
});
