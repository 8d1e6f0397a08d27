import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { sha256 } from '../../../adapters/signing/node-crypto.ts';
import { generateSigningKeys, loadSigningKeys } from '../../../adapters/signing/signing-keys.ts';
import type { SigningAlgorithm } from '../../../adapters/signing/signing-keys.ts';
import { toHex } from '../../../core/evidence/bytes.ts';
import { formatVerifierKey, toVerifierKey } from '../../../core/evidence/notes/signed-note.ts';
import type { RepositoryRef } from '../../../core/facts.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { git } from '../../support/evidence-repository.ts';
import { runVerify } from '../../support/run-verify.ts';

/** Issue item: 200 decisions at once from three processes of the operating system, on one file and one GitHub over HTTP. */

const REPOSITORY = 'acme/infra';
const BRANCH = 'countersign-evidence';
const SCRIPT = join(import.meta.dirname, '..', '..', 'support', 'append-records.ts');
const TOTAL = 200;
/** First number and count of each process. */
const SHARES = [
  [1, 67],
  [68, 67],
  [135, 66],
] as const;

let sandbox: Sandbox;
let folder = '';
let ref: RepositoryRef;
let env: Readonly<Record<string, string>>;
let pin = '';

beforeEach(async () => {
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'countersign-processes-'));
  sandbox.user('kim');
  sandbox.org('acme', { owners: ['kim'] });
  const { id } = sandbox.repo(REPOSITORY, { by: 'kim' });
  const webhookSecret = 'not used by these tests';
  const app = sandbox.app({
    slug: 'countersign',
    webhookSecret,
    permissions: { contents: 'write', metadata: 'read' },
    events: [],
  });
  const { installationId } = sandbox.install('countersign', 'acme');
  const { host } = new URL(sandbox.url);
  ref = { host, installationId, id, owner: 'acme', name: 'infra' };
  const keyPath = join(folder, 'keys.pem');
  pin = makeKeys(keyPath, 'ed25519');
  env = {
    PATH: process.env['PATH'] ?? '',
    APP_ID: String(app.appId),
    PRIVATE_KEY: app.privateKeyPem,
    WEBHOOK_SECRET: webhookSecret,
    GHE_HOST: host,
    GHE_PROTOCOL: 'http',
    COUNTERSIGN_DATA_DIR: folder,
    COUNTERSIGN_SIGNING_KEY_PATH: keyPath,
  };
});

afterEach(async () => {
  const problems = [...sandbox.violations];
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
  if (problems.length > 0) throw new Error(problems.join('\n'));
});

/** @returns the vkey that an auditor of the first log pins */
function makeKeys(path: string, algorithm: SigningAlgorithm): string {
  const pem = generateSigningKeys(algorithm);
  writeFileSync(path, pem, { mode: 0o600 });
  const keys = loadSigningKeys(pem);
  if (!keys.ok) throw new TypeError(keys.issue);
  const origin = `${ref.host}/${ref.installationId}/${ref.id}/1`;
  return formatVerifierKey(toVerifierKey(origin, keys.value.checkpoint.publicKey, sha256));
}

interface Acknowledged {
  readonly digest: string;
  readonly index: number;
}

interface Writer {
  readonly ready: Promise<void>;
  begin(): void;
  /** Everything that it had acknowledged when it ended, by itself or by SIGKILL. */
  readonly ended: Promise<readonly Acknowledged[]>;
}

interface WriterOptions {
  /** SIGKILL once it has acknowledged this many. */
  readonly killAfter?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

function startWriter(
  [first, count]: readonly [number, number],
  { killAfter = Infinity, variables = {} }: WriterOptions = {},
): Writer {
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(ref), String(first), String(count)], {
    env: { ...env, ...variables },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { promise: ready, resolve: isReady, reject } = Promise.withResolvers<void>();
  const exit = once(child, 'exit').then((values: readonly unknown[]) => {
    reject(new Error('the process ended before it was ready'));
    if (values[0] !== 0 && values[1] !== 'SIGKILL') throw new Error(`a process ended with ${String(values[0])}`);
  });
  const read = async (): Promise<readonly Acknowledged[]> => {
    const seen: Acknowledged[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'ready') {
        isReady();
        continue;
      }
      const [digest = '', index = ''] = line.split(' ');
      seen.push({ digest, index: Number(index) });
      if (seen.length === killAfter) child.kill('SIGKILL');
    }
    await exit;
    return seen;
  };
  return { ready, begin: () => child.stdin.end('go\n'), ended: read() };
}

