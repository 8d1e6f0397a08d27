import { parseArgs } from 'node:util';
import type { WitnessKey } from '../core/evidence/notes/cosignature.ts';
import { formatVerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../core/evidence/notes/signed-note.ts';
import { verifyLog } from '../core/evidence/verify/verify-log.ts';
import { sha256, sha512, verifyOnPool } from '../adapters/signing/node-crypto.ts';
import { openCheckPool } from './check-pool.ts';
import { openSource } from './open-source.ts';
import { readBranch, readFileOf, readKey, readWitnesses } from './option-values.ts';
import { printable } from './printable.ts';
import { openProgressBar } from './progress-bar.ts';
import { isUnreadable, UsageError, orUsage } from './usage-error.ts';
import { reportResult } from './verify-report.ts';

export const verifyUsage = `countersign verify <folder | clone | repository URL> [options]

  Checks a log of evidence: every file, signature, hash and rule. Exit code 0: it verifies. 1: it does not (the first
  bad record or file is named), or it cannot be read. 2: wrong usage, nothing was checked.

  --key <vkey or file>   the checkpoint key that you were given elsewhere; without it only self-consistency is shown
                         (may be an older checkpoint key of the log, if it was not revoked)
  --since <file>         a checkpoint that you kept from an earlier check: the log must extend it, and only what is new
                         is checked in full
  --require-witness <vkey or file>
                         this witness must have cosigned checkpoint.witnessed; may be given several times
  --branch <name>        the evidence branch of a repository (default countersign-evidence)
  --json                 print the result as JSON
`;

interface VerifyArguments {
  readonly target: string;
  readonly branch: string;
  readonly key: VerifierKey | undefined;
  readonly since: Uint8Array | undefined;
  readonly witnesses: readonly WitnessKey[];
  readonly json: boolean;
}

/** Where output goes: standard output, one call a text. */
export type Print = (text: string) => void;

/**
 * Runs `countersign verify`.
 * @returns exit code 0 or 1
 * @throws {UsageError} for exit code 2
 */
export async function runVerify(args: readonly string[], print: Print): Promise<number> {
  const asked = await readArguments(args);
  try {
    const opened = await openSource(asked.target, asked.branch);
    const pool = openCheckPool(opened.place);
    const progress = openProgressBar(process.stderr);
    try {
      const { key, since, witnesses } = asked;
      const onProgress = (done: number, total: number): void => progress.show(done, total);
      const options = { checkpointKey: key, since, witnesses, pool, onProgress, sha256, sha512, verify: verifyOnPool };
      const result = await verifyLog(opened.source, options);
      progress.clear();
      print(
        asked.json
          ? `${JSON.stringify({ read: opened.description, ...result }, null, 2)}\n`
          : reportResult(result, opened.description, key === undefined ? undefined : formatVerifierKey(key)),
      );
      return result.ok ? 0 : 1;
    } finally {
      progress.clear();
      await pool.close();
      await opened.close();
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const problem = { code: 'unreadable', path: asked.target, message: error.message };
    print(
      asked.json
        ? `${JSON.stringify({ ok: false, problem }, null, 2)}\n`
        : `DOES NOT VERIFY: ${printable(error.message)}\n`,
    );
    return 1;
  }
}

async function readArguments(args: readonly string[]): Promise<VerifyArguments> {
  const { values, positionals } = orUsage(() => parseVerifyArgs(args));
  const [target, ...more] = positionals;
  if (target === undefined || target === '' || more.length > 0) throw new UsageError('name one folder, clone or URL');
  return {
    target,
    branch: readBranch(values.branch),
    key: values.key === undefined ? undefined : await readKey('--key', values.key),
    since: values.since === undefined ? undefined : await readFileOf('--since', values.since),
    witnesses: await readWitnesses('--require-witness', values['require-witness'] ?? []),
    json: values.json ?? false,
  };
}

function parseVerifyArgs(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      branch: { type: 'string' },
      key: { type: 'string' },
      since: { type: 'string' },
      'require-witness': { type: 'string', multiple: true },
      json: { type: 'boolean' },
    },
  });
}
