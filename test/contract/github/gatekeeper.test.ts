import { afterEach, expect, test } from 'vitest';
import { fitText } from '../../../adapters/github/fit-text.ts';
import { createGitHubGatekeeper } from '../../../adapters/github/github-gatekeeper.ts';
import type { CheckRunInput } from '../../../core/ports.ts';
import { checkRequest } from '../../support/openapi/request-check.ts';
import { errorOf, json, startFakeForge } from './fake-forge.ts';
import type { Answer, FakeForge } from './fake-forge.ts';

const open: FakeForge[] = [];

async function forge(answer: Answer): Promise<FakeForge> {
  const started = await startFakeForge(answer);
  open.push(started);
  return started;
}

afterEach(async () => {
  for (const each of open.splice(0)) {
    for (const { method, url, body } of each.seen) {
      const [path = '', query = ''] = url.replace('/api/v3', '').split('?');
      const problems = checkRequest({ method, path, query, body: body ?? undefined });
      if (problems.length > 0) throw new TypeError(problems.join('\n'));
    }
    await each.close();
  }
});

const HEAD = 'a'.repeat(40);

test.each([
  ['204', 204, { kind: 'accepted' }],
  ['404', 404, { kind: 'not-pending', status: 404 }],
  ['422', 422, { kind: 'not-pending', status: 422 }],
  ['200, which GitHub does not document', 200, { kind: 'unknown' }],
  ['409', 409, { kind: 'unknown' }],
  ['403', 403, { kind: 'unknown' }],
  ['429', 429, { kind: 'unknown' }],
  ['500', 500, { kind: 'unknown' }],
  ['a redirect', 302, { kind: 'unknown' }],
])('%s to an answered gate', async (_name, status, expected) => {
  const { client, ref, seen } = await forge((_request, response) => {
    if (status === 204) response.writeHead(204).end();
    else json(response, status, {});
  });
  expect(await createGitHubGatekeeper(client).answerDeployment(ref, 5, 'Prod', 'approved', 'ok')).toMatchObject(
    expected,
  );
  expect(seen.map(({ body }) => body)).toEqual([{ environment_name: 'Prod', state: 'approved', comment: 'ok' }]);
});

test('a reply that is lost leaves an answer unknown, and it is not sent again', async () => {
  const { client, ref, seen } = await forge((_, response) => void response.destroy());
  const outcome = await createGitHubGatekeeper(client).answerDeployment(ref, 5, 'prod', 'rejected', '');
  expect(outcome).toMatchObject({ kind: 'unknown' });
  expect(seen).toHaveLength(1);
});

