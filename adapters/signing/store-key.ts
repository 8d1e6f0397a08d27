import { createPrivateKey, hkdfSync } from 'node:crypto';

const BLOCK = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/g;

/**
 * The key that authenticates what is stored beside a log that workflows write: derived from the log's own keys, so that there is
 * one secret and whoever may only push cannot make the log forget. 32 bytes.
 *
 * @param pem the operator's text, which `loadSigningKeys` has read; other line ends and blanks give the same key
 */
export function storeKey(pem: string): Uint8Array {
  const keys = [...pem.matchAll(BLOCK)].map(([block]) =>
    createPrivateKey(block).export({ type: 'pkcs8', format: 'der' }),
  );
  return new Uint8Array(hkdfSync('sha256', Buffer.concat(keys), '', 'countersign store v1', 32));
}
