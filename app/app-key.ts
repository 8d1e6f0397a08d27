import { createPrivateKey } from 'node:crypto';

/**
 * The App's private key in any form in which operators hand it on: PEM (PKCS#1 or PKCS#8), PEM with `\n` written out, or
 * base64 of either.
 *
 * @returns the key as PKCS#8 PEM, or null when the text is no RSA private key
 */
export function parseAppKey(text: string): string | null {
  const unescaped = text.replaceAll(String.raw`\n`, '\n').trim();
  const pem = unescaped.startsWith('-----BEGIN') ? unescaped : Buffer.from(unescaped, 'base64').toString('utf8');
  try {
    const key = createPrivateKey(pem.replaceAll(String.raw`\n`, '\n'));
    return key.asymmetricKeyType === 'rsa' ? key.export({ type: 'pkcs8', format: 'pem' }).toString() : null;
  } catch {
    return null;
  }
}
