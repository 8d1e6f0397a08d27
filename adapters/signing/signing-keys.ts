import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

import type { Signer } from '../../core/ports.ts';
import { keySigner } from './key-signer.ts';

/** The two keys of a log. They differ, so that a record's signature can never pass for a checkpoint's. */
export interface SigningKeys {
  readonly record: Signer;
  readonly checkpoint: Signer;
}

/** `issue` is one sentence for the operator and never quotes the text. */
export type LoadedKeys =
  | { readonly ok: true; readonly value: SigningKeys }
  | { readonly ok: false; readonly issue: string };

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n[A-Za-z0-9+/=\s]+-----END \1-----/g;

/**
 * Reads what `countersign keygen` writes: two PKCS#8 blocks, first the record key, then the checkpoint key.
 * @param pem the operator's text
 */
export function loadSigningKeys(pem: string): LoadedKeys {
  const blocks = [...pem.matchAll(BLOCK)];
  if (blocks.length === 0) return refuse('it holds no PEM block');
  const other = blocks.find(([, label]) => label !== 'PRIVATE KEY')?.[1];
  if (other !== undefined) return refuse(`it holds a block "${other}" where only "PRIVATE KEY" (PKCS#8) belongs`);
  const [record, checkpoint, ...more] = blocks.map(([text]) => text);
  if (record === undefined || checkpoint === undefined || more.length > 0) {
    return refuse(`it holds ${blocks.length} keys and not two: the record key, then the checkpoint key`);
  }
  const recordKey = toEd25519(record);
  if (recordKey === null) return refuse('its first key (records) is not an Ed25519 private key');
  const checkpointKey = toEd25519(checkpoint);
  if (checkpointKey === null) return refuse('its second key (checkpoints) is not an Ed25519 private key');
  if (recordKey.equals(checkpointKey)) return refuse('its two keys are the same; each purpose needs its own');
  return { ok: true, value: { record: keySigner(recordKey), checkpoint: keySigner(checkpointKey) } };
}

/** Two new keys as the PEM text that `loadSigningKeys` reads. */
export function generateSigningKeys(): string {
  const block = (): string =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return block() + block();
}

/**
 * Writes two new keys to a file that only its owner can read, durably: a key that signed and is then lost would leave a
 * log that nobody can continue.
 * @throws node's own error; EEXIST when the file is there, which is never overwritten
 */
export function createSigningKeyFile(path: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, generateSigningKeys());
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function toEd25519(block: string): KeyObject | null {
  try {
    const key = createPrivateKey(block);
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

function refuse(issue: string): LoadedKeys {
  return { ok: false, issue: `the signing key file is refused: ${issue}` };
}
