import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemFiles } from '../../../app/env-files.ts';
import { readEnv } from '../../../app/env.ts';
import type { AppConfig } from '../../../app/env.ts';
import { startApp } from '../../../app/start.ts';
import type { RunningApp, StartOptions } from '../../../app/start.ts';
import { GateError } from '../../../core/errors.ts';
import type { RepositoryRef } from '../../../core/facts.ts';
import type { Ports } from '../../../core/ports.ts';
import { payloads } from './payloads.ts';
import { startStandIn } from './stand-in.ts';
import type { StandIn } from './stand-in.ts';
import { SECRET, headersFor } from './start-intake.ts';

/** A GitHub on which this App is installed in one repository; nothing else can be asked of it. */
const github = {
  'GET /api/v3/app': { id: 7, slug: 'countersign' },
  'GET /api/v3/app/installations': [{ id: 12, suspended_at: null }],
  'POST /api/v3/app/installations/12/access_tokens': { token: 't', expires_at: '2126-01-01T00:00:00Z' },
  'GET /api/v3/installation/repositories': {
    total_count: 1,
    repositories: [{ id: 34, name: 'shop', full_name: 'acme/shop', owner: { login: 'acme' } }],
  },
};

let directory: string;
let standIn: StandIn;
let app: RunningApp;
let asked: string[];
let inspect: () => Promise<'intact'>;
let now: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-start-'));
  standIn = await startStandIn(github);
  asked = [];
  inspect = async () => 'intact';
  now = Date.parse('2026-11-21T04:33:12.123Z');
  app = await start({ clock: { now: () => now }, wrapPorts: observed });
});
afterEach(async () => {
  await app.close();
  await standIn.close();
  rmSync(directory, { recursive: true });
});

function start(options: StartOptions): Promise<RunningApp> {
  return startApp(config(), options);
}

function config(): AppConfig {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const reading = readEnv(
    {
      APP_ID: '7',
      PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      WEBHOOK_SECRET: SECRET,
      GHE_HOST: standIn.host,
      GHE_PROTOCOL: 'http',
      PORT: '0',
      LOG_LEVEL: 'fatal',
      COUNTERSIGN_DATA_DIR: directory,
    },
    systemFiles,
  );
  if (!reading.ok) throw new TypeError(reading.line);
  return reading.value;
}

/** The real ports, with the questions of the first looks written down and answered by "nothing there". */
function observed(ports: Ports): Ports {
  const note = <T>(question: string, answer: T) => {
    return async (ref: RepositoryRef): Promise<T> => {
      asked.push(`${question} ${ref.installationId}/${ref.id} by ${ports.self.slug}`);
      return answer;
    };
  };
  return {
    ...ports,
    forge: {
      ...ports.forge,
      waitingRuns: note('waiting runs', []),
      openPulls: note('open pulls', []),
      repository: async (ref) => ({ ref, defaultBranch: 'main', private: true, ownerType: 'Organization' }),
      run: async (ref, runId) => {
        asked.push(`run ${runId} of ${ref.owner}/${ref.name}`);
        throw new GateError('ERR_FORGE_UNAVAILABLE', 'no reply');
      },
    },
    log: {
      ...ports.log,
      inspect: async (ref) => {
        asked.push(`evidence ${ref.installationId}/${ref.id}`);
        return inspect();
      },
    },
  };
}

test('a start looks at every repository it is installed on, so that what no webhook told is found (C62)', async () => {
  await app.idle();
  expect(asked.toSorted()).toEqual([
    'evidence 12/34',
    'open pulls 12/34 by countersign',
    'waiting runs 12/34 by countersign',
  ]);
});

test('a delivery over HTTP is performed by the flow before the App is idle again', async () => {
  await app.idle();
  const body = JSON.stringify(payloads.protectionRule());
  const headers = headersFor('deployment_protection_rule', body);
  const response = await fetch(`${app.url}/api/github/webhooks`, { method: 'POST', headers, body });
  expect(response.status).toBe(200);
  await app.idle();
  expect(asked.filter((question) => question.startsWith('run'))).toEqual(['run 1234 of acme/shop']);
});

test('what failed is idle until the clock says that it is due', async () => {
  await app.idle();
  asked.length = 0;
  inspect = () => Promise.reject(new GateError('ERR_FORGE_UNAVAILABLE', 'no reply'));
  await app.sweep();
  await app.idle();
  const evidence = (): number => asked.filter((question) => question.startsWith('evidence')).length;
  expect(evidence()).toBe(1);
  now += 1_000;
  await app.idle();
  expect(evidence()).toBe(2);
});

test('a stopped App answers nothing more and is idle', async () => {
  await app.close();
  await expect(fetch(`${app.url}/healthz`)).rejects.toThrow('fetch failed');
  await app.idle();
});

test('a killed App leaves its job to the next one, which does it when the lease has ended', async () => {
  await app.idle();
  const inside = Promise.withResolvers<void>();
  inspect = () => {
    inside.resolve();
    return new Promise(() => {});
  };
  await app.sweep();
  await inside.promise;
  await app.kill();
  asked.length = 0;
  inspect = async () => 'intact';
  app = await start({ clock: { now: () => now }, wrapPorts: observed });
  await app.idle();
  expect(asked.filter((question) => question.startsWith('evidence'))).toEqual([]);
  now += 10_000;
  await app.idle();
  // The one that was cut off, and the one of the sweep at the start.
  expect(asked.filter((question) => question.startsWith('evidence'))).toEqual(['evidence 12/34', 'evidence 12/34']);
});

test('two Apps cannot listen on one port, and the second one lets go of the store', async () => {
  const port = Number(new URL(app.url).port);
  const taken = { ...config(), listen: { host: '127.0.0.1', port } };
  await expect(startApp(taken)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
