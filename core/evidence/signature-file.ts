import { fromBase64, toBase64, toHex, utf8 } from './bytes.ts';
import type { Parsed, Sha256 } from './bytes.ts';
import { isObject, parseCanonicalJson, renderJson } from './strict-json.ts';

/** `signatures/…`: the DSSE signatures of one commit's records, in their order, all by the record key. */
export interface SignatureFile {
  /** `recordKeyHint` of the key. */
  readonly keyid: string;
  /** 64 bytes each. */
  readonly signatures: readonly Uint8Array[];
}

const SIGNATURE_BYTES = 64;

/** First 16 hex digits of SHA-256 over the raw public key: a hint for people; no trust hangs on it. */
export function recordKeyHint(publicKey: Uint8Array, sha256: Sha256): string {
  return toHex(sha256(publicKey)).slice(0, 16);
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
    if (signature?.length !== SIGNATURE_BYTES) return { ok: false, issue: 'a signature is not 64 bytes in base64' };
    signatures.push(signature);
  }
  return { ok: true, value: { keyid, signatures } };
}
