import { fromBase64, toBase64, toHex, utf8 } from '../bytes.ts';
import type { Parsed, Sha256 } from '../bytes.ts';
import { keyBytes } from '../public-key.ts';
import type { PublicKey } from '../public-key.ts';
import { isObject, parseCanonicalJson, renderJson } from '../strict-json.ts';

/** `signatures/…`: the DSSE signatures of one commit's records, in their order, all by the record key. */
export interface SignatureFile {
  /** `recordKeyHint` of the key. */
  readonly keyid: string;
  /** Ed25519: 64 bytes each; P-256: DER, at most 72. */
  readonly signatures: readonly Uint8Array[];
}

/** The shortest ECDSA signature in DER, and the longest of P-256. */
const MIN_SIGNATURE_BYTES = 8;
const MAX_SIGNATURE_BYTES = 72;

/** First 16 hex digits of SHA-256 over the public key (`keyBytes`): a hint for people; no trust hangs on it. */
export function recordKeyHint(key: PublicKey, sha256: Sha256): string {
  return toHex(sha256(keyBytes(key))).slice(0, 16);
}

export function formatSignatureFile({ keyid, signatures }: SignatureFile): Uint8Array {
  return utf8(renderJson({ keyid, signatures: signatures.map(toBase64) }));
}

/** Only what `formatSignatureFile` writes: no other field, order or spelling. */
export function parseSignatureFile(bytes: Uint8Array): Parsed<SignatureFile> {
  const parsed = parseCanonicalJson(bytes);
  if (!parsed.ok) return parsed;
  if (!isObject(parsed.value) || Object.keys(parsed.value).join() !== 'keyid,signatures') {
    return { ok: false, issue: 'not a keyid and signatures' };
  }
  const { keyid, signatures: texts } = parsed.value;
  if (typeof keyid !== 'string' || !Array.isArray(texts)) return { ok: false, issue: 'not a keyid and signatures' };
  const signatures: Uint8Array[] = [];
  for (const text of texts) {
    const signature = typeof text === 'string' ? fromBase64(text) : null;
    const length = signature?.length ?? 0;
    if (signature === null || length < MIN_SIGNATURE_BYTES || length > MAX_SIGNATURE_BYTES) {
      return { ok: false, issue: 'a signature is not base64, too short or too long' };
    }
    signatures.push(signature);
  }
  return { ok: true, value: { keyid, signatures } };
}
