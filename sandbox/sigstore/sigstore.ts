import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { isRecord } from '../http/body.ts';
import { Refused } from '../refused.ts';
import { openFulcio, type Fulcio } from './fulcio.ts';
import { openRekor, type Rekor } from './rekor.ts';
import { initializeTSA } from './wire.ts';

export type SigstoreService = 'fulcio' | 'rekor' | 'tsa';

/** `cut`: half of the answer, then nothing. A number: only this status. */
export type SigstoreFault = 'hang' | 'drop' | 'cut' | number;

export interface Sigstore {
  /** Fulcio, Rekor (version 1 and 2) and the timestamp authority all answer here. */
  readonly url: string;
  /** Trusted root as JSON on one line, with or without the public log. */
  trustedRoot(options?: { readonly rekor?: boolean }): string;
  /** What a service does from now on; null: answer. */
  fault(service: SigstoreService, what: SigstoreFault | null): void;
  /** Paths that were asked, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const PATHS: Readonly<Record<string, SigstoreService>> = {
  '/api/v2/signingCert': 'fulcio',
  '/api/v1/log/entries': 'rekor',
  '/api/v2/log/entries': 'rekor',
  '/api/v1/timestamp': 'tsa',
};

/** A Sigstore of its own on 127.0.0.1 that knows the jobs of one GitHub; its keys are made anew each time. */
export async function startSigstore(github: { readonly url: string; readonly oidcIssuer: string }): Promise<Sigstore> {
  const fulcio = await openFulcio({ url: github.url, issuer: github.oidcIssuer });
  const tsa = await initializeTSA(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  // Whole seconds, as Sigstore's own authority says them: a fraction that ends in 0 would be written as no DER.
  tsa.getCurrentTime = () => new Date(Math.floor(Date.now() / 1000) * 1000);
  const faults = new Map<SigstoreService, SigstoreFault>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  const host = `127.0.0.1:${address.port}`;
  const rekor = openRekor(host);

  const work = async (path: string, body: string): Promise<Buffer> => {
    const json: unknown = JSON.parse(body);
    if (path === '/api/v1/timestamp') return Buffer.from(await tsa.timestamp(readStampRequest(json)));
    if (path === '/api/v2/signingCert') return toJson(await fulcio.issue(json));
    return toJson(path === '/api/v1/log/entries' ? rekor.logFirst(json) : rekor.logSecond(json));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    asked.push(path);
    const body = await readAll(request);
    const service = PATHS[path];
    const fault = service === undefined ? 404 : faults.get(service);
    if (fault === 'hang') return;
    if (fault === 'drop') return void response.destroy();
    if (typeof fault === 'number') return void response.writeHead(fault).end('{"message":"no"}');
    try {
      const bytes = await work(path, body);
      if (fault === 'cut') {
        response.writeHead(201, { 'content-length': bytes.length });
        return void response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
      }
      response.writeHead(201).end(bytes);
    } catch (error) {
      const status = error instanceof Refused ? error.status : 400;
      response.writeHead(status, { 'content-type': 'application/json' }).end(toJson({ message: String(error) }));
    }
  };

  return {
    url: `http://${host}`,
    trustedRoot: ({ rekor: hasLog = true } = {}) =>
      trustedRoot(fulcio, hasLog ? rekor : null, {
        url: `http://${host}`,
        tsa: [tsa.intCertificate, tsa.rootCertificate],
      }),
    fault: (service, what) => {
      if (what === null) faults.delete(service);
      else faults.set(service, what);
    },
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

/** @see sigstore/protobuf-specs, sigstore_trustroot.proto */
function trustedRoot(
  fulcio: Fulcio,
  rekor: Rekor | null,
  { url, tsa }: { readonly url: string; readonly tsa: readonly ArrayBufferView[] },
): string {
  const validFor = { start: '2020-01-01T00:00:00Z' };
  const log = (id: Uint8Array, publicKey: Uint8Array): object => ({
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(publicKey), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: base64(id) },
  });
  const authority = (certificates: readonly ArrayBufferView[]): object => ({
    subject: { organization: 'sandbox', commonName: 'sandbox' },
    uri: url,
    certChain: { certificates: certificates.map((der) => ({ rawBytes: base64(der) })) },
    validFor,
  });
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: rekor === null ? [] : [log(rekor.id, rekor.publicKey)],
    certificateAuthorities: [authority([fulcio.root])],
    ctlogs: [log(fulcio.ctLog.id, fulcio.ctLog.publicKey)],
    timestampAuthorities: [authority(tsa)],
  });
}

const SHA256 = '2.16.840.1.101.3.4.2.1';
const POLICY = '1.3.6.1.4.1.57264.2';

function readStampRequest(body: unknown): Parameters<Awaited<ReturnType<typeof initializeTSA>>['timestamp']>[0] {
  const hash = isRecord(body) ? body['artifactHash'] : undefined;
  if (!isRecord(body) || typeof hash !== 'string' || body['hashAlgorithm'] !== 'sha256') {
    throw new Refused(400, 'no SHA-256 to put a time to');
  }
  return {
    artifactHash: Buffer.from(hash, 'base64'),
    hashAlgorithmOID: SHA256,
    nonce: 1_234_567_890,
    policyOID: POLICY,
  };
}

function base64(view: ArrayBufferView): string {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');
}

function toJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
