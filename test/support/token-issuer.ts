import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** An issuer of OIDC tokens on this machine that can be told to misbehave, and to sign whatever it is given. */
export interface TokenIssuer {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** What it answers instead of the honest documents. */
  answers: Record<string, { readonly status?: number; readonly body?: string; readonly location?: string } | 'hang'>;
  /** From now on there is another key, under that name. */
  rotate(kid: string): void;
  close(): Promise<void>;
}

export const KID = 'first-key';

/** Made once a process: it takes a tenth of a second. */
const keys: readonly KeyObject[] = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const [honest, other] = keys;
if (honest === undefined || other === undefined) throw new TypeError('no keys were made');

const DISCOVERY = '/.well-known/openid-configuration';
const JWKS = '/.well-known/jwks';

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const asked: string[] = [];
  let kid = KID;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const answer = issuer.answers[path];
    if (answer === 'hang') return;
    const honestBody =
      path === DISCOVERY
        ? { issuer: issuer.url, jwks_uri: `${issuer.url}${JWKS}` }
        : { keys: [{ ...honest?.export({ format: 'jwk' }), ...PUBLIC_ONLY, kid, alg: 'RS256', use: 'sig' }] };
    response.writeHead(answer?.status ?? 200, {
      'content-type': 'application/json',
      ...(answer?.location === undefined ? {} : { location: answer.location }),
    });
    response.end(answer?.body ?? JSON.stringify(honestBody));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const issuer: TokenIssuer = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    asked,
    answers: {},
    rotate: (name) => {
      kid = name;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return issuer;
}

/** The private part of a key, which no key set shows. */
const PUBLIC_ONLY = { d: undefined, p: undefined, q: undefined, dp: undefined, dq: undefined, qi: undefined };

export interface TokenParts {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** `honest`; `other`: a key that the issuer does not have; `public`: HMAC with the public key; `none`: no signature. */
  readonly signedBy?: 'honest' | 'other' | 'public' | 'none';
}

/** A token as GitHub makes it for a job, but for what is said otherwise; a claim of undefined is left out. */
export function makeToken(
  issuer: Pick<TokenIssuer, 'url'>,
  audience: string,
  nowMs: number,
  { header, claims, signedBy = 'honest' }: TokenParts = {},
): string {
  const now = Math.floor(nowMs / 1000);
  const payload = {
    iss: issuer.url,
    aud: audience,
    sub: 'repo:acme@9/shop@34:environment:production',
    jti: randomUUID(),
    iat: now,
    nbf: now - 600,
    exp: now + 300,
    repository: 'acme/shop',
    repository_id: '34',
    repository_owner: 'acme',
    repository_owner_id: '9',
    run_id: '56',
    run_attempt: '1',
    ...claims,
  };
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'RS256', typ: 'JWT', kid: KID, ...header })}.${encode(payload)}`;
  return `${text}.${signatureOf(text, signedBy)}`;
}

function signatureOf(text: string, signedBy: NonNullable<TokenParts['signedBy']>): string {
  if (signedBy === 'none') return '';
  if (honest === undefined || other === undefined) throw new TypeError('no keys were made');
  if (signedBy === 'public') {
    const jwk = honest.export({ format: 'jwk' });
    return createHmac('sha256', JSON.stringify({ kty: jwk.kty, n: jwk.n, e: jwk.e }))
      .update(text)
      .digest('base64url');
  }
  return sign('sha256', Buffer.from(text), signedBy === 'honest' ? honest : other).toString('base64url');
}
