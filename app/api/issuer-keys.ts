import { createLocalJWKSet, errors } from 'jose';
import type { CryptoKey, JSONWebKeySet, JWTHeaderParameters } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../core/ports.ts';

/** The issuer cannot be asked, or answers something that is no key set: no token is taken unchecked. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * Finds the key that a token names.
 * @throws {KeysUnavailable}
 * @throws {errors.JWKSNoMatchingKey} when the issuer has no such key now
 */
export type FindKey = (header: JWTHeaderParameters) => Promise<CryptoKey>;

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 256 * 1024;
/** A key that the issuer has taken back signs for no longer than this. */
const KNOWN_FOR_MS = 60 * 60_000;
/** Anyone may send a token that names an unknown key: that must not make us ask each time. */
const ASK_AGAIN_MS = 30_000;
/** After a failure sooner, because then nobody gets in. */
const TRY_AGAIN_MS = 1_000;

const discovery = z.object({ issuer: z.string(), jwks_uri: z.string() });
const keySet = z.object({ keys: z.array(z.unknown()).max(100) });
/** What can check RS256, and by name: a key without one would fit every token. */
const rsaKey = z.object({
  kty: z.literal('RSA'),
  kid: z.string().min(1),
  n: z.string(),
  e: z.string(),
  alg: z.literal('RS256').default('RS256'),
});

/**
 * The keys of one issuer, read from its discovery document, kept for an hour, and read again when a token names another one.
 * The document may point nowhere but to the issuer's own origin (C59).
 */
export function createIssuerKeys(options: { readonly issuer: string; readonly clock: Clock }): FindKey {
  const { issuer, clock } = options;
  let known: { readonly find: ReturnType<typeof createLocalJWKSet>; readonly readAt: number } | null = null;
  let asked: { readonly at: number; readonly failed: boolean } | null = null;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    const at = clock.now();
    try {
      const keys = await readKeys(issuer);
      known = { find: createLocalJWKSet(keys), readAt: at };
      asked = { at, failed: false };
    } catch (error) {
      asked = { at, failed: true };
      throw error instanceof KeysUnavailable ? error : new KeysUnavailable('the issuer cannot be reached');
    }
  }

  /** One reading at a time, and not too often; false: it is too early to ask again. */
  async function readAgain(): Promise<boolean> {
    const pause = asked?.failed === true ? TRY_AGAIN_MS : ASK_AGAIN_MS;
    if (reading === null && asked !== null && clock.now() - asked.at < pause) return false;
    reading ??= read().finally(() => {
      reading = null;
    });
    await reading;
    return true;
  }

  return async (header) => {
    const isOld = known === null || clock.now() - known.readAt >= KNOWN_FOR_MS;
    if (isOld && !(await readAgain())) throw new KeysUnavailable('the issuer did not answer just now');
    try {
      return await found(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || isOld || !(await readAgain())) throw error;
      return found(header);
    }
  };

  async function found(header: JWTHeaderParameters): Promise<CryptoKey> {
    if (known === null) throw new KeysUnavailable('the issuer did not answer');
    return known.find(header);
  }
}

async function readKeys(issuer: string): Promise<JSONWebKeySet> {
  const described = discovery.safeParse(await readJson(`${issuer}/.well-known/openid-configuration`));
  if (!described.success || described.data.issuer !== issuer) {
    throw new KeysUnavailable('the discovery document is not of this issuer');
  }
  const { jwks_uri: address } = described.data;
  if (!URL.canParse(address) || new URL(address).origin !== new URL(issuer).origin) {
    throw new KeysUnavailable('the issuer names keys of another origin');
  }
  const read = keySet.safeParse(await readJson(address));
  if (!read.success) throw new KeysUnavailable('the keys of the issuer have an unknown form');
  return { keys: read.data.keys.flatMap((key) => rsaKey.safeParse(key).data ?? []) };
}

async function readJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new KeysUnavailable('the issuer answers with too much');
    chunks.push(chunk);
  }
  if (!response.ok) throw new KeysUnavailable('the issuer refuses to answer');
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
