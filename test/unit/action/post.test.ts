import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readInputs } from '../../../action/inputs.ts';
import { runPost } from '../../../action/post.ts';
import type { StateName } from '../../../action/verdict.ts';

const START = 1_000_000;
const ID_TOKEN = 'e30.e30.c2lnbmF0dXJl';

let server: Server;
let url: string;
let received: { readonly path: string; readonly authorization: string | undefined; readonly body: string }[];
let answers: Record<string, { readonly status: number; readonly body: unknown }>;
let said: string[];
let state: Partial<Record<StateName, string>>;

beforeEach(async () => {
  [received, said] = [[], []];
  answers = {
    '/token?audience=AUDIENCE': { status: 200, body: { value: ID_TOKEN } },
    '/api/v1/outcomes': { status: 200, body: { status: 'taken' } },
  };
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const path = (request.url ?? '').replace(encodeURIComponent(url), 'AUDIENCE');
      received.push({ path, authorization: request.headers.authorization, body });
      const answer = answers[path] ?? { status: 404, body: {} };
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  state = { mode: 'gate', startedAtMs: String(START), gate: JSON.stringify(gate(url)) };
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const gate = (appUrl: string | null) => ({
  environment: 'production',
  runId: 56,
  attempt: 1,
  record: 7,
  recordDigest: 'a'.repeat(64),
  requestDigest: 'b'.repeat(64),
  appUrl,
});

async function post(status: string, more: NodeJS.ProcessEnv = {}): Promise<void> {
  const env: NodeJS.ProcessEnv = {
    'INPUT_JOB-STATUS': status,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request token',
    ...more,
  };
  await runPost({
    inputs: readInputs(env),
    env,
    clock: { now: () => START + 61_400 },
    print: (line) => void said.push(line),
    warn: ({ code }) => void said.push(`warning ${code}`),
    mask: (secret) => void said.push(`mask ${secret}`),
    kept: (name) => state[name] ?? '',
  });
}

describe('the post step', () => {
  test.each(['success', 'failure', 'cancelled'])('tells the App: %s, how long, and by which record', async (result) => {
    await post(result);
    expect(received.map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/token?audience=AUDIENCE', 'Bearer request token'],
      ['/api/v1/outcomes', `Bearer ${ID_TOKEN}`],
    ]);
    const outcome = { environment: 'production', result, seconds: 61, released: 'a'.repeat(64) };
    expect(JSON.parse(received[1]?.body ?? '')).toEqual(outcome);
    expect(said).toEqual(['mask request token', `mask ${ID_TOKEN}`]);
  });

  test.each<readonly [string, () => void]>([
    ['nothing was let go', () => delete state.gate],
    ['the Action works alone', () => (state.gate = JSON.stringify(gate(null)))],
    ['a step has written nonsense over the state', () => (state.gate = '{"environment":3}')],
    ['the state is no JSON', () => (state.gate = '{')],
  ])('says nothing where %s', async (_what, change) => {
    change();
    await post('success');
    expect([received, said]).toEqual([[], []]);
  });

  test('asks nobody where the job may not, or where nobody says how it ended', async () => {
    await post('success', { ACTIONS_ID_TOKEN_REQUEST_URL: '' });
    await post('');
    expect(received).toEqual([]);
    expect(said.map((line) => line.split(' ')[0])).toEqual(['Without', 'The']);
  });

  test.each<readonly [string, string, () => void]>([
    [
      'the App refuses',
      'outcome-without-gate',
      () => refuse('/api/v1/outcomes', 409, { code: 'outcome-without-gate' }),
    ],
    ['the App is another server', 'app-answer-unknown', () => refuse('/api/v1/outcomes', 404, {})],
    ['the runner gives no token', 'oidc-unavailable', () => refuse('/token?audience=AUDIENCE', 500, {})],
    ['what it gives is no token', 'oidc-unavailable', () => refuse('/token?audience=AUDIENCE', 200, { value: 'x\ny' })],
  ])('warns, and does not fail the job, where %s', async (_what, code, change) => {
    change();
    await expect(post('success')).resolves.toBeUndefined();
    expect(said.filter((line) => line.startsWith('warning'))).toEqual([`warning ${code}`]);
  });
});

function refuse(path: string, status: number, body: unknown): void {
  answers[path] = { status, body };
}
