import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIssuerKeys } from '../../../app/api/issuer-keys.ts';
import { createTokenVerifier } from '../../../app/api/verify-token.ts';
import type { TokenReading } from '../../../app/api/verify-token.ts';
import { KID, makeToken, startTokenIssuer } from '../../support/token-issuer.ts';
import type { TokenIssuer, TokenParts } from '../../support/token-issuer.ts';

const AUDIENCE = 'https://countersign.example';
const START = Date.parse('2026-11-21T04:33:12.000Z');
const KEYS = '/.well-known/jwks';
const DISCOVERY = '/.well-known/openid-configuration';

let issuer: TokenIssuer;
let now: number;
let verify: (authorization: string | undefined) => Promise<TokenReading>;

beforeEach(async () => {
  issuer = await startTokenIssuer();
  now = START;
  const clock = { now: () => now };
  const findKey = createIssuerKeys({ issuer: issuer.url, clock });
  verify = createTokenVerifier({ issuer: issuer.url, audience: AUDIENCE, findKey, clock });
});
afterEach(() => issuer.close());

const tokenOf = (parts?: TokenParts): string => makeToken(issuer, AUDIENCE, START, parts);
const read = (parts?: TokenParts): Promise<TokenReading> => verify(`Bearer ${tokenOf(parts)}`);
const codeOf = (reading: TokenReading): string => (reading.kind === 'refused' ? reading.because.code : 'genuine');
const seconds = START / 1000;

describe('a genuine token', () => {
  test('says which job it was made for, by number, and until when it must be remembered', async () => {
    expect(await read({ claims: { jti: 'one' } })).toEqual({
      kind: 'genuine',
      job: {
        repository: { id: 34, ownerId: 9, owner: 'acme', name: 'shop' },
        runId: 56,
        attempt: 1,
        token: { issuer: issuer.url, id: 'one', expiresAt: START + 331_000 },
      },
    });
  });

  test('is checked with keys that are asked for once an hour', async () => {
    for (let times = 0; times < 3; times += 1) expect(codeOf(await read())).toBe('genuine');
    expect(issuer.asked).toEqual([DISCOVERY, KEYS]);
    now += 61 * 60_000;
    expect(codeOf(await verify(`Bearer ${makeToken(issuer, AUDIENCE, now)}`))).toBe('genuine');
    expect(issuer.asked).toHaveLength(4);
  });

  test('of a new key is taken as soon as the issuer has it', async () => {
    await read();
    issuer.rotate('second-key');
    now += 31_000;
    expect(codeOf(await read({ header: { kid: 'second-key' } }))).toBe('genuine');
    expect(codeOf(await read({ header: { kid: KID } }))).toBe('oidc-token-refused');
  });
});

