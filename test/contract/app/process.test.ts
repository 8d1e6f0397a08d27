import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../../adapters/store/open-store.ts';
import { runToExit, startApp } from '../../../demo/start-app.ts';
import type { AppSettings } from '../../../demo/start-app.ts';
import { payloads } from './payloads.ts';
import { SECRET, headersFor } from './start-intake.ts';
import { startStandIn } from './stand-in.ts';
import type { StandIn } from './stand-in.ts';

const privateKeyPem = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString();
const event = 'deployment_protection_rule';
const body = JSON.stringify(payloads.protectionRule());

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-process-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function settings(github: StandIn, dataDirectory: string): AppSettings {
  return { appId: 7, privateKeyPem, webhookSecret: SECRET, githubHost: github.host, dataDirectory };
}

function dataDirectory(): string {
  return mkdtempSync(join(directory, 'data-'));
}

describe('a start that cannot be: exit code 1 and one line that names the variable', () => {
  const good = (): Record<string, string> => ({
    APP_ID: '7',
    PRIVATE_KEY: privateKeyPem,
    WEBHOOK_SECRET: SECRET,
    GHE_HOST: '127.0.0.1:9',
    GHE_PROTOCOL: 'http',
    PORT: '0',
    COUNTERSIGN_DATA_DIR: dataDirectory(),
  });

  function junkDatabase(): string {
    const data = dataDirectory();
    writeFileSync(join(data, 'countersign.sqlite'), 'not a database, though long enough to look like one'.repeat(100));
    return data;
  }

  const rows: readonly (readonly [string, () => Record<string, string>, string])[] = [
    ['without a secret', () => ({ WEBHOOK_SECRET: '' }), 'WEBHOOK_SECRET'],
    ['with the default secret of Probot', () => ({ WEBHOOK_SECRET: 'development' }), 'WEBHOOK_SECRET'],
    ['without the id of the App', () => ({ APP_ID: '' }), 'APP_ID'],
    ['without the key of the App', () => ({ PRIVATE_KEY: '' }), 'PRIVATE_KEY'],
    ['with a data directory under a file', () => ({ COUNTERSIGN_DATA_DIR: '/dev/null/data' }), 'COUNTERSIGN_DATA_DIR'],
    ['with a broken signing key', () => ({ COUNTERSIGN_SIGNING_KEY: 'none' }), 'COUNTERSIGN_SIGNING_KEY'],
    [
      'with a database that is none',
      () => ({ COUNTERSIGN_DATA_DIR: junkDatabase(), COUNTERSIGN_SIGNING_KEY_PATH: signingKeyFile }),
      'COUNTERSIGN_DATA_DIR',
    ],
    ['with PostgreSQL, which comes later', () => ({ DATABASE_URL: 'postgres://db.example/x' }), 'DATABASE_URL'],
    ['on a port that is taken', () => ({ PORT: String(takenPort) }), 'PORT'],
  ];

  let takenPort = 0;
  let signingKeyFile = '';
  const blocker = createServer();
  beforeAll(async () => {
    blocker.listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    takenPort = typeof address === 'object' && address !== null ? address.port : 0;
    const data = dataDirectory();
    await runToExit({ ...good(), COUNTERSIGN_DATA_DIR: data, PORT: String(takenPort) });
    signingKeyFile = join(data, 'signing-key.pem');
  });
  afterAll(() => blocker.close());

  test.each(rows)('%s', async (_title, changed, variable) => {
    const { code, stderr, stdout } = await runToExit({ ...good(), ...changed() });
    expect(code).toBe(1);
    expect(stderr).toHaveLength(1);
    expect(stderr[0]).toMatch(new RegExp(`^Countersign cannot start: .*\\b${variable}\\b`));
    expect(stdout.join('\n')).not.toContain('PRIVATE KEY');
  });
});

describe('the running process', () => {
  let github: StandIn;
  beforeAll(async () => {
    github = await startStandIn('fails');
  });
  afterAll(() => github.close());

  test('makes signing keys that only its owner can read, prints their public halves once, and no secret ever', async () => {
    const data = dataDirectory();
    const first = await startApp(settings(github, data));
    expect(await first.stop()).toBe(0);
    const second = await startApp(settings(github, data));
    expect(await second.stop()).toBe(0);
    expect(existsSync(join(data, 'signing-key.pem'))).toBe(true);
    expect(statSync(join(data, 'signing-key.pem')).mode & 0o777).toBe(0o600);
    expect(first.logs.filter((line) => line.includes('checkpointKey'))).toHaveLength(1);
    expect(second.logs.filter((line) => line.includes('checkpointKey'))).toHaveLength(0);
    const all = [...first.logs, ...second.logs].join('\n');
    expect(all).not.toContain(SECRET);
    expect(all).not.toContain('PRIVATE KEY');
  });

  test('loses nothing that it acknowledged when it is killed at once, and goes on with it afterwards', async () => {
    const data = dataDirectory();
    // A short lease, so that the next process need not wait long for the dead one's job.
    const first = await startApp({ ...settings(github, data), main: 'test/support/app-short-lease.ts' });
    const response = await fetch(first.webhookUrl, { method: 'POST', headers: headersFor(event, body, 'd-1'), body });
    expect(response.status).toBe(200);
    await first.kill();

    const store = openStore(join(data, 'countersign.sqlite'));
    expect(await store.queue.delivery('d-1')).not.toBeNull();
    const { waiting, leased } = await store.queue.counts();
    expect(waiting + leased).toBeGreaterThan(0);
    await store.close();

    const second = await startApp(settings(github, data));
    const again = await fetch(second.webhookUrl, { method: 'POST', headers: headersFor(event, body, 'd-1'), body });
    expect(await again.json()).toEqual({ status: 'duplicate' });
    await expect
      .poll(() => second.logs.filter((line) => line.includes('/12/34/run/1234')), { timeout: 25_000 })
      .not.toEqual([]);
    expect(await second.stop()).toBe(0);
  });
});

test('on SIGTERM takes nothing new, lets the running job end, and exits 0', async () => {
  const github = await startStandIn('holds');
  const asked = github.next();
  const app = await startApp(settings(github, dataDirectory()));
  const reply = await asked;
  const stopped = app.stop();
  await expect
    .poll(() =>
      fetch(`${app.url}/healthz`).then(
        () => 'open',
        () => 'closed',
      ),
    )
    .toBe('closed');
  expect(app.logs.join('\n')).not.toContain('"stopped"');
  // It asked where it is installed: nowhere.
  reply.writeHead(200, { 'content-type': 'application/json' }).end('[]');
  expect(await stopped).toBe(0);
  expect(app.logs.at(-1)).toContain('"stopped"');
  expect(app.logs.join('\n')).not.toContain('in the middle of a job');
  await github.close();
});