test('a report carries no state and at most 1,024 characters', async () => {
  const { client, ref, seen } = await forge((_, response) => void response.writeHead(204).end());
  await createGitHubGatekeeper(client).reportDeployment(ref, 5, 'prod', 'held\n'.repeat(500));
  const body = JSON.stringify(seen[0]?.body);
  expect(body).not.toContain('state');
  expect(body).toMatch(/… \d+ more lines not shown"/);
});

const check: CheckRunInput = {
  name: 'countersign',
  headSha: HEAD,
  externalId: 'd'.repeat(64),
  conclusion: 'action_required',
  title: 'Held',
  summary: 'why',
  actions: [{ label: 'Approve', description: 'Countersign this change', identifier: 'approve:K3M9QX2T' }],
};

const runs = (...items: readonly unknown[]) => ({ total_count: items.length, check_runs: items });
const own = { id: 31, name: 'countersign', head_sha: HEAD, app: { id: 77 } };

function checkForge(existing: unknown): Promise<FakeForge> {
  return forge((request, response) =>
    request.method === 'GET' ? json(response, 200, existing) : json(response, 201, { ...own, id: 99 }),
  );
}

test('a first check run is created, completed and with its buttons', async () => {
  const { client, ref, seen } = await checkForge(runs());
  expect(await createGitHubGatekeeper(client).putCheck(ref, check)).toBe(99);
  expect(seen.map(({ method }) => method)).toEqual(['GET', 'POST']);
  expect(seen[1]?.body).toMatchObject({
    head_sha: HEAD,
    status: 'completed',
    actions: check.actions,
    external_id: check.externalId,
  });
});

test('the newest check run of the App is updated, so that there are never two', async () => {
  const older = { ...own, id: 30 };
  const { client, ref, seen } = await checkForge(runs(older, own));
  await createGitHubGatekeeper(client).putCheck(ref, { ...check, conclusion: 'success', actions: [] });
  expect(seen[1]).toMatchObject({
    method: 'PATCH',
    url: '/api/v3/repos/acme/shop/check-runs/31',
    body: { conclusion: 'success', actions: [] },
  });
});

test.each([
  ["another App's", { ...own, app: { id: 78 } }],
  ["nobody's", { ...own, app: null }],
  ['of another name', { ...own, name: 'countersign deploy: prod' }],
  ['of another commit', { ...own, head_sha: 'b'.repeat(40) }],
])('a check run that is %s is left alone', async (_name, existing) => {
  const { client, ref, seen } = await checkForge(runs(existing));
  await createGitHubGatekeeper(client).putCheck(ref, check);
  expect(seen[1]?.method).toBe('POST');
});

test('an own check run on page two is found', async () => {
  const { client, ref, seen } = await forge((request, response) => {
    if (request.method !== 'GET') return json(response, 200, own);
    const other = Array.from({ length: 100 }, (_, n) => ({ ...own, id: n + 40, app: { id: 78 } }));
    return json(response, 200, request.url.endsWith('page=2') ? runs(own) : runs(...other));
  });
  await createGitHubGatekeeper(client).putCheck(ref, check);
  expect(seen.at(-1)).toMatchObject({ method: 'PATCH', url: '/api/v3/repos/acme/shop/check-runs/31' });
});

test('a check run whose reply makes no sense may have been written', async () => {
  const { client, ref } = await forge((request, response) =>
    json(response, 200, request.method === 'GET' ? runs() : {}),
  );
  expect(await errorOf(createGitHubGatekeeper(client).putCheck(ref, check))).toMatchObject({
    code: 'ERR_FORGE_SHAPE',
    effect: 'unknown',
  });
});

test('a summary that is too long is cut at a line and says how much is missing', async () => {
  const { client, ref, seen } = await checkForge(runs());
  const summary = Array.from({ length: 9_000 }, (_, n) => `| row ${n} | é |`).join('\n');
  await createGitHubGatekeeper(client).putCheck(ref, { ...check, summary });
  const text = JSON.stringify(seen[1]?.body);
  expect(text).toMatch(/\| é \|\\n… \d+ more lines not shown"/);
});

const action = { label: 'x', description: 'x', identifier: 'x' };

test.each([
  ['four buttons', [action, action, action, action]],
  ['a label of 21 characters', [{ ...action, label: 'x'.repeat(21) }]],
  ['a description of 41', [{ ...action, description: 'x'.repeat(41) }]],
  ['an identifier of 21', [{ ...action, identifier: 'x'.repeat(21) }]],
])(
  'a check run with %s is refused before it is sent: cut, a button would name another request',
  async (_name, actions) => {
    const { client, ref, seen } = await checkForge(runs());
    const error = await errorOf(createGitHubGatekeeper(client).putCheck(ref, { ...check, actions }));
    expect(error.code).toBe('ERR_INPUT');
    expect(seen).toHaveLength(0);
  },
);

test('nobody is asked when there is nobody to ask', async () => {
  const { client, ref, seen } = await forge((_, response) => json(response, 201, { id: 1 }));
  await createGitHubGatekeeper(client).requestReviewers(ref, 3, []);
  await createGitHubGatekeeper(client).requestReviewers(ref, 3, ['kim']);
  expect(seen.map(({ body }) => body)).toEqual([{ reviewers: ['kim'] }]);
});

test('a run that has ended needs no cancelling, any other refusal is an error', async () => {
  const { client, ref } = await forge((_, response, n) => json(response, n === 1 ? 409 : 403, {}));
  const gatekeeper = createGitHubGatekeeper(client);
  await gatekeeper.cancelRun(ref, 5);
  expect((await errorOf(gatekeeper.cancelRun(ref, 5))).code).toBe('ERR_FORGE_FORBIDDEN');
});

test('a comment is cut where GitHub would refuse it', async () => {
  const { client, ref, seen } = await forge((_, response) => json(response, 201, { id: 1 }));
  await createGitHubGatekeeper(client).comment(ref, 3, `${'x'.repeat(99)}\n`.repeat(700));
  expect(JSON.stringify(seen[0]?.body)).toMatch(/… \d+ more lines not shown"/);
});

test.each([
  ['short', 'a\nb', 40, 'a\nb'],
  ['of many lines', 'first\nsecond\nthird\nfourth is long and goes on', 34, 'first\n… 3 more lines not shown'],
  ['of one line', '🙂'.repeat(40), 40, '🙂🙂🙂\n… 1 more line not shown'],
])('a text that is %s fits', (_name, text, limit, expected) => {
  expect(fitText(text, limit)).toBe(expected);
  expect(Buffer.byteLength(fitText(text, limit))).toBeLessThanOrEqual(limit);
});
