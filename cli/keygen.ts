import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';
import type { Print } from './verify.ts';

export const keygenUsage = `countersign keygen [--out <file>]

  Makes the two Ed25519 keys of a log (the first signs records, the second checkpoints) and writes them to a PEM file that
  only you can read (default countersign-signing-keys.pem). An existing file is never overwritten.
`;

const DEFAULT_FILE = 'countersign-signing-keys.pem';

/** Owner may read and write, nobody else anything. */
const PRIVATE = 0o600;

/**
 * Runs `countersign keygen`.
 * @returns exit code 0
 * @throws {UsageError} when the file exists or cannot be written
 */
export async function runKeygen(args: readonly string[], print: Print): Promise<number> {
  const file = readFileOption(args);
  const record = makeKey();
  const checkpoint = makeKey();
  try {
    // `wx` fails on an existing file: a key that has signed a log must not be lost to a second run.
    await writeFile(file, record.pem + checkpoint.pem, { mode: PRIVATE, flag: 'wx' });
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new UsageError(exists ? `${file} exists and is left as it is` : `${file} cannot be written`, {
      cause: error,
    });
  }
  print(
    [
      `wrote ${file}`,
      `  record key, public: ${record.publicKey}`,
      `  checkpoint key, public: ${checkpoint.publicKey}`,
      'Start the App with COUNTERSIGN_SIGNING_KEY_PATH set to this file. Keep a copy where the App cannot reach it.',
      'Auditors pin the checkpoint key; with the name of the log it is in keys/checkpoint.vkey of the evidence branch.',
      '',
    ].join('\n'),
  );
  return 0;
}

function readFileOption(args: readonly string[]): string {
  try {
    const { values } = parseArgs({ args: [...args], options: { out: { type: 'string' } } });
    return values.out ?? DEFAULT_FILE;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'unknown option', { cause: error });
  }
}

function makeKey(): { readonly pem: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return { pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), publicKey: raw.toString('base64') };
}
