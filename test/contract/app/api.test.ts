import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../../adapters/store/open-store.ts';
import { createApi, MAX_API_BODY_BYTES } from '../../../app/api/api.ts';
import type { ApiOptions } from '../../../app/api/api.ts';
import { createIssuerKeys } from '../../../app/api/issuer-keys.ts';
import { createTokenVerifier } from '../../../app/api/verify-token.ts';
import { createBodyReader } from '../../../app/request-body.ts';
import { startServer } from '../../../app/server.ts';
import type { AppServer } from '../../../app/server.ts';
import { GateError } from '../../../core/errors.ts';
import { API_REASONS } from '../../../core/gate/api-reasons.ts';
import type { RepositoryRef, RunFacts } from '../../../core/facts.ts';
import type { Store } from '../../../core/ports.ts';
import type { Proposal } from '../../../core/proposal.ts';
import { load, save } from '../../../flow/state.ts';
import type { GateState, RunState } from '../../../flow/state.ts';
import { forgetTold, forgottenBlocks } from '../../../flow/told.ts';
import { makeToken, startTokenIssuer } from '../../support/token-issuer.ts';
import type { TokenIssuer, TokenParts } from '../../support/token-issuer.ts';
import { run } from '../../unit/authorship/change-builder.ts';

const AUDIENCE = 'https://countersign.example';
const NOW = Date.parse('2026-11-21T04:33:12.000Z');
const ref: RepositoryRef = { host: 'github.com', installationId: 12, id: 34, owner: 'acme', name: 'shop' };
const clock = { now: () => NOW };
const APP_ID = 7;

let issuer: TokenIssuer;
let store: Store;
let server: AppServer;
let found: RepositoryRef | null;
let seen: Partial<RunFacts>;
let failure: GateError | null;
let isOn: boolean;
/** Environments on which the rule of the App is enabled. */
let held: readonly string[];

beforeEach(async () => {
  issuer = await startTokenIssuer();
  store = openStore(':memory:');
  [found, seen, failure, isOn] = [ref, {}, null, true];
  held = ['production', 'staging'];
  const findKey = createIssuerKeys({ issuer: issuer.url, clock });
  const options: ApiOptions = {
    verifyToken: createTokenVerifier({ issuer: issuer.url, audience: AUDIENCE, findKey, clock }),
    bodies: createBodyReader({ bodyBytes: MAX_API_BODY_BYTES, totalBytes: 2 * MAX_API_BODY_BYTES }),
    findRepository: () => (failure === null ? Promise.resolve(found) : Promise.reject(failure)),
    forge: () =>
      Promise.resolve({
        run: () => Promise.resolve(run({ status: 'in_progress', ...seen })),
        environmentApps: (_ref, name) => Promise.resolve(held.includes(name) ? [APP_ID] : [APP_ID + 1]),
      }),
    appId: APP_ID,
    documents: store.documents,
    tokens: store.tokens,
    clock,
    report: () => {},
  };
  const [on, off] = [createApi(options), createApi({ ...options, verifyToken: null })];
  server = await startServer({
    host: '127.0.0.1',
    port: 0,
    webhook: () => Promise.reject(new TypeError('no delivery here')),
    api: (request, response) => (isOn ? on(request, response) : off(request, response)),
    readiness: () => Promise.resolve(null),
    report: () => {},
  });
});
afterEach(async () => {
  await server.close(0);
  await store.close();
  await issuer.close();
});

const proposal = (sha: string, more: Partial<Proposal> = {}): Proposal => ({
  environment: 'production',
  subjects: [{ kind: 'plan', name: 'infra/plan.bin', sha256: sha.repeat(64) }],
  findings: [],
  moreFindings: 0,
  reason: 'because',
  ...more,
});
const outcome = { environment: 'production', result: 'success', seconds: 12 };

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly token?: TokenParts;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(body: unknown, { path = 'proposals', method = 'POST', token, headers }: Sent = {}) {
  const answer = await fetch(`${server.url}/api/v1/${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${makeToken(issuer, AUDIENCE, NOW, token)}`,
      ...headers,
    },
    ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const json: unknown = await answer.json();
  const code = typeof json === 'object' && json !== null && 'code' in json ? json.code : null;
  return { status: answer.status, code, json, type: answer.headers.get('content-type') };
}

