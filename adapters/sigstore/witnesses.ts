import { createHash } from 'node:crypto';
import { toBase64, utf8 } from '../../core/evidence/bytes.ts';
import { askService } from './ask-service.ts';
import type { SigstorePatience } from './ask-service.ts';
import { parseAnswer, rekorEntry, rekorEntryV2 } from './wire.ts';

/** What a public log signs for, in the JSON of a bundle. */
export interface SignedEnvelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly [{ readonly sig: string; readonly keyid: string }];
}

/**
 * Has a public log take up a signature.
 * @param certificate DER
 * @returns a `TransparencyLogEntry` in the JSON of a bundle
 * @throws {SigstoreError}
 */
export async function logSignature(
  { url, version }: { readonly url: string; readonly version: 1 | 2 },
  envelope: SignedEnvelope,
  certificate: Uint8Array,
  patience: SigstorePatience,
): Promise<object> {
  return version === 1
    ? await firstVersion(url, envelope, certificate, patience)
    : await secondVersion(url, envelope, certificate, patience);
}

async function firstVersion(
  url: string,
  envelope: SignedEnvelope,
  certificate: Uint8Array,
  patience: SigstorePatience,
): Promise<object> {
  const verifiers = [toBase64(utf8(toPem(certificate)))];
  const answer = await askService(
    'Rekor',
    `${url}/api/v1/log/entries`,
    {
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: { proposedContent: { envelope: JSON.stringify(envelope), verifiers } },
    },
    patience,
  );
  const { body, integratedTime, logID, logIndex, verification } = parseAnswer('Rekor', rekorEntry, answer);
  const { inclusionProof: proof, signedEntryTimestamp } = verification;
  return {
    logIndex: String(logIndex),
    logId: { keyId: hexToBase64(logID) },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: hexToBase64(proof.rootHash),
      treeSize: String(proof.treeSize),
      hashes: proof.hashes.map(hexToBase64),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: body,
  };
}

async function secondVersion(
  url: string,
  envelope: SignedEnvelope,
  certificate: Uint8Array,
  patience: SigstorePatience,
): Promise<object> {
  const verifier = { x509Certificate: { rawBytes: toBase64(certificate) }, keyDetails: 'PKIX_ECDSA_P256_SHA_256' };
  const body = { dsseRequestV002: { envelope, verifiers: [verifier] } };
  const answer = await askService('Rekor', `${url}/api/v2/log/entries`, body, patience);
  return parseAnswer('Rekor', rekorEntryV2, answer);
}

/**
 * Has a timestamp authority say when a signature was there.
 * @returns an RFC 3161 response in DER, which nobody has looked at yet
 * @throws {SigstoreError}
 */
export function timestampSignature(
  url: string,
  signature: Uint8Array,
  patience: SigstorePatience,
): Promise<Uint8Array> {
  const artifactHash = createHash('sha256').update(signature).digest('base64');
  const body = { artifactHash, hashAlgorithm: 'sha256' };
  return askService('the timestamp authority', `${url}/api/v1/timestamp`, body, patience);
}

function toPem(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function hexToBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
