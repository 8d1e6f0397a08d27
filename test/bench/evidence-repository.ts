import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import type { LogBuilder } from '../support/evidence-log.ts';

const run = promisify(execFile);
const BRANCH = 'countersign-evidence';
const ENTRY = join(import.meta.dirname, '../../cli/main.ts');

/**
 * Has the CLI say, when it ends, how many kilobytes it had at most. From the kernel's high-water mark where there is one:
 * `maxRSS` of a new process begins with what the process had that started it, here all records of the bench.
 */
const REPORT_PEAK = `data:text/javascript,${encodeURIComponent(`
  import { isMainThread } from 'node:worker_threads';
  import { existsSync, readFileSync } from 'node:fs';
  const status = '/proc/self/status';
  const mark = () => existsSync(status) && /VmHWM:\\s*(\\d+)/.exec(readFileSync(status, 'utf8'))?.[1];
  if (isMainThread) process.on('exit', () => process.stderr.write('peak ' + (mark() || process.resourceUsage().maxRSS)));
`)}`;

/** What the CLI took, from the start of Node to its end, as a person waits for it. */
export interface CliRun {
  readonly seconds: number;
  readonly peakMegabytes: number;
}

/** A log in a bare repository, and the CLI as it is released: one file. */
export interface EvidenceRepository {
  /** Verifies as an auditor does. @param since an older checkpoint */
  verify(since?: Uint8Array): Promise<CliRun>;
  /** Puts the log as it is now in place of what was there. */
  update(): Promise<void>;
  close(): void;
}

export async function openEvidenceRepository(log: LogBuilder): Promise<EvidenceRepository> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const repository = join(folder, 'evidence.git');
  const program = join(folder, 'countersign.mjs');
  const sinceFile = join(folder, 'checkpoint');
  const bundle = await rolldown({ input: ENTRY, platform: 'node', external: [/^node:/, './who/who.ts'] });
  await bundle.write({ file: program, format: 'esm', minify: true });
  await bundle.close();
  await run('git', ['init', '-q', '--bare', repository]);
  await importFiles(repository, log.files);
  return {
    verify: async (since) => {
      if (since !== undefined) writeFileSync(sinceFile, since);
      const args = ['--import', REPORT_PEAK, program, 'verify', repository, '--branch', BRANCH];
      const pinned = ['--key', formatVerifierKey(log.pin), ...(since === undefined ? [] : ['--since', sinceFile])];
      const begin = performance.now();
      const { stdout, stderr } = await run(process.execPath, [...args, ...pinned]);
      const seconds = (performance.now() - begin) / 1000;
      const peak = /peak (\d+)$/.exec(stderr)?.[1];
      const isOf = stdout.startsWith(`verified: ${log.records.length} records`);
      if (!isOf || peak === undefined) throw new Error(`the log of the bench does not verify by the CLI: ${stdout}`);
      return { seconds, peakMegabytes: Number(peak) / 1024 };
    },
    update: () => importFiles(repository, log.files),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** One commit of all files; their history is not what is verified. */
async function importFiles(repository: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const head = `commit refs/heads/${BRANCH}\ncommitter bench <bench@example> 0 +0000\ndata 0\n\ndeleteall\n`;
  const parts = [...files].flatMap(([path, bytes]) => [
    Buffer.from(`M 100644 inline ${path}\ndata ${bytes.length}\n`),
    bytes,
    Buffer.from('\n'),
  ]);
  const git = spawn('git', ['--git-dir', repository, 'fast-import', '--quiet', '--force'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(git, 'exit');
  git.stdin.end(Buffer.concat([Buffer.from(head), ...parts]));
  const [code] = await ended;
  if (code !== 0) throw new Error(`git fast-import ended with ${String(code)}`);
}