const kept = async () => (await load(store.documents, ref, 'proposals', '56/1/production'))?.body ?? [];
const jobs = async () => (await store.queue.counts()).waiting;

const gate: GateState = {
  attempt: 1,
  environment: 'production',
  opening: 1,
  environmentName: 'production',
  headSha: '1'.repeat(40),
  state: 'held',
  jobs: [],
  earlierApprovals: [],
  requestDigest: null,
  wouldRun: null,
  staleReviews: [],
  authorisations: 0,
  authorisation: null,
  end: null,
  released: null,
  reports: 0,
  lastReport: '',
};
const authorisation = {
  number: 1,
  digest: null,
  requestDigest: 'a'.repeat(64),
  jobs: [],
  notAfter: NOW,
  posted: true,
  accepted: false,
  seatReviews: [],
};
const released = {
  digest: 'a'.repeat(64),
  authorisedDigest: null,
  requestDigest: 'b'.repeat(64),
  jobs: [],
  outcome: null,
};
const storeGates = (...gates: RunState['gates']) =>
  save(store.documents, ref, 'run', '56', { body: { gates }, version: 0 });

describe('a proposal', () => {
  test('is kept for its attempt and environment, and a look at the run is queued', async () => {
    expect(await send(proposal('a'))).toMatchObject({ status: 200, json: { status: 'taken' } });
    expect(await kept()).toEqual([proposal('a')]);
    expect(await store.queue.claim('me', NOW, 1_000)).toMatchObject({ subject: 'github.com/12/34/run/56' });
  });

  test('of the same subjects takes the place of the older one; of others it stands beside it', async () => {
    await send(proposal('a'));
    await send(proposal('b', { subjects: [{ kind: 'manifest', name: 'k8s.yml', sha256: 'b'.repeat(64) }] }));
    await send(proposal('c'));
    expect((await kept()).map(({ subjects }) => subjects[0]?.sha256[0])).toEqual(['c', 'b']);
  });

  test('that is sent again with another token, because its answer was lost, changes nothing, not even after the release', async () => {
    const second = proposal('b', { subjects: [{ kind: 'manifest', name: 'k8s.yml', sha256: 'b'.repeat(64) }] });
    for (const each of [proposal('a'), second]) await send(each);
    await storeGates({ ...gate, state: 'closed', released });
    for (const each of [proposal('a'), second]) expect(await send(each)).toMatchObject({ status: 200 });
    expect(await kept()).toHaveLength(2);
  });

  test('holds no mail address in words; names of subjects stay letter by letter', async () => {
    const subjects = [{ kind: 'command' as const, name: '["notify","bob@acme.example"]', sha256: 'a'.repeat(64) }];
    const words = { where: 'mail bob@acme.example', why: 'asked by <carol@acme.example>, urgently' };
    const finding = { rule: 'mass-mail', kind: 'data-export', level: 'high', confidence: 'likely', ...words } as const;
    await send(proposal('a', { subjects, reason: 'for bob@acme.example', findings: [finding] }));
    expect(await kept()).toMatchObject([
      { subjects, reason: 'for (@)', findings: [{ where: 'mail (@)', why: 'asked by <(@)>, urgently' }] },
    ]);
  });

  test.each<readonly [string, Partial<GateState>]>([
    ['is released', { state: 'closed', released }],
    ['is being released', { state: 'authorised', authorisation }],
  ])('that comes when the gate %s is refused and kept nowhere', async (_what, state) => {
    await send(proposal('a'));
    await storeGates({ ...gate, ...state });
    expect(await send(proposal('b'))).toMatchObject({ status: 409, code: 'proposal-after-release' });
    expect(await kept()).toEqual([proposal('a')]);
    expect(await jobs()).toBe(1);
  });

  test.each<readonly [string, Partial<GateState>]>([
    ['is held', {}],
    ['is authorised and not answered yet', { state: 'authorised', authorisation: { ...authorisation, posted: false } }],
    ['of another environment is released', { environment: 'staging', released }],
    ['of another attempt is released', { attempt: 2, released }],
  ])('is taken while a gate %s', async (_what, state) => {
    await storeGates({ ...gate, ...state });
    expect(await send(proposal('a'))).toMatchObject({ status: 200 });
  });

  test('is the last of twenty', async () => {
    const of = (n: number): Proposal =>
      proposal('a', { subjects: [{ kind: 'artifact', name: `file ${n}`, sha256: 'a'.repeat(64) }] });
    for (let n = 1; n <= 20; n += 1) await send(of(n));
    expect(await send(of(21))).toMatchObject({ status: 409, code: 'proposals-too-many' });
    expect(await send(of(20))).toMatchObject({ status: 200 });
    expect(await send(proposal('a', { environment: 'staging' }))).toMatchObject({ status: 200 });
    expect(await kept()).toHaveLength(20);
  });

  test('changes sixty times at most: every change is written into the log', async () => {
    for (let n = 0; n < 60; n += 1) await send(proposal(n % 2 === 0 ? 'a' : 'b'));
    expect(await send(proposal('c'))).toMatchObject({ status: 409, code: 'proposals-too-many' });
    expect(await send(proposal('b'))).toMatchObject({ status: 200 });
  });

  test('counts once of many that arrive at once, each with its token', async () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
      proposal(name, { subjects: [{ kind: 'artifact', name, sha256: name.repeat(64) }] }),
    );
    const answers = await Promise.all(all.map((each) => send(each)));
    expect(answers.map(({ status }) => status)).toEqual(all.map(() => 200));
    expect(await kept()).toHaveLength(all.length);
  });
});

