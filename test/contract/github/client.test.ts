import { afterEach, expect, test } from 'vitest';
import { networkCodeOf } from '../../../adapters/github/forge-error.ts';
import { CREATE_COMMIT, WAITING_JOBS } from '../../../adapters/github/graphql-operations.ts';
import { createTokenReader } from '../../../adapters/github/token-reader.ts';
import { errorOf, json, startFakeForge } from './fake-forge.ts';
import type { Answer, FakeForge } from './fake-forge.ts';

const GET_REPOSITORY = 'GET /repos/{owner}/{repo}';
const POST_COMMENT = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';

const open: FakeForge[] = [];

async function forge(answer: Answer, answerToken?: Answer): Promise<FakeForge> {
  const started = await startFakeForge(answer, answerToken);
  open.push(started);
  return started;
}

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const ok: Answer = (_, response) => json(response, 200, { id: 1 });

test('a token is narrowed to the repository and to what the route needs, and kept for its next use', async () => {
  const { client, ref, seen, tokenRequests } = await forge(ok);
  await client.clientFor(ref).request(GET_REPOSITORY);
  await client.clientFor(ref).request(GET_REPOSITORY);
  await client.clientFor(ref).request(POST_COMMENT, { issue_number: 3, body: 'x' });
  expect(tokenRequests.map(({ body }) => body)).toEqual([
    { repository_ids: [9], permissions: { metadata: 'read' } },
    { repository_ids: [9], permissions: { issues: 'write' } },
  ]);
  expect(tokenRequests[0]?.url).toBe('/api/v3/app/installations/5/access_tokens');
  expect(tokenRequests[0]?.authorization).toMatch(/^bearer ey/);
  expect(new Set(seen.slice(0, 2).map((each) => each.authorization)).size).toBe(1);
  expect(seen[2]?.authorization).not.toBe(seen[0]?.authorization);
  expect(seen.every((each) => each.apiVersion === '2022-11-28')).toBe(true);
});

test('no token of one repository or installation ever serves another one', async () => {
  const { client, ref, tokenRequests } = await forge(ok);
  await client.clientFor(ref).request(GET_REPOSITORY);
  await client.clientFor({ ...ref, id: 10 }).request(GET_REPOSITORY);
  await client.clientFor({ ...ref, installationId: 6 }).request(GET_REPOSITORY);
  expect(tokenRequests).toHaveLength(3);
  expect(() => client.clientFor({ ...ref, host: 'elsewhere.example' })).toThrow(TypeError);
});

test('a token is renewed five minutes before it ends, and once for calls at the same time', async () => {
  const { client, ref, tokenRequests, advance } = await forge(ok);
  await Promise.all([1, 2, 3].map(() => client.clientFor(ref).request(GET_REPOSITORY)));
  expect(tokenRequests).toHaveLength(1);
  advance(54 * 60_000);
  await client.clientFor(ref).request(GET_REPOSITORY);
  expect(tokenRequests).toHaveLength(1);
  advance(2 * 60_000);
  await client.clientFor(ref).request(GET_REPOSITORY);
  expect(tokenRequests).toHaveLength(2);
});

test('after a 401 the token is forgotten', async () => {
  const { client, ref, tokenRequests } = await forge((_, response, n) => json(response, n === 1 ? 401 : 200, {}));
  expect((await errorOf(client.clientFor(ref).request(GET_REPOSITORY))).code).toBe('ERR_FORGE_FORBIDDEN');
  await client.clientFor(ref).request(GET_REPOSITORY);
  expect(tokenRequests).toHaveLength(2);
});

test.each([404, 422, 403])('an installation that grants no token (%i) never reads as "not found"', async (status) => {
  const { client, ref, seen } = await forge(ok, (_, response) => json(response, status, { message: 'no' }));
  const error = await errorOf(client.clientFor(ref).request(POST_COMMENT, { issue_number: 3, body: 'x' }));
  expect(error).toMatchObject({ code: 'ERR_FORGE_FORBIDDEN', effect: 'none' });
  expect(seen).toHaveLength(0);
});

const RESET = String(Date.parse('2026-11-21T00:02:00Z') / 1000);

