import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CliAnswer } from './run-cli.ts';

const CLI = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');

/** Runs `countersign who` as a person does, while the GitHub that it asks answers in this very process. */
export async function runWho(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  program: string = CLI,
): Promise<CliAnswer> {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = spawn(process.execPath, [program, 'who', ...args], { env: { PATH, NODE_COMPILE_CACHE, ...env } });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [status, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { status, output, errors };
}