describe('what jobs tell is bounded', () => {
  const MB = 1024 * 1024;
  const DAY = 24 * 3_600_000;
  const fat = Array.from({ length: 200 }, () => ({
    rule: 'long',
    kind: 'long',
    level: 'low' as const,
    where: 'x'.repeat(500),
    why: 'x'.repeat(500),
    confidence: 'certain' as const,
  }));
  /** What another run is known to hold, with one document that is there. */
  const tell = async (runId: number, megabytes: number, endedAt: number | null) => {
    const place = `${runId}/1/production`;
    await save(store.documents, ref, 'proposals', place, { body: [proposal('d')], version: 0 });
    await save(store.documents, ref, 'reports', place, { body: [], version: 0 });
    const body = { changedAt: endedAt ?? NOW, endedAt, places: { [place]: megabytes * MB } };
    await save(store.documents, ref, 'told', String(runId), { body, version: 0 });
  };
  const left = async () => (await store.documents.listAll('proposals')).map(({ id }) => id.key.split('/')[0]);

  test('for one run, over all its environments', async () => {
    held = Array.from({ length: 25 }, (_, n) => `env-${n}`);
    const codes = [];
    for (const environment of held) codes.push((await send(proposal('a', { environment, findings: fat }))).code);
    expect(codes[0]).toBeNull();
    expect(codes.at(-1)).toBe('proposals-too-many');
    expect((await left()).length * 200_000).toBeLessThan(4 * MB);
  });

  test('for one repository: what runs told that are over makes room, the longest ended first, and that is remembered; a run that goes on loses nothing', async () => {
    await tell(1, 20, null);
    await tell(2, 20, NOW - 1 * DAY);
    await tell(3, 20, NOW - 2 * DAY);
    await tell(4, 4, NOW - 3 * DAY);
    await save(store.documents, ref, 'open-run', '4', { body: {}, version: 0 });
    expect(await send(proposal('a'))).toMatchObject({ status: 200 });
    expect(await left()).toEqual(['1', '2', '4', '56']);
    for (const [runId, codes] of [
      [2, []],
      [3, ['proposals-forgotten']],
    ] as const) {
      expect((await forgottenBlocks(store.documents, ref, runId)).map(({ code }) => code)).toEqual(codes);
    }
    await tell(5, 20, null);
    await tell(6, 20, null);
    expect(await send(proposal('b'))).toMatchObject({ status: 409, code: 'proposals-no-room' });
    expect(await kept()).toEqual([proposal('a')]);
    expect(await left()).toContain('1');
  });

  test('in time: once GitHub starts the run no more, or when no run can go on any more, unless an outcome is still to be written', async () => {
    await tell(1, 1, NOW - 31 * DAY);
    await tell(2, 1, NOW - 31 * DAY + 1);
    await tell(3, 1, null);
    await tell(4, 1, NOW - 60 * DAY);
    await save(store.documents, ref, 'open-run', '4', { body: {}, version: 0 });
    await forgetTold(store.documents, ref, NOW);
    expect(await left()).toEqual(['2', '3', '4']);
    expect(await store.documents.listAll('reports')).toHaveLength(3);
    await forgetTold(store.documents, ref, NOW + 66 * DAY);
    expect(await left()).toEqual(['4']);
    expect(await store.documents.listAll('told')).toHaveLength(1);
  });

  test('by what it is, not by what it was: a smaller proposal in its place takes less, an outcome takes nothing', async () => {
    await send(proposal('a', { findings: fat }));
    await send(proposal('a'));
    await storeGates({ ...gate, state: 'closed', released });
    await send(outcome, { path: 'outcomes' });
    const told = await load(store.documents, ref, 'told', '56');
    expect(told?.body.places['56/1/production']).toBe(JSON.stringify([proposal('a')]).length);
  });
});