test.each([
  ['401', 401, {}, {}, 'ERR_FORGE_FORBIDDEN', undefined],
  [
    '403 for a permission',
    403,
    {},
    { message: 'Resource not accessible by integration' },
    'ERR_FORGE_FORBIDDEN',
    undefined,
  ],
  ['403 with retry-after', 403, { 'retry-after': '90' }, {}, 'ERR_FORGE_RATE_LIMITED', 90],
  [
    '403 with nothing remaining',
    403,
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': RESET },
    {},
    'ERR_FORGE_RATE_LIMITED',
    120,
  ],
  [
    '403 whose message says secondary',
    403,
    {},
    { message: 'You have exceeded a secondary rate limit.' },
    'ERR_FORGE_RATE_LIMITED',
    60,
  ],
  ['429', 429, {}, {}, 'ERR_FORGE_RATE_LIMITED', 60],
  ['404', 404, {}, {}, 'ERR_FORGE_NOT_FOUND', undefined],
  ['410', 410, {}, {}, 'ERR_FORGE_NOT_FOUND', undefined],
  ['409', 409, {}, {}, 'ERR_FORGE_REFUSED', undefined],
  ['422', 422, {}, {}, 'ERR_FORGE_REFUSED', undefined],
  ['a redirect', 301, { location: '/elsewhere' }, {}, 'ERR_FORGE_REFUSED', undefined],
  ['500', 500, {}, {}, 'ERR_FORGE_UNAVAILABLE', undefined],
  ['503', 503, {}, {}, 'ERR_FORGE_UNAVAILABLE', undefined],
] as const)('%s has a code of its own', async (_name, status, headers, body, code, retryAfterSeconds) => {
  const { client, ref } = await forge((_request, response) => json(response, status, body, headers));
  const error = await errorOf(client.clientFor(ref).request(GET_REPOSITORY));
  expect({ code: error.code, wait: error.retryAfterSeconds, effect: error.effect }).toEqual({
    code,
    wait: retryAfterSeconds,
    effect: 'none',
  });
});

test('a read is tried three times in all, a write once, and only the write may have had an effect', async () => {
  const { client, ref, seen, sleeps } = await forge((_, response) => json(response, 502, {}));
  await errorOf(client.clientFor(ref).request(GET_REPOSITORY));
  expect(seen).toHaveLength(3);
  expect(sleeps).toEqual([400, 800]);
  const error = await errorOf(client.clientFor(ref).request(POST_COMMENT, { issue_number: 3, body: 'x' }));
  expect(seen).toHaveLength(4);
  expect(error).toMatchObject({ code: 'ERR_FORGE_UNAVAILABLE', effect: 'unknown' });
});

test('a read that works the second time is a value', async () => {
  const { client, ref, sleeps } = await forge((_, response, n) =>
    n === 1 ? json(response, 429, {}, { 'retry-after': '2' }) : json(response, 200, { id: 1 }),
  );
  expect((await client.clientFor(ref).request(GET_REPOSITORY)).data).toEqual({ id: 1 });
  expect(sleeps).toEqual([2400]);
});

test('a long wait that GitHub asks for is left to the job', async () => {
  const { client, ref, sleeps, seen } = await forge((_, response) => json(response, 429, {}, { 'retry-after': '30' }));
  expect((await errorOf(client.clientFor(ref).request(GET_REPOSITORY))).retryAfterSeconds).toBe(30);
  expect({ sleeps, calls: seen.length }).toEqual({ sleeps: [], calls: 1 });
});

const half = JSON.stringify({ id: 1, secret: 'body' }).slice(0, -5);

