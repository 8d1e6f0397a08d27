import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { z } from 'zod';
import type { Because } from '../../core/gate/decision.ts';
import { because } from '../../core/gate/reasons.ts';
import type { Clock } from '../../core/ports.ts';
import type { SpentToken } from '../../core/token-store.ts';
import { KeysUnavailable } from './issuer-keys.ts';
import type { FindKey } from './issuer-keys.ts';

/** The job that a token was made for, as GitHub says. Everything is by number: names are only for building paths. */
export interface CallingJob {
  readonly repository: { readonly id: number; readonly ownerId: number; readonly owner: string; readonly name: string };
  readonly runId: number;
  readonly attempt: number;
  readonly token: SpentToken;
}

export type TokenReading =
  | { readonly kind: 'genuine'; readonly job: CallingJob }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 503; readonly because: Because };

export interface TokenVerifierOptions {
  readonly issuer: string;
  /** The public address of this App: a token for anybody else is not for us. */
  readonly audience: string;
  readonly findKey: FindKey;
  readonly clock: Clock;
}

const MAX_CHARACTERS = 16_384;
const MAX_AGE_SECONDS = 600;
/** Clocks of GitHub and of this machine. */
const TOLERANCE_SECONDS = 30;

/** GitHub writes numbers as text. */
const number = z
  .string()
  .regex(/^[1-9]\d{0,15}$/)
  .transform(Number)
  .pipe(z.int());

/** `sub` is never read: its form was changed once, and it can be changed by a repository's administrators. */
const claims = z.object({
  aud: z.string(),
  jti: z.string().min(1).max(200),
  exp: z.number(),
  iat: z.number(),
  repository: z.string().regex(/^[A-Za-z0-9_-]{1,100}\/[A-Za-z0-9._-]{1,100}$/),
  repository_id: number,
  repository_owner_id: number,
  run_id: number,
  run_attempt: number,
});

/**
 * Checks the `Authorization` header of a request that claims to come from a job of GitHub Actions. RS256 alone: with `none`
 * or HS256 anyone could make a token. That the token is used once only is for whoever acts on it.
 *
 * @see docs.github.com "OpenID Connect reference"
 */
export function createTokenVerifier(
  options: TokenVerifierOptions,
): (authorization: string | undefined) => Promise<TokenReading> {
  const { issuer, audience, findKey, clock } = options;
  return async (authorization) => {
    const token = /^bearer ([\w.=-]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return refuse(401, because('oidc-token-missing', {}));
    // Looked at before it is checked, to say what is wrong and to ask the issuer only about tokens that could be its own.
    const unchecked = token.length > MAX_CHARACTERS ? null : decode(token);
    if (unchecked === null || unchecked.alg !== 'RS256' || unchecked.kid === undefined)
      return refuse(401, because('oidc-token-refused', {}));
    if (unchecked.issuer !== issuer) return refuse(403, because('oidc-issuer-other', {}));
    try {
      const { payload } = await jwtVerify(token, findKey, {
        algorithms: ['RS256'],
        issuer,
        audience,
        requiredClaims: ['exp', 'nbf', 'iat', 'jti'],
        maxTokenAge: MAX_AGE_SECONDS,
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(clock.now()),
      });
      return readClaims(payload, options);
    } catch (error) {
      return refuseFor(error);
    }
  };
}

function decode(token: string): { readonly [name in 'alg' | 'kid' | 'issuer']: string | undefined } | null {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return { alg, kid, issuer: decodeJwt(token).iss };
  } catch {
    return null;
  }
}

function readClaims(payload: JWTPayload, { issuer, audience }: TokenVerifierOptions): TokenReading {
  // In a list of audiences we would be one of several, and any of them could use the token here.
  if (typeof payload.aud !== 'string' || payload.aud !== audience) {
    return refuse(401, because('oidc-audience-refused', {}));
  }
  const parsed = claims.safeParse(payload);
  if (!parsed.success) return refuse(401, because('oidc-claims-refused', {}));
  const { data } = parsed;
  const [owner = '', name = ''] = data.repository.split('/');
  const refusedFrom = Math.min(data.exp, data.iat + MAX_AGE_SECONDS) + TOLERANCE_SECONDS + 1;
  return {
    kind: 'genuine',
    job: {
      repository: { id: data.repository_id, ownerId: data.repository_owner_id, owner, name },
      runId: data.run_id,
      attempt: data.run_attempt,
      token: { issuer, id: data.jti, expiresAt: Math.ceil(refusedFrom) * 1000 },
    },
  };
}

function refuseFor(error: unknown): TokenReading {
  if (error instanceof KeysUnavailable) return refuse(503, because('oidc-keys-unavailable', {}));
  if (error instanceof errors.JWTExpired) return refuse(401, because('oidc-token-expired', {}));
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refuse(401, because('oidc-audience-refused', {}));
    if (error.reason === 'check_failed') return refuse(401, because('oidc-token-expired', {}));
    return refuse(401, because('oidc-claims-refused', {}));
  }
  if (error instanceof errors.JOSEError) return refuse(401, because('oidc-token-refused', {}));
  throw error;
}

function refuse(status: 401 | 403 | 503, reason: Because): TokenReading {
  return { kind: 'refused', status, because: reason };
}