describe('an outcome', () => {
  const path = 'outcomes';
  const reports = async () => (await load(store.documents, ref, 'reports', '56/1/production'))?.body;

  test('is kept as what the runner says, also when GitHub calls the run over already', async () => {
    await storeGates({ ...gate, state: 'closed', released });
    seen = { status: 'completed' };
    expect(await send({ ...outcome, released: released.digest }, { path })).toMatchObject({ status: 200 });
    expect(await reports()).toEqual([{ released: released.digest, result: 'success', seconds: 12 }]);
    expect(await jobs()).toBe(1);
  });

  test('of a matrix is the worst that any of its jobs says', async () => {
    await storeGates(gate);
    for (const result of ['success', 'failure', 'cancelled']) await send({ ...outcome, result }, { path });
    await send({ ...outcome, seconds: 40 }, { path });
    expect(await reports()).toEqual([{ released: null, result: 'failure', seconds: 40 }]);
  });

  test('names a record that let it go, or none: inventions leave no less room for the honest one', async () => {
    await storeGates({ ...gate, state: 'closed', released });
    for (let n = 0; n < 25; n += 1) {
      await send({ ...outcome, released: n.toString(16).padStart(64, '0') }, { path });
    }
    await send({ ...outcome, result: 'failure', released: released.digest }, { path });
    expect((await reports())?.at(-1)).toMatchObject({ released: released.digest, result: 'failure' });
  });

  test('of an environment that nothing was held for is refused', async () => {
    await storeGates({ ...gate, environment: 'staging' }, { ...gate, attempt: 2 });
    expect(await send(outcome, { path })).toMatchObject({ status: 409, code: 'outcome-without-gate' });
    expect(await jobs()).toBe(0);
  });

  test.each([
    ['another result', { result: 'neutral' }],
    ['negative seconds', { seconds: -1 }],
    ['years', { seconds: 1e9 }],
    ['a digest that is none', { released: 'A'.repeat(64) }],
    ['a field more', { runId: 57 }],
  ])('with %s is refused', async (_what, more) => {
    await storeGates(gate);
    expect(await send({ ...outcome, ...more }, { path })).toMatchObject({ status: 400, code: 'api-body-refused' });
  });
});