async function runAtOnce(writers: readonly Writer[]): Promise<readonly (readonly Acknowledged[])[]> {
  await Promise.all(writers.map(({ ready }) => ready));
  for (const writer of writers) writer.begin();
  return Promise.all(writers.map(({ ended }) => ended));
}

/** SHA-256 of each record on the branch, by index. */
function digestsOnBranch(): string[] {
  const paths = git(sandbox.gitDir(REPOSITORY), ['ls-tree', '-r', '--name-only', BRANCH, 'records/']).split('\n');
  const number = (path: string): number => Number(/(\d{9})-[a-z-]+\.json$/.exec(path)?.[1]);
  return paths
    .toSorted((a, b) => number(a) - number(b))
    .map((path) => toHex(sha256(Buffer.from(sandbox.file(REPOSITORY, BRANCH, path) ?? ''))));
}

const commits = (): number => Number(git(sandbox.gitDir(REPOSITORY), ['rev-list', '--count', BRANCH]));

describe('three processes, one store, one branch', () => {
  test('C102: of 200 decisions at once none is lost or doubled, in far fewer commits', async () => {
    const start = performance.now();
    const sealed = (await runAtOnce(SHARES.map((share) => startWriter(share)))).flat();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${TOTAL} records by ${SHARES.length} processes: ${commits()} commits, ${seconds} s`);

    expect(sealed.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: TOTAL }, (_, n) => n + 1),
    );
    const there = digestsOnBranch();
    expect(there).toHaveLength(TOTAL + 1);
    expect(new Set(there).size).toBe(TOTAL + 1);
    for (const { digest, index } of sealed) expect(there[index]).toBe(digest);
    expect(commits()).toBeLessThan(TOTAL / 5);
    expect(await runVerify(sandbox.gitDir(REPOSITORY), BRANCH, pin)).toContain(`verified: ${TOTAL + 1} records`);
  });

  test('C102: one killed with SIGKILL in the middle loses nothing that it had acknowledged', async () => {
    const writers = SHARES.map((share, n) => startWriter(share, n === 0 ? { killAfter: 5 } : {}));
    const [killed = [], ...others] = await runAtOnce(writers);
    const [share] = SHARES;
    expect(killed.length).toBeGreaterThanOrEqual(5);
    const before = digestsOnBranch();
    for (const { digest, index } of [...killed, ...others.flat()]) expect(before[index]).toBe(digest);

    // Started again it asks for all of its records: those that were there keep their numbers.
    const again = (await runAtOnce([startWriter(share)])).flat();
    expect(again).toHaveLength(share[1]);
    expect(again).toEqual(expect.arrayContaining([...killed]));
    const there = digestsOnBranch();
    expect(there).toHaveLength(TOTAL + 1);
    expect(new Set(there).size).toBe(TOTAL + 1);
    for (const { digest, index } of [...again, ...others.flat()]) expect(there[index]).toBe(digest);
    expect(await runVerify(sandbox.gitDir(REPOSITORY), BRANCH, pin)).toContain(`verified: ${TOTAL + 1} records`);
  });

  test('started again with new keys, which name the old ones as previous: the log goes over, and either pin verifies it', async () => {
    await runAtOnce([startWriter([1, 10])]);
    const path = join(folder, 'new-keys.pem');
    const newPin = makeKeys(path, 'p256');
    const variables = {
      COUNTERSIGN_SIGNING_KEY_PATH: path,
      COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH: env['COUNTERSIGN_SIGNING_KEY_PATH'] ?? '',
    };
    await runAtOnce([11, 21].map((first) => startWriter([first, 10], { variables })));
    // log-opened, 30 records, and one change of each key.
    for (const each of [pin, newPin]) {
      expect(await runVerify(sandbox.gitDir(REPOSITORY), BRANCH, each)).toContain('verified: 33 records');
    }
  });
});
