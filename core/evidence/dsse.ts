import { concatBytes, fromBase64, fromBase64Url, toBase64, utf8 } from './bytes.ts';
import type { Parsed } from './bytes.ts';
import type { PublicKey, Verify } from './public-key.ts';
import { isObject, parseStrictJson } from './strict-json.ts';

/** Payload type of every record (in-toto envelope rule). */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/**
 * What a DSSE signature is over: "DSSEv1" SP length SP type SP length SP body; lengths in bytes, ASCII decimal.
 * @see DSSE v1.0.2 protocol.md, "Signature Definition"
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  return concatBytes(preAuthHeader(payloadType, payload.length), payload);
}

/** The same for many payloads, one after the other in one buffer: a buffer for each would take longer than to hash it. */
export function preAuthEncodings(payloadType: string, payloads: readonly Uint8Array[]): Uint8Array[] {
  const headers = payloads.map(({ length }) => preAuthHeader(payloadType, length));
  const all = concatBytes(...payloads.flatMap((payload, at) => [headers[at] ?? payload, payload]));
  let end = 0;
  return payloads.map(({ length }, at) => {
    const start = end;
    end += (headers[at]?.length ?? 0) + length;
    return all.subarray(start, end);
  });
}

function preAuthHeader(payloadType: string, length: number): Uint8Array {
  return utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${length} `);
}

export interface Envelope {
  readonly payload: Uint8Array;
  /** Signatures alone: a `keyid` is a hint that nobody has signed, so it is not even handed on. */
  readonly signatures: readonly Uint8Array[];
}

/**
 * An envelope on one line, without its newline: standard base64, padded.
 * @param keyid a hint for people (`recordKeyHint`)
 */
export function formatEnvelope(payload: Uint8Array, signature: Uint8Array, keyid: string): string {
  const signatures = [{ keyid, sig: toBase64(signature) }];
  return JSON.stringify({ payload: toBase64(payload), payloadType: PAYLOAD_TYPE, signatures });
}

/**
 * Parses a DSSE envelope that carries an in-toto statement. Unknown fields are ignored and both base64 alphabets are
 * accepted, as DSSE demands; duplicate keys, trailing bytes and any other payload type are refused.
 */
export function parseEnvelope(bytes: Uint8Array): Parsed<Envelope> {
  const parsed = parseStrictJson(bytes);
  if (!parsed.ok) return parsed;
  const envelope = parsed.value;
  if (!isObject(envelope)) return { ok: false, issue: 'not an envelope' };
  if (envelope['payloadType'] !== PAYLOAD_TYPE) return { ok: false, issue: `payloadType is not ${PAYLOAD_TYPE}` };
  const payload = fromEitherBase64(envelope['payload']);
  if (payload === null) return { ok: false, issue: 'payload is not base64' };
  const entries = envelope['signatures'];
  if (!Array.isArray(entries) || entries.length === 0) return { ok: false, issue: 'no signatures' };
  const signatures: Uint8Array[] = [];
  for (const entry of entries) {
    const signature = isObject(entry) ? fromEitherBase64(entry['sig']) : null;
    if (signature === null) return { ok: false, issue: 'a signature is not base64' };
    signatures.push(signature);
  }
  return { ok: true, value: { payload, signatures } };
}

/** The payload, if any signature of the envelope is this key's; the very bytes that were verified are handed back. */
export async function verifyEnvelope(bytes: Uint8Array, key: PublicKey, verify: Verify): Promise<Parsed<Uint8Array>> {
  const parsed = parseEnvelope(bytes);
  if (!parsed.ok) return parsed;
  const { payload, signatures } = parsed.value;
  const message = preAuthEncoding(PAYLOAD_TYPE, payload);
  for (const signature of signatures) {
    if (await verify(key, message, signature)) return { ok: true, value: payload };
  }
  return { ok: false, issue: 'no signature by this key' };
}

function fromEitherBase64(text: unknown): Uint8Array | null {
  return typeof text === 'string' ? (fromBase64(text) ?? fromBase64Url(text)) : null;
}