test.each([
  ['malformed JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(half)],
  ['a connection cut before the answer', (response) => response.destroy()],
  [
    'a body cut short of its length',
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
      response.write(half, () => response.destroy());
    },
  ],
] satisfies readonly (readonly [string, (response: Parameters<Answer>[1]) => unknown])[])(
  '%s is unavailable, and for a write unknown',
  async (_name, answer) => {
    const { client, ref } = await forge((_request, response) => {
      answer(response);
    });
    const read = await errorOf(client.clientFor(ref).request(GET_REPOSITORY));
    expect(read).toMatchObject({ code: 'ERR_FORGE_UNAVAILABLE', effect: 'none' });
    const write = await errorOf(client.clientFor(ref).request(POST_COMMENT, { issue_number: 3, body: 'x' }));
    expect(write).toMatchObject({ code: 'ERR_FORGE_UNAVAILABLE', effect: 'unknown' });
    const query = await errorOf(client.clientFor(ref).graphql(WAITING_JOBS, { run: 'R', after: null }));
    expect(query.code).toBe('ERR_FORGE_UNAVAILABLE');
  },
);

test('a call that is never answered ends by itself, and a write may have had an effect', async () => {
  const { client, ref, seen } = await forge(() => {});
  const error = await errorOf(client.clientFor(ref).request(POST_COMMENT, { issue_number: 3, body: 'x' }));
  expect(error).toMatchObject({ code: 'ERR_FORGE_UNAVAILABLE', effect: 'unknown' });
  expect(seen).toHaveLength(1);
});

test('a reader that is given an end waits for nothing beyond it, however often it would ask again', async () => {
  const { ref, seen } = await forge(() => {});
  const limits = { sleep: () => Promise.resolve(), until: AbortSignal.timeout(100), clock: { now: () => 0 } };
  const reader = createTokenReader({ host: ref.host, baseUrl: `http://${ref.host}/api/v3`, token: 't', ...limits });
  const error = await errorOf(reader.repository('acme', 'shop'));
  expect([error.code, networkCodeOf(error), seen.length]).toEqual(['ERR_FORGE_UNAVAILABLE', 'TimeoutError', 1]);
});

test('an answer without end is cut off', async () => {
  const { client, ref } = await forge((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const chunk = `"${'a'.repeat(1024 * 1024)}",`;
    const more = (): void => {
      if (!response.destroyed) response.write(chunk, more);
    };
    response.write('[', more);
  });
  expect((await errorOf(client.clientFor(ref).request(GET_REPOSITORY))).code).toBe('ERR_FORGE_TRUNCATED');
});

test.each([
  ['NOT_FOUND', 'ERR_FORGE_NOT_FOUND', 'none'],
  ['FORBIDDEN', 'ERR_FORGE_FORBIDDEN', 'none'],
  ['STALE_DATA', 'ERR_FORGE_REFUSED', 'none'],
  ['RATE_LIMITED', 'ERR_FORGE_RATE_LIMITED', 'none'],
  [undefined, 'ERR_FORGE_UNAVAILABLE', 'unknown'],
])('a mutation whose answer has an error of type %s is %s with effect %s', async (type, code, effect) => {
  const { client, ref, seen } = await forge((_, response) =>
    json(response, 200, {
      data: { createCommitOnBranch: null },
      errors: [{ message: 'secret', ...(type === undefined ? {} : { type }) }],
    }),
  );
  expect(await errorOf(client.clientFor(ref).graphql(CREATE_COMMIT, { input: {} }))).toMatchObject({ code, effect });
  expect(seen.map(({ url }) => url)).toEqual(['/api/graphql']);
});

test('half an answer of a query is none', async () => {
  const { client, ref } = await forge((_, response) =>
    json(response, 200, { data: { node: {} }, errors: [{ message: 'x' }] }),
  );
  expect((await errorOf(client.clientFor(ref).graphql(WAITING_JOBS, { run: 'R', after: null }))).code).toBe(
    'ERR_FORGE_UNAVAILABLE',
  );
});

test('no error says an address, a body or a token', async () => {
  const { client, ref } = await forge((request, response) =>
    json(response, 500, { message: `leaked ${request.authorization} ${JSON.stringify(request.body)}` }),
  );
  const error = await errorOf(client.clientFor(ref).request(POST_COMMENT, { issue_number: 3, body: 'private words' }));
  const shown = `${error.message} ${String(error.stack)} ${JSON.stringify(error)} ${String(error.cause)}`;
  expect(error.message).toBe(`${POST_COMMENT} answered 500`);
  expect(shown).not.toMatch(/ghs_|leaked|private words|127\.0\.0\.1|acme/);
});
