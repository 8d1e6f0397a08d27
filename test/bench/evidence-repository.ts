import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { formatVerifierKey } from '../../core/evidence/signed-note.ts';
import type { LogBuilder } from '../support/evidence-log.ts';

const run = promisify(execFile);
const BRANCH = 'countersign-evidence';
const CLI = join(import.meta.dirname, 'verify-peak.ts');

const reportSchema = z.strictObject({ code: z.int(), seconds: z.number(), peakMegabytes: z.number() });

/** What the CLI took, from its first line to its verdict; the start of Node is not in it. */
type CliRun = z.output<typeof reportSchema>;

/** Puts the log into a bare repository and verifies it as an auditor does, in a process of its own. */
export async function verifyByCli(log: LogBuilder): Promise<CliRun> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  try {
    const repository = join(folder, 'evidence.git');
    await run('git', ['init', '-q', '--bare', repository]);
    await importFiles(repository, log.files);
    const args = [CLI, repository, '--branch', BRANCH, '--key', formatVerifierKey(log.pin)];
    const { stdout } = await run(process.execPath, args);
    const report = reportSchema.parse(JSON.parse(stdout));
    if (report.code !== 0) throw new Error('the log of the bench does not verify by the CLI');
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One commit of all files; their history is not what is verified. */
async function importFiles(repository: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const head = `commit refs/heads/${BRANCH}\ncommitter bench <bench@example> 0 +0000\ndata 0\n\n`;
  const parts = [...files].flatMap(([path, bytes]) => [
    Buffer.from(`M 100644 inline ${path}\ndata ${bytes.length}\n`),
    bytes,
    Buffer.from('\n'),
  ]);
  const git = spawn('git', ['--git-dir', repository, 'fast-import', '--quiet'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(git, 'exit');
  git.stdin.end(Buffer.concat([Buffer.from(head), ...parts]));
  const [code] = await ended;
  if (code !== 0) throw new Error(`git fast-import ended with ${String(code)}`);
}
