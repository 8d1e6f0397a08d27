import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

import { equalBytes } from '../../core/evidence/bytes.ts';
import type { Signer } from '../../core/ports.ts';
import { keySigner } from './key-signer.ts';

/** What a log may be signed with. */
export type SigningAlgorithm = 'ed25519' | 'p256';

/** The two keys of a log, of any of the algorithms each. They differ, so that a record's signature can never pass for a checkpoint's. */
export interface SigningKeys {
  readonly record: Signer;
  readonly checkpoint: Signer;
}

/** `issue` is one sentence for the operator and never quotes the text. */
export type LoadedKeys =
  | { readonly ok: true; readonly value: SigningKeys }
  | { readonly ok: false; readonly issue: string };

/** As OpenSSL names it. */
const P256 = 'prime256v1';

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----[\s\S]*?-----END \1-----/g;

/** What stands in place of a PKCS#8 block most often, and the way out. */
const OTHER_BLOCKS: ReadonlyMap<string, string> = new Map([
  [
    'ENCRYPTED PRIVATE KEY',
    'is encrypted, and nobody is there to ask for the passphrase; decrypt it with openssl pkey',
  ],
  ['EC PRIVATE KEY', 'is in the older SEC1 form; convert it with openssl pkcs8 -topk8 -nocrypt'],
  ['EC PARAMETERS', 'is no key; leave it out'],
  ['RSA PRIVATE KEY', 'is RSA; a log is signed with Ed25519 or P-256'],
  ['OPENSSH PRIVATE KEY', 'is a key for SSH; make signing keys of their own'],
  ['PUBLIC KEY', 'is the public half; the private one signs'],
]);

/**
 * Reads what `countersign keygen` writes: two PKCS#8 blocks, first the record key, then the checkpoint key, each Ed25519 or
 * P-256.
 * @param pem the operator's text
 */
export function loadSigningKeys(pem: string): LoadedKeys {
  const blocks = [...pem.matchAll(BLOCK)];
  if (blocks.length === 0) return refuse('it holds no PEM block');
  const other = blocks.find(([, label]) => label !== 'PRIVATE KEY')?.[1];
  if (other !== undefined) {
    const why = OTHER_BLOCKS.get(other) ?? 'is no private key in PKCS#8';
    return refuse(`its block "${other}" ${why} (only "PRIVATE KEY" belongs there)`);
  }
  const [record, checkpoint, ...more] = blocks.map(([text]) => text);
  if (record === undefined || checkpoint === undefined || more.length > 0) {
    return refuse(`it holds ${blocks.length} keys and not two: the record key, then the checkpoint key`);
  }
  const recordKey = readKey(record);
  if (typeof recordKey === 'string') return refuse(`its first key (records) ${recordKey}`);
  const checkpointKey = readKey(checkpoint);
  if (typeof checkpointKey === 'string') return refuse(`its second key (checkpoints) ${checkpointKey}`);
  if (equalBytes(recordKey.publicKey.spki, checkpointKey.publicKey.spki)) {
    return refuse('its two keys are the same; each purpose needs its own');
  }
  return { ok: true, value: { record: recordKey, checkpoint: checkpointKey } };
}

/** Two new keys as the PEM text that `loadSigningKeys` reads. */
export function generateSigningKeys(algorithm: SigningAlgorithm = 'ed25519'): string {
  return generateKey(algorithm) + generateKey(algorithm);
}

/**
 * Writes keys to a file that only its owner can read, durably: a key that signed and is then lost would leave a log that
 * nobody can continue.
 * @param pem new keys, unless others are to be written
 * @throws node's own error; EEXIST when the file is there, which is never overwritten
 */
export function createSigningKeyFile(path: string, pem: string = generateSigningKeys()): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, pem);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function generateKey(algorithm: SigningAlgorithm): string {
  const { privateKey } =
    algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: P256 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The signer, or why there is none. */
function readKey(block: string): Signer | string {
  let key: KeyObject;
  try {
    key = createPrivateKey(block);
  } catch {
    return 'is damaged or of an unknown kind';
  }
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key;
  if (type === 'ec' && details?.namedCurve !== P256) {
    return `is on the curve ${details?.namedCurve ?? 'that it spells out itself'}, not on P-256`;
  }
  if (type !== 'ec' && type !== 'ed25519') return `is of the kind ${type}, neither Ed25519 nor P-256`;
  try {
    return keySigner(key);
  } catch {
    // Such as a compressed point: the same key in another form would have another name.
    return 'is not in the usual form of its kind';
  }
}

function refuse(issue: string): LoadedKeys {
  return { ok: false, issue: `the signing key file is refused: ${issue}` };
}
