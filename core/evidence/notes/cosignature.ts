import { concatBytes, toBase64, toHex, utf8 } from '../bytes.ts';
import type { Parsed, Sha256 } from '../bytes.ts';
import { parseCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { ed25519Key, keyBytes } from '../public-key.ts';
import type { PublicKey, Verify } from '../public-key.ts';
import { formatSignatureLine, isKeyName, openNote, parseNote, parseTypedKey, verifySignature } from './signed-note.ts';
import type { NoteSignature, VerifierKey } from './signed-note.ts';

/*
 * C2SP tlog-cosignature, cosignature/v1 with Ed25519: a witness says that, as of a time, this is the largest consistent
 * checkpoint that it has seen of a log. A signature line of the checkpoint's note holds
 *
 *   key id[4] ‖ timestamp, POSIX seconds, u64 big endian[8] ‖ Ed25519 signature[64]
 *
 * and the signature is over "cosignature/v1\ntime <timestamp>\n" and the whole text of the note.
 */

const TYPE_COSIGNATURE = 4;
const KEY_ID_DIGITS = 8;
const ED25519_BYTES = 32;
const TIMESTAMP_BYTES = 8;
const SIGNATURE_BYTES = 64;
const MAX_TIMESTAMP = 2n ** 63n - 1n;

/** Deliberately of another shape than a `VerifierKey`: a witness's key must not pass for a log's, nor the other way round. */
export interface WitnessKey {
  readonly name: string;
  /** 8 hex digits. */
  readonly id: string;
  /** Ed25519. */
  readonly publicKey: PublicKey;
}

export interface Cosignature {
  readonly witness: WitnessKey;
  /** POSIX seconds, by the witness's clock; at most 2^63 - 1, so more than a number can hold. */
  readonly timestamp: bigint;
}

export interface CosignedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** One for each public key that cosigned, its newest; in the order of the note. */
  readonly cosignatures: readonly Cosignature[];
}

/**
 * Key of that name.
 * @throws {TypeError} when the name cannot name a key or the public key is not Ed25519
 */
export function toWitnessKey(name: string, publicKey: PublicKey, sha256: Sha256): WitnessKey {
  if (!isKeyName(name)) throw new TypeError('a key name is not empty and has no space and no +');
  if (publicKey.algorithm !== 'ed25519') throw new TypeError('a witness of cosignature/v1 signs with Ed25519');
  const named = concatBytes(utf8(`${name}\n`), Uint8Array.of(TYPE_COSIGNATURE), keyBytes(publicKey));
  return { name, id: toHex(sha256(named)).slice(0, KEY_ID_DIGITS), publicKey };
}

export function formatWitnessKey({ name, id, publicKey }: WitnessKey): string {
  return `${name}+${id}+${toBase64(concatBytes(Uint8Array.of(TYPE_COSIGNATURE), keyBytes(publicKey)))}`;
}

/** The key in a vkey of type 4, or why it is none: a log's own key (type 1 or 2) is no witness's. */
export function parseWitnessKey(vkey: string, sha256: Sha256): Parsed<WitnessKey> {
  const parsed = parseTypedKey(vkey);
  if (!parsed.ok) return parsed;
  const { name, id, type, bytes } = parsed.value;
  if (type !== TYPE_COSIGNATURE || bytes.length !== ED25519_BYTES) {
    return { ok: false, issue: `not the key of a witness (Ed25519 cosignatures, type ${TYPE_COSIGNATURE})` };
  }
  const key = toWitnessKey(name, ed25519Key(bytes), sha256);
  return key.id === id ? { ok: true, value: key } : { ok: false, issue: 'the key id does not belong to name and key' };
}

/** What a witness signs. */
export function cosignedText(timestamp: bigint, checkpointText: string): string {
  return `cosignature/v1\ntime ${timestamp}\n${checkpointText}`;
}

