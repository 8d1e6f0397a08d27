import { createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';

import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';

import { Refused } from '../refused.ts';
import { isRecord } from '../http/body.ts';
import { initializeCA, initializeCTLog } from './wire.ts';

export interface Fulcio {
  /** DER. */
  readonly root: Uint8Array;
  readonly ctLog: { readonly id: Uint8Array; readonly publicKey: Uint8Array };
  /** `POST /api/v2/signingCert`. */
  issue(body: unknown): Promise<unknown>;
}

/** Fulcio's certificate extensions: below 1.3.6.1.4.1.57264.1, its docs/oid-info.md. */
const ARC = '1.3.6.1.4.1.57264.1';

/** Gives certificates to the jobs of one GitHub, on tokens that it checks as Fulcio does: signature, audience, possession. */
export async function openFulcio(github: { readonly url: string; readonly issuer: string }): Promise<Fulcio> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const logPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ctLog = await initializeCTLog(logPair);
  const ca = await initializeCA(pair, ctLog);
  const root = bytesOf(ca.rootCertificate);
  const keys = createRemoteJWKSet(new URL(`${github.issuer}/.well-known/jwks`));
  return {
    root,
    ctLog: { id: bytesOf(ctLog.logID), publicKey: new Uint8Array(ctLog.publicKey) },
    issue: async (body) => {
      const { token, pem, proof } = readRequest(body);
      const { payload } = await jwtVerify(token, keys, { issuer: github.issuer, audience: 'sigstore' }).catch(() => {
        throw new Refused(401, 'There was an error processing the identity token');
      });
      const key = createPublicKey(pem);
      if (!verify('sha256', Buffer.from(textOf(payload, 'sub')), key, proof)) {
        throw new Refused(400, 'The signature supplied in the request could not be verified');
      }
      const certificate = await ca.issueCertificate({
        publicKey: Buffer.from(key.export({ format: 'der', type: 'spki' })),
        subjectAltName: `${github.url}/${textOf(payload, 'job_workflow_ref')}`,
        extensions: Object.entries(extensionsOf(payload, github.url)).map(([at, value]) => ({
          oid: `${ARC}.${at}`,
          value,
        })),
      });
      const chain = [bytesOf(certificate), root].map((der) => new X509Certificate(der).toString());
      return { signedCertificateEmbeddedSct: { chain: { certificates: chain } } };
    },
  };
}

function extensionsOf(claims: JWTPayload, url: string): Readonly<Record<number, string>> {
  const text = (name: string): string => textOf(claims, name);
  const repository = `${url}/${text('repository')}`;
  return {
    8: text('iss'),
    9: `${url}/${text('job_workflow_ref')}`,
    10: text('job_workflow_sha'),
    11: text('runner_environment'),
    12: repository,
    13: text('sha'),
    14: text('ref'),
    15: text('repository_id'),
    16: `${url}/${text('repository_owner')}`,
    17: text('repository_owner_id'),
    18: `${url}/${text('workflow_ref')}`,
    19: text('workflow_sha'),
    20: text('event_name'),
    21: `${repository}/actions/runs/${text('run_id')}/attempts/${text('run_attempt')}`,
    22: text('repository_visibility'),
  };
}

function readRequest(body: unknown): { readonly token: string; readonly pem: string; readonly proof: Buffer } {
  const credentials = isRecord(body) ? body['credentials'] : undefined;
  const request = isRecord(body) ? body['publicKeyRequest'] : undefined;
  const publicKey = isRecord(request) ? request['publicKey'] : undefined;
  const token = isRecord(credentials) ? credentials['oidcIdentityToken'] : undefined;
  const pem = isRecord(publicKey) ? publicKey['content'] : undefined;
  const proof = isRecord(request) ? request['proofOfPossession'] : undefined;
  if (typeof token !== 'string' || typeof pem !== 'string' || typeof proof !== 'string') {
    throw new Refused(400, 'The request could not be parsed');
  }
  return { token, pem, proof: Buffer.from(proof, 'base64') };
}

function textOf(claims: JWTPayload, name: string): string {
  const value = claims[name];
  if (typeof value !== 'string') throw new Refused(400, `The identity token has no ${name}`);
  return value;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
