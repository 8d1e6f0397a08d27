import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');

export interface CliAnswer {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs `countersign` with these arguments in a folder, as a person does.
 * @param flags for node itself
 */
export function runCli(cwd: string, args: readonly string[], flags: readonly string[] = []): CliAnswer {
  const result = spawnSync(process.execPath, [...flags, CLI, ...args], { cwd, encoding: 'utf8' });
  return { status: result.status, output: result.stdout, errors: result.stderr };
}
