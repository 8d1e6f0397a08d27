import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { signDigestWithLargerS } from './sign-digest.ts';

export type FakeKmsKind = 'ed25519' | 'p256';

/** How the service misbehaves next; one entry is one call. */
export type Mishap = 'throttled' | 'internal-error' | 'cut-off' | 'not-json' | 'empty' | 'signature-of-another-kind';

export interface FakeKms {
  readonly url: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** Calls so far. */
  calls(): number;
  next(...mishaps: readonly Mishap[]): void;
  stop(): Promise<void>;
}

/** As AWS KMS documents `Sign` for MessageType RAW. */
const MAX_RAW_BYTES = 4_096;
const DIGEST_BYTES = 32;

/**
 * A key service on loopback that behaves as AWS KMS is documented to: the key never leaves it, it answers when it likes,
 * Ed25519 takes only the raw message and at most 4,096 bytes of it, P-256 takes a digest and answers DER with whichever s
 * came out (here always the larger one). Calls that break its rules are answered 400.
 */
export async function startFakeKms(kind: FakeKmsKind): Promise<FakeKms> {
  const { privateKey } =
    kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const mishaps: Mishap[] = [];
  let calls = 0;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      calls += 1;
      const mishap = mishaps.shift();
      const answer = (status: number, text: string): void => void response.writeHead(status).end(text);
      if (mishap === 'cut-off') return void request.socket.destroy();
      if (mishap === 'throttled') return answer(400, JSON.stringify({ __type: 'ThrottlingException' }));
      if (mishap === 'internal-error') return answer(500, JSON.stringify({ __type: 'KMSInternalException' }));
      if (mishap === 'not-json') return answer(200, '<html>');
      if (mishap === 'empty') return answer(200, '{}');
      if (mishap === 'signature-of-another-kind') return answer(200, JSON.stringify({ Signature: 'AAAA' }));
      const signature = signAs(kind, privateKey, body);
      if (signature === null) return answer(400, JSON.stringify({ __type: 'ValidationException' }));
      // Later calls are answered earlier, so that a signer which mixes up answers is found out.
      setTimeout(() => answer(200, JSON.stringify({ Signature: signature.toString('base64') })), 20 - (calls % 20));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    spki: Uint8Array.from(createPublicKey(privateKey).export({ type: 'spki', format: 'der' })),
    calls: () => calls,
    next: (...more) => void mishaps.push(...more),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const part of request) text += String(part);
  return JSON.parse(text);
}

function signAs(kind: FakeKmsKind, key: KeyObject, body: unknown): Buffer | null {
  if (typeof body !== 'object' || body === null || !('Message' in body) || !('MessageType' in body)) return null;
  const message = Buffer.from(String(body.Message), 'base64');
  const algorithm = 'SigningAlgorithm' in body ? body.SigningAlgorithm : null;
  if (kind === 'ed25519') {
    const isValid = algorithm === 'ED25519_SHA_512' && body.MessageType === 'RAW' && message.length <= MAX_RAW_BYTES;
    return isValid ? sign(null, message, key) : null;
  }
  const isValid = algorithm === 'ECDSA_SHA_256' && body.MessageType === 'DIGEST' && message.length === DIGEST_BYTES;
  return isValid ? signDigestWithLargerS(message, key) : null;
}