describe('a token that is refused', () => {
  const refused: readonly (readonly [string, string, TokenParts])[] = [
    ['without a signature', 'oidc-token-refused', { header: { alg: 'none' }, signedBy: 'none' }],
    ['with an empty RS256 signature', 'oidc-token-refused', { signedBy: 'none' }],
    ['HS256 with the public key', 'oidc-token-refused', { header: { alg: 'HS256' }, signedBy: 'public' }],
    ['HS256 called RS256', 'oidc-token-refused', { signedBy: 'public' }],
    ['PS256', 'oidc-token-refused', { header: { alg: 'PS256' } }],
    ['signed by another key of the same name', 'oidc-token-refused', { signedBy: 'other' }],
    ['of a key that the issuer does not have', 'oidc-token-refused', { header: { kid: 'nobody' } }],
    ['of a key without a name', 'oidc-token-refused', { header: { kid: undefined } }],
    ['that brings its own key', 'oidc-token-refused', { header: { kid: undefined, jwk: {} }, signedBy: 'other' }],
    ['with an unknown critical header', 'oidc-token-refused', { header: { crit: ['x'], x: 1 } }],
    ['of another issuer', 'oidc-issuer-other', { claims: { iss: 'https://issuer.example' } }],
    ['of our issuer with a slash more', 'oidc-issuer-other', { claims: { iss: 'http://127.0.0.1/' } }],
    ['without an issuer', 'oidc-issuer-other', { claims: { iss: undefined } }],
    ['for somebody else', 'oidc-audience-refused', { claims: { aud: 'https://github.example/acme' } }],
    ['for our address with a slash', 'oidc-audience-refused', { claims: { aud: `${AUDIENCE}/` } }],
    ['for our address in upper case', 'oidc-audience-refused', { claims: { aud: AUDIENCE.toUpperCase() } }],
    ['for us and others', 'oidc-audience-refused', { claims: { aud: [AUDIENCE, 'https://other.example'] } }],
    ['for us in a list', 'oidc-audience-refused', { claims: { aud: [AUDIENCE] } }],
    ['for nobody', 'oidc-audience-refused', { claims: { aud: undefined } }],
    ['that has expired', 'oidc-token-expired', { claims: { exp: seconds - 31 } }],
    ['older than ten minutes', 'oidc-token-expired', { claims: { iat: seconds - 631, exp: seconds + 900 } }],
    ['not valid yet', 'oidc-token-expired', { claims: { nbf: seconds + 31 } }],
    ['made in the future', 'oidc-token-expired', { claims: { iat: seconds + 60 } }],
    ['that never expires', 'oidc-claims-refused', { claims: { exp: undefined } }],
    ['without nbf', 'oidc-claims-refused', { claims: { nbf: undefined } }],
    ['without iat', 'oidc-claims-refused', { claims: { iat: undefined } }],
    ['without jti', 'oidc-claims-refused', { claims: { jti: undefined } }],
    ['with an empty jti', 'oidc-claims-refused', { claims: { jti: '' } }],
    ['with a huge jti', 'oidc-claims-refused', { claims: { jti: 'x'.repeat(201) } }],
    ['without a repository id', 'oidc-claims-refused', { claims: { repository_id: undefined } }],
    ['with a repository id of 0', 'oidc-claims-refused', { claims: { repository_id: '0' } }],
    ['with an id beyond what is exact', 'oidc-claims-refused', { claims: { run_id: '9007199254740993' } }],
    ['with an id that is no number', 'oidc-claims-refused', { claims: { repository_owner_id: '9e3' } }],
    ['with a path in the name', 'oidc-claims-refused', { claims: { repository: 'acme/shop/../../x' } }],
    ['without an attempt', 'oidc-claims-refused', { claims: { run_attempt: undefined } }],
  ];

  test.each(refused)('%s: %s', async (_what, code, parts) => {
    expect(codeOf(await read(parts))).toBe(code);
  });

  test.each([
    ['no header', undefined],
    ['another scheme', 'Basic YTpi'],
    ['nothing behind the scheme', 'Bearer '],
    ['two tokens', 'Bearer a.b.c d.e.f'],
  ])('%s: no token', async (_what, header) => {
    expect(codeOf(await verify(header))).toBe('oidc-token-missing');
    expect(issuer.asked).toEqual([]);
  });

  test.each([
    ['two parts', 'Bearer a.b'],
    ['no JSON', 'Bearer e30.aGFsbG8.x'],
    ['far too long', `Bearer ${'a'.repeat(20_000)}.b.c`],
    ['an encrypted one', 'Bearer a.b.c.d.e'],
  ])('%s is no token, and nobody is asked about it', async (_what, header) => {
    expect(codeOf(await verify(header))).toBe('oidc-token-refused');
    expect(issuer.asked).toEqual([]);
  });

  test('with a bent letter in its claims is not genuine', async () => {
    const [head = '', body = '', signature = ''] = tokenOf().split('.');
    const bent = Buffer.from(Buffer.from(body, 'base64url').toString().replace('"34"', '"35"')).toString('base64url');
    expect(codeOf(await verify(`Bearer ${head}.${bent}.${signature}`))).toBe('oidc-token-refused');
  });
});

describe('an issuer that cannot be trusted or asked', () => {
  const document = (part: object): string =>
    JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/k`, ...part });
  test.each<readonly [string, () => TokenIssuer['answers']]>([
    ['is down', () => ({ [DISCOVERY]: { status: 503 } })],
    ['has no keys', () => ({ [KEYS]: { status: 404 } })],
    ['answers no JSON', () => ({ [DISCOVERY]: { body: '<html>' } })],
    ['answers another form', () => ({ [KEYS]: { body: '{"keys":{}}' } })],
    ['answers with too much', () => ({ [KEYS]: { body: `{"keys":["${'x'.repeat(300_000)}"]}` } })],
    ['redirects', () => ({ [DISCOVERY]: { status: 302, location: `${issuer.url}/elsewhere` } })],
    ['calls itself another', () => ({ [DISCOVERY]: { body: document({ issuer: 'https://issuer.example' }) } })],
    ['names keys elsewhere', () => ({ [DISCOVERY]: { body: document({ jwks_uri: 'http://localhost:1/k' }) } })],
    ['names keys nowhere', () => ({ [DISCOVERY]: { body: document({ jwks_uri: 'keys' }) } })],
  ])('%s: nothing is taken unchecked (503)', async (_what, answers) => {
    issuer.answers = answers();
    expect(await read()).toMatchObject({ status: 503, because: { code: 'oidc-keys-unavailable' } });
    issuer.answers = {};
    now += 1_000;
    expect(codeOf(await read())).toBe('genuine');
  });

  test('lists a key without a name or for other uses: it fits nothing', async () => {
    const key = { kty: 'oct', k: 'AAAA', kid: KID };
    issuer.answers = { [KEYS]: { body: JSON.stringify({ keys: [key, { kty: 'RSA', n: 'AQAB', e: 'AQAB' }, null] }) } };
    expect(codeOf(await read())).toBe('oidc-token-refused');
  });

  test('is asked once for many tokens at once, and seldom for names of keys that it does not have', async () => {
    await Promise.all(Array.from({ length: 10 }, () => read()));
    expect(issuer.asked).toHaveLength(2);
    for (let times = 0; times < 5; times += 1) await read({ header: { kid: `nobody-${times}` } });
    expect(issuer.asked).toHaveLength(2);
    now += 31_000;
    await Promise.all(Array.from({ length: 10 }, (_, n) => read({ header: { kid: `nobody-${n}` } })));
    expect(issuer.asked).toHaveLength(4);
    expect(codeOf(await read())).toBe('genuine');
  });
});