/**
 * Verifies a checkpoint with the cosignatures of witnesses. It must be signed by the log. As everywhere in notes, lines of
 * unknown keys are ignored, and a bad line of a known key refuses the whole note. How many witnesses are enough is for the
 * caller to say, and whether a time lies in the future: this room has no clock.
 *
 * A cosignature does not say the witness's name: two names with one key are one witness.
 * @param bytes the note; untrusted
 * @param logKey the key that must have signed this checkpoint, whose text is not verified yet at that time
 * @param witnesses keys that the reader trusts, known from elsewhere
 */
export async function openCosignedCheckpoint(
  bytes: Uint8Array,
  logKey: (checkpoint: Checkpoint) => VerifierKey,
  witnesses: readonly WitnessKey[],
  verify: Verify,
): Promise<Parsed<CosignedCheckpoint>> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const { text, signatures } = note.value;
  const checkpoint = parseCheckpoint(text);
  if (!checkpoint.ok) return checkpoint;
  const key = logKey(checkpoint.value);
  if (key.name !== checkpoint.value.origin) return { ok: false, issue: `it is of the log ${checkpoint.value.origin}` };
  const opened = await openNote(bytes, [key], verify);
  if (!opened.ok) return opened;
  const found = new Map<string, Cosignature>();
  for (const line of signatures) {
    for (const witness of witnesses.filter(({ name, id }) => line.name === name && line.id === id)) {
      const timestamp = await verifyLine(line, witness.publicKey, text, verify);
      if (!timestamp.ok) return { ok: false, issue: `the cosignature of ${line.name}+${line.id} ${timestamp.issue}` };
      const signer = toHex(witness.publicKey.spki);
      if (signer === toHex(key.key.spki)) return { ok: false, issue: `${witness.name} signs with the key of the log` };
      const earlier = found.get(signer);
      if (earlier === undefined || earlier.timestamp < timestamp.value) {
        found.set(signer, { witness, timestamp: timestamp.value });
      }
    }
  }
  return { ok: true, value: { checkpoint: checkpoint.value, cosignatures: [...found.values()] } };
}

/**
 * A cosignature as a signature line, to be put at the end of the note. Whoever calls this has verified the checkpoint and
 * that it extends the last one that was cosigned.
 * @param timestamp POSIX seconds
 * @param sign gives an Ed25519 signature by the private half of `witness`
 * @throws {TypeError} when the text is no checkpoint or the time is out of range
 */
export async function cosign(
  checkpointText: string,
  timestamp: bigint,
  witness: WitnessKey,
  sign: (message: Uint8Array) => Promise<Uint8Array> | Uint8Array,
): Promise<string> {
  if (!parseCheckpoint(checkpointText).ok) throw new TypeError('only a checkpoint is cosigned');
  if (timestamp < 0n || timestamp > MAX_TIMESTAMP) throw new TypeError('a time is 0 to 2^63 - 1');
  const time = new Uint8Array(TIMESTAMP_BYTES);
  new DataView(time.buffer).setBigUint64(0, timestamp);
  const signature = await sign(utf8(cosignedText(timestamp, checkpointText)));
  return formatSignatureLine({ name: witness.name, id: witness.id, signature: concatBytes(time, signature) });
}

async function verifyLine(
  { signature: bytes }: NoteSignature,
  key: PublicKey,
  text: string,
  verify: Verify,
): Promise<Parsed<bigint>> {
  if (bytes.length !== TIMESTAMP_BYTES + SIGNATURE_BYTES) return { ok: false, issue: 'is not a time and a signature' };
  const timestamp = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  if (timestamp > MAX_TIMESTAMP) return { ok: false, issue: 'has a time beyond 2^63 - 1' };
  const message = utf8(cosignedText(timestamp, text));
  const isGood = await verifySignature(key, message, bytes.subarray(TIMESTAMP_BYTES), verify);
  return isGood ? { ok: true, value: timestamp } : { ok: false, issue: 'does not verify' };
}
