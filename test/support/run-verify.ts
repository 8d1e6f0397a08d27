import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CLI = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');

/**
 * Runs `countersign verify` as an auditor does.
 * @param key the vkey to pin
 * @param since file with an older checkpoint
 * @throws {Error} with its output when it exits otherwise than with 0
 */
export async function runVerify(repository: string, branch: string, key?: string, since?: string): Promise<string> {
  const pinned = [...(key === undefined ? [] : ['--key', key]), ...(since === undefined ? [] : ['--since', since])];
  const { stdout } = await run(process.execPath, [CLI, 'verify', repository, '--branch', branch, ...pinned]);
  return stdout;
}
