import { systemFiles } from './env-files.ts';
import { readEnv } from './env.ts';
import { startApp } from './start.ts';
import type { RunningApp } from './start.ts';

/** The process: start or say in one line why not; stop on a signal without losing anything. */

const LISTEN_ERRORS: readonly string[] = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN'];

/** The last log lines get a moment to be written; a connection of ours that is still open must not keep the process. */
const EXIT_AFTER_MS = 500;

async function main(): Promise<void> {
  const reading = readEnv(process.env, systemFiles);
  if (!reading.ok) return refuse(reading.line);
  try {
    stopOnSignal(await startApp(reading.value));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const { host, port } = reading.value.listen;
    if (LISTEN_ERRORS.includes(code)) {
      return refuse(
        `Countersign cannot start: HOST and PORT name ${host} port ${port}, which cannot be used (${code}).`,
      );
    }
    const cause = error instanceof Error ? error.message.split('\n', 1)[0] : code;
    refuse(`Countersign cannot start: COUNTERSIGN_DATA_DIR holds a database that cannot be opened (${cause}).`);
  }
}

function refuse(line: string): void {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}

/** A second signal kills at once: whatever was stored before an answer is still there. */
function stopOnSignal(app: RunningApp): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      app
        .close()
        .then(() => setTimeout(() => process.exit(0), EXIT_AFTER_MS).unref())
        .catch(() => process.exit(1));
    });
  }
}

await main();
