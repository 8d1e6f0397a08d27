#!/usr/bin/env node
import { isCheckWorker } from './check-worker.ts';
import { checkUsage, runCheck } from './check.ts';
import { exportUsage, runExport } from './export.ts';
import { keygenUsage, runKeygen } from './keygen.ts';
import { proveUsage, runProve } from './prove.ts';
import { isUsageError, UsageError } from './usage-error.ts';
import { runVerify, verifyUsage } from './verify.ts';
import type { Print } from './verify.ts';
import { whoUsage } from './who-usage.ts';

interface Command {
  readonly usage: string;
  readonly run: (args: readonly string[], print: Print) => Promise<number> | number;
}

const commands: ReadonlyMap<string, Command> = new Map([
  ['verify', { usage: verifyUsage, run: runVerify }],
  ['prove', { usage: proveUsage, run: runProve }],
  ['check', { usage: checkUsage, run: runCheck }],
  ['export', { usage: exportUsage, run: runExport }],
  ['keygen', { usage: keygenUsage, run: runKeygen }],
  ['who', { usage: whoUsage, run: runWho }],
]);

const usage = [...commands.values()].map((command) => command.usage).join('\n');

/** Loaded only when it is asked for: nothing else here talks to GitHub or needs a package. */
async function runWho(args: readonly string[], print: Print): Promise<number> {
  try {
    const command = await import('./who/who.ts');
    return await command.runWho(args, print);
  } catch (error) {
    const isAlone = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    throw isAlone ? new UsageError('who needs the file who.js beside this one', { cause: error }) : error;
  }
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  const print: Print = (text) => process.stdout.write(text);
  const command = commands.get(name ?? '');
  // Alone: a script whose variable holds --help must not take an exit code of 0 for a log that verifies.
  const isHelp = name === '--help' || name === 'help' || (command !== undefined && args.join() === '--help');
  if (isHelp) {
    print(command?.usage ?? usage);
    return 0;
  }
  try {
    if (command === undefined) throw new UsageError(name === undefined ? 'name a command' : `no command ${name}`);
    return await command.run(args, print);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    process.stderr.write(`countersign: ${error.message}\n\n${command?.usage ?? usage}`);
    return 2;
  }
}

if (!isCheckWorker) process.exitCode = await main(process.argv.slice(2));
