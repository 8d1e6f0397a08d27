import { parseArgs } from 'node:util';
import { createSigningKeyFile, generateSigningKeys, loadSigningKeys } from '../adapters/signing/signing-keys.ts';
import type { SigningAlgorithm } from '../adapters/signing/signing-keys.ts';
import { sha256 } from '../adapters/signing/node-crypto.ts';
import { toBase64 } from '../core/evidence/bytes.ts';
import { formatVerifierKey, toVerifierKey } from '../core/evidence/notes/signed-note.ts';
import { keyBytes } from '../core/evidence/public-key.ts';
import { parseOrigin, WORKFLOW_INSTALLATION } from '../core/evidence/records/log-origin.ts';
import type { Signer } from '../core/ports.ts';
import { UsageError, orUsage } from './usage-error.ts';
import type { Print } from './verify.ts';

export const keygenUsage = `countersign keygen [--algorithm ed25519|p256] [--out <file>] [--log <name>]

  Makes the two keys of a log (the first signs records, the second checkpoints) and writes them to a PEM file that only you
  can read (default countersign-signing-keys.pem). An existing file is never overwritten. Ed25519 unless told otherwise;
  P-256 is for places that allow nothing else.

  --log <name>   also prints the verifier key of that log, for "trust" in the policy. A log that workflows write is
                 called host/1/repository id/1, such as github.com/1/987654321/1
`;

const DEFAULT_FILE = 'countersign-signing-keys.pem';

const PINNED =
  'Auditors pin the checkpoint key; with the name of the log it is in keys/checkpoint.vkey of the evidence branch.';

const FOR_THE_APP = [
  'Start the App with COUNTERSIGN_SIGNING_KEY_PATH set to this file. Keep a copy where the App cannot reach it.',
  PINNED,
  'To replace older keys, also set COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH to their file: each log goes over to the new',
  'keys by a record that old and new sign. Keep it set until all logs have, and tell auditors the new key yourself.',
];

const FOR_A_WORKFLOW = [
  'Put the verifier key under trust.keys of the policy, and the text of the file into the secret COUNTERSIGN_SIGNING_KEY of',
  'the environment that signs, and nowhere else (docs/action.md, "Set it up alone"). Keep a copy where GitHub cannot lose it.',
  PINNED,
  'To replace older keys, see "Replace the keys" there.',
];

/**
 * Runs `countersign keygen`.
 * @returns exit code 0
 * @throws {UsageError} when an option is wrong, or the file exists or cannot be written
 */
export function runKeygen(args: readonly string[], print: Print): number {
  const { file, algorithm, log } = readOptions(args);
  const pem = generateSigningKeys(algorithm);
  const keys = loadSigningKeys(pem);
  if (!keys.ok) throw new TypeError(keys.issue);
  try {
    createSigningKeyFile(file, pem);
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new UsageError(exists ? `${file} exists and is left as it is` : `${file} cannot be written`, {
      cause: error,
    });
  }
  print(
    [
      `wrote ${file} (${algorithm})`,
      `  record key, public: ${publicHalf(keys.value.record)}`,
      `  checkpoint key, public: ${publicHalf(keys.value.checkpoint)}`,
      ...(log === null ? [] : [`  verifier key of ${log}: ${verifierKey(log, keys.value.checkpoint)}`]),
      ...(isOfWorkflow(log) ? FOR_A_WORKFLOW : FOR_THE_APP),
      '',
    ].join('\n'),
  );
  return 0;
}

interface Options {
  readonly file: string;
  readonly algorithm: SigningAlgorithm;
  readonly log: string | null;
}

function readOptions(args: readonly string[]): Options {
  const { values } = orUsage(() =>
    parseArgs({
      args: [...args],
      options: { out: { type: 'string' }, algorithm: { type: 'string' }, log: { type: 'string' } },
    }),
  );
  const { out: file = DEFAULT_FILE, algorithm = 'ed25519', log = null } = values;
  if (algorithm !== 'ed25519' && algorithm !== 'p256') throw new UsageError('--algorithm is ed25519 or p256');
  if (log !== null && !parseOrigin(log).ok)
    throw new UsageError('--log is host/installation id/repository id/generation');
  return { file, algorithm, log };
}

/** Without the App a workflow writes the log, and its secret is where the keys go. */
function isOfWorkflow(log: string | null): boolean {
  const origin = log === null ? null : parseOrigin(log);
  return origin?.ok === true && origin.value.installationId === WORKFLOW_INSTALLATION;
}

function verifierKey(log: string, { publicKey }: Signer): string {
  return formatVerifierKey(toVerifierKey(log, publicKey, sha256));
}

/** As in a vkey, without the byte that says which kind it is. */
function publicHalf({ publicKey }: Signer): string {
  return toBase64(keyBytes(publicKey));
}
