import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';

import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK } from 'jose';

import { ok, type Answer, type Call, type Handler } from '../http/call.ts';
import { Refused } from '../refused.ts';
import type { World } from '../state.ts';
import { hasRunner } from '../world/job-credentials.ts';
import { claimsOf } from './claims.ts';

const LIFETIME_S = 300;
/** GitHub's tokens are good since ten minutes before they were made, for clocks that are late. */
const EARLIER_S = 600;

export function issuerOf(world: Pick<World, 'url'>): string {
  return `${world.url}/_services/token`;
}

export const routes: Readonly<Record<string, Handler>> = {
  'GET /_services/token/.well-known/openid-configuration': ({ world }) => {
    const issuer = issuerOf(world);
    return ok({
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks`,
      subject_types_supported: ['public', 'pairwise'],
      response_types_supported: ['id_token'],
      claims_supported: ['sub', 'aud', 'exp', 'iat', 'iss', 'jti', 'nbf'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    });
  },
  'GET /_services/token/.well-known/jwks': async () => ok({ keys: [await publicKey()] }),
  'GET /_services/jobs/idtoken': makeIdToken,
};

async function makeIdToken(call: Call): Promise<Answer> {
  const { world, principal } = call;
  if (principal.kind !== 'id-token-request') throw new Refused(401, 'Unauthorized');
  const { job } = principal;
  if (!hasRunner(world, job)) throw new Refused(401, 'The job has ended');
  const audience = call.query.get('audience') ?? `${world.url}/${job.run.repo.owner.login}`;
  const now = Math.floor(world.now() / 1000);
  const { kid = '' } = await publicKey();
  const value = await new SignJWT(claimsOf(job))
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid })
    .setIssuer(issuerOf(world))
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setNotBefore(now - EARLIER_S)
    .setExpirationTime(now + LIFETIME_S)
    .sign(pair().privateKey);
  return ok({ count: value.length, value });
}

/** Made once a process and only when asked for: it takes a tenth of a second. */
let made: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } | undefined;

function pair(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  made ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  return made;
}

async function publicKey(): Promise<JWK> {
  const jwk = await exportJWK(pair().publicKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' };
}
