import { createPrivateKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** GitHub refuses a longer life, and an `iat` in its future: both ends leave room for a clock that is off. */
const LIFE_SECONDS = 540;
const BACKDATE_SECONDS = 60;

/**
 * The App's own credential (RS256 JWT).
 * @param privateKeyPem PKCS#1 or PKCS#8
 * @throws {TypeError} when it is no RSA private key
 * @see docs.github.com "Generating a JSON Web Token (JWT) for a GitHub App"
 */
export function createAppJwt(appId: number, privateKeyPem: string, clock: { now(): number }): () => string {
  const key = rsaKey(privateKeyPem);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return () => {
    const now = Math.floor(clock.now() / 1000);
    const claims = { iat: now - BACKDATE_SECONDS, exp: now + LIFE_SECONDS, iss: String(appId) };
    const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  };
}

function rsaKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // OpenSSL's own message may quote the key.
    throw new TypeError('the private key of the App cannot be read');
  }
  if (key.asymmetricKeyType !== 'rsa') throw new TypeError('the private key of the App is no RSA key');
  return key;
}
