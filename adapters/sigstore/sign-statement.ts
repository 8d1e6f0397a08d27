import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { toBase64, utf8 } from '../../core/evidence/bytes.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { askService, PATIENT, SigstoreError } from './ask-service.ts';
import type { SigstoreInstance } from './instance.ts';
import { parseAnswer, signingCertificate } from './wire.ts';
import { logSignature, timestampSignature } from './witnesses.ts';
import type { SignedEnvelope } from './witnesses.ts';

const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/**
 * Signs an in-toto statement with a key that is made for it and forgotten with it; a certificate says whose job had it.
 *
 * @param idToken OIDC token of the job for the audience `sigstore`; it goes to Fulcio alone
 * @param subject claim `sub` of the token, which the new key signs to show that it is there
 * @returns a Sigstore bundle v0.3 as JSON
 * @throws {SigstoreError} when a service refuses, is not there, or answers nonsense
 * @see sigstore/protobuf-specs, sigstore_bundle.proto; sigstore/fulcio, docs/certificate-issuance.md
 */
export async function signStatement(
  statement: Uint8Array,
  instance: SigstoreInstance,
  { idToken, subject }: { readonly idToken: string; readonly subject: string },
  patience = PATIENT,
): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const answer = await askService(
    'Fulcio',
    `${instance.fulcioUrl}/api/v2/signingCert`,
    {
      credentials: { oidcIdentityToken: idToken },
      publicKeyRequest: {
        publicKey: { algorithm: 'ECDSA', content: publicKey.export({ format: 'pem', type: 'spki' }) },
        proofOfPossession: sign('sha256', utf8(subject), privateKey).toString('base64'),
      },
    },
    patience,
  );
  const certificate = toCertificate(parseAnswer('Fulcio', signingCertificate, answer));
  // One for another key would sign nothing that verifies.
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new SigstoreError('Fulcio', 'its certificate is for another key');
  }
  const signature = sign('sha256', preAuthEncoding(PAYLOAD_TYPE, statement), privateKey);
  const envelope: SignedEnvelope = {
    payload: toBase64(statement),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ sig: toBase64(signature), keyid: '' }],
  };
  const { rekor, tsaUrl } = instance;
  const [tlogEntries, timestamps] = await Promise.all([
    rekor === null ? [] : logSignature(rekor, envelope, certificate.raw, patience).then((entry) => [entry]),
    tsaUrl === null ? [] : timestampSignature(tsaUrl, signature, patience).then((stamp) => [stamp]),
  ]);
  return JSON.stringify({
    mediaType: BUNDLE_TYPE,
    verificationMaterial: {
      certificate: { rawBytes: toBase64(certificate.raw) },
      tlogEntries,
      timestampVerificationData: {
        rfc3161Timestamps: timestamps.map((stamp) => ({ signedTimestamp: toBase64(stamp) })),
      },
    },
    dsseEnvelope: envelope,
  });
}

function toCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new SigstoreError('Fulcio', 'its answer holds no certificate');
  }
}
