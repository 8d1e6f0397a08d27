import { verify } from 'node:crypto';

import { Refused } from '../refused.ts';
import type { AppRecord, World } from '../state.ts';
import { hasRunner } from '../world/job-credentials.ts';
import { isRecord } from './body.ts';
import type { Principal } from './call.ts';

/** Who sends this `Authorization` header. Throws Refused 401 for a credential that is not (or no longer) good. */
export function authenticate(world: World, header: string | undefined): Principal {
  const credential = credentialOf(header);
  if (credential === null) return { kind: 'anonymous' };
  if (credential.startsWith('ghs_')) {
    const token = world.tokens.get(credential);
    if (token === undefined || token.expiresAt <= world.now()) throw new Refused(401, 'Bad credentials');
    if (token.job !== undefined) {
      if (!hasRunner(world, token.job)) throw new Refused(401, 'Bad credentials');
      return { kind: 'installation', token };
    }
    const { installation } = token;
    if (!world.installations.has(installation.id)) throw new Refused(401, 'Bad credentials');
    if (installation.suspendedAt !== null) throw new Refused(403, 'This installation has been suspended');
    return { kind: 'installation', token };
  }
  const asking = world.idTokenRequests.get(credential);
  if (asking !== undefined) return { kind: 'id-token-request', job: asking };
  if (credential.split('.').length === 3) return { kind: 'app', app: verifyAppToken(world, credential) };
  const account = [...world.accounts.values()].find((candidate) => candidate.token === credential);
  if (account === undefined || account.type !== 'User') throw new Refused(401, 'Bad credentials');
  return { kind: 'user', account };
}

/** Bearer, token, or the password of Basic (what git sends). */
function credentialOf(header: string | undefined): string | null {
  const [scheme, value] = header?.split(' ') ?? [];
  if (scheme === undefined || value === undefined) return null;
  if (scheme.toLowerCase() !== 'basic') return value;
  const decoded = Buffer.from(value, 'base64').toString();
  return decoded.slice(decoded.indexOf(':') + 1);
}

const NOT_DECODED = 'A JSON web token could not be decoded';

function verifyAppToken(world: World, token: string): AppRecord {
  const [head = '', claims = '', signature = ''] = token.split('.');
  const header = decode(head);
  const payload = decode(claims);
  if (header['alg'] !== 'RS256') throw new Refused(401, NOT_DECODED);
  const issuer = String(payload['iss']);
  const app = [...world.apps.values()].find(
    (candidate) => String(candidate.id) === issuer || candidate.clientId === issuer,
  );
  if (app === undefined || app.publicKey === null) throw new Refused(404, 'Integration not found');
  const good = verify(
    'RSA-SHA256',
    Buffer.from(`${head}.${claims}`),
    app.publicKey,
    Buffer.from(signature, 'base64url'),
  );
  if (!good) throw new Refused(401, NOT_DECODED);
  const now = Math.floor(world.now() / 1000);
  const { iat, exp } = payload;
  if (typeof iat !== 'number' || iat > now + 60) {
    throw new Refused(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (typeof exp !== 'number' || exp <= now) {
    throw new Refused(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > now + 600) throw new Refused(401, "'Expiration time' claim ('exp') is too far in the future");
  return app;
}

function decode(part: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    if (isRecord(value)) return value;
  } catch {
    // Falls through: whatever cannot be read is refused in the same words.
  }
  throw new Refused(401, NOT_DECODED);
}