describe('a request that is refused changes nothing', () => {
  const refusal = async (body: unknown, sent?: Sent) => {
    const answer = await send(body, sent);
    expect(await kept()).toEqual([]);
    expect(await jobs()).toBe(0);
    return answer;
  };

  test.each<readonly [string, unknown, Sent, number, string]>([
    ['no token', proposal('a'), { headers: { authorization: '' } }, 401, 'oidc-token-missing'],
    ['forged', proposal('a'), { token: { signedBy: 'other' } }, 401, 'oidc-token-refused'],
    ['for others', proposal('a'), { token: { claims: { aud: 'x' } } }, 401, 'oidc-audience-refused'],
    ['expired', proposal('a'), { token: { claims: { exp: 1 } } }, 401, 'oidc-token-expired'],
    ['other issuer', proposal('a'), { token: { claims: { iss: 'https://x.example' } } }, 403, 'oidc-issuer-other'],
    ['old attempt', proposal('a'), { token: { claims: { run_attempt: '2' } } }, 409, 'run-attempt-old'],
    ['a form', 'a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 'api-content-type'],
    ['no JSON', '{', {}, 400, 'api-body-refused'],
    ['nothing', '', {}, 400, 'api-body-refused'],
    ['nested without end', '['.repeat(200_000), {}, 400, 'api-body-refused'],
    ['an unknown field', { ...proposal('a'), runId: 57 }, {}, 400, 'api-body-refused'],
    ['no subject', proposal('a', { subjects: [] }), {}, 400, 'api-body-refused'],
    ['an environment in upper case', proposal('a', { environment: 'Production' }), {}, 400, 'api-body-refused'],
    ['more than 256 KB', `"${'x'.repeat(MAX_API_BODY_BYTES)}"`, {}, 413, 'api-body-too-large'],
  ])('%s', async (_what, body, sent, status, code) => {
    expect(await refusal(body, sent)).toMatchObject({
      status,
      code,
      type: 'application/problem+json',
      json: { status },
    });
  });

  test('an environment without the rule of this App, however many names a job invents', async () => {
    held = [];
    expect(await refusal(proposal('a'))).toMatchObject({ status: 409, code: 'proposal-without-rule' });
    expect(await store.documents.listAll('proposals')).toEqual([]);
  });

  test('a repository that the App is not installed on', async () => {
    found = null;
    expect(await refusal(proposal('a'))).toMatchObject({ status: 403, code: 'app-not-installed' });
  });

  test('an installation with the number of the logs that workflows write', async () => {
    found = { ...ref, installationId: 1 };
    expect(await refusal(proposal('a'))).toMatchObject({ status: 403, code: 'installation-reserved' });
  });

  test('a run that is over', async () => {
    seen = { status: 'completed' };
    expect(await refusal(proposal('a'))).toMatchObject({ status: 409, code: 'run-not-in-progress' });
  });

  test('GitHub that does not answer, keys that cannot be read, an App without an address: later (503)', async () => {
    failure = new GateError('ERR_FORGE_UNAVAILABLE', 'down');
    expect(await refusal(proposal('a'))).toMatchObject({ status: 503, code: 'forge-unavailable' });
    isOn = false;
    expect(await refusal(proposal('a'))).toMatchObject({ status: 503, code: 'api-off' });
  });

  test.each(['GET', 'PUT', 'DELETE'])('%s', async (method) => {
    expect(await refusal(proposal('a'), { method })).toMatchObject({ status: 405 });
  });

  test('a path that does not exist', async () => {
    expect(await refusal(proposal('a'), { path: 'proposals/1' })).toMatchObject({ status: 404 });
  });

  test('a body that never ends is not waited for', async () => {
    const answer = await new Promise<number>((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        authorization: `Bearer ${makeToken(issuer, AUDIENCE, NOW)}`,
      };
      const request = httpRequest(`${server.url}/api/v1/proposals`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode ?? 0);
        request.destroy();
      });
      request.on('error', reject);
      request.write('"'.padEnd(MAX_API_BODY_BYTES + 10, 'x'));
    });
    expect(answer).toBe(413);
  });
});

test('a token is good for one request, whatever it is for', async () => {
  await storeGates(gate);
  const token = { claims: { jti: 'once' } };
  expect(await send(proposal('a'), { token })).toMatchObject({ status: 200 });
  expect(await send(proposal('a'), { token })).toMatchObject({ status: 401, code: 'oidc-token-used' });
  expect(await send(proposal('b'), { token })).toMatchObject({ status: 401, code: 'oidc-token-used' });
  expect(await send(outcome, { token, path: 'outcomes' })).toMatchObject({ status: 401, code: 'oidc-token-used' });
  expect(await kept()).toEqual([proposal('a')]);
  const racing = { claims: { jti: 'racing' } };
  const answers = await Promise.all(Array.from({ length: 8 }, () => send(proposal('c'), { token: racing })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('a problem says what it is, what to do, and nothing of the request', async () => {
  const { json } = await send('<script>'.repeat(10), { headers: { 'content-type': 'text/<html>' } });
  const { title, text, wayOut } = API_REASONS['api-content-type'];
  expect(json).toEqual({
    type: 'about:blank',
    title,
    status: 415,
    detail: `${text} ${wayOut}`,
    code: 'api-content-type',
  });
});

test('docs/app-api.md shows bodies that are taken', async () => {
  const page = readFileSync(new URL('../../../docs/app-api.md', import.meta.url), 'utf8');
  const [shownProposal, shownOutcome, ...more] = [...page.matchAll(/```json\n([^`]+)```/g)].map((match): unknown =>
    JSON.parse((match[1] ?? '').replace('…', 'a'.repeat(64))),
  );
  expect(more).toEqual([]);
  expect(await send(shownProposal)).toMatchObject({ status: 200 });
  await storeGates(gate);
  expect(await send(shownOutcome, { path: 'outcomes' })).toMatchObject({ status: 200 });
});
