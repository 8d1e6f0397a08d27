import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { because } from '../core/gate/reasons.ts';
import { canonicalJson } from '../core/gate/request-digest.ts';
import type { ProposedSubject } from '../core/proposal.ts';
import { checkCheckout } from './check-source.ts';
import { parseCommandLine } from './command.ts';
import { ActionFailure } from './failure.ts';
import { openGate } from './gate.ts';
import { withoutActionSecrets } from './show-plan.ts';
import { codeOf, digestSubjects, findDirectory } from './subjects.ts';
import type { ActionContext, Verdict } from './verdict.ts';

/** What a runner sends to the step when a run is cancelled, and what people press. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[];

/**
 * The gate, and then exactly the approved command: its words, in the approved directory, read by no shell.
 *
 * @throws {ActionFailure} whatever the gate says; `subject-changed` and `checkout-*` when a file is another one than the gate saw;
 *   `command-failed` with the exit code of the command
 */
export async function runCommand(context: ActionContext): Promise<Verdict> {
  const { inputs, runner, env } = context;
  const argv = parseCommandLine(inputs.command);
  if (argv === null) throw new ActionFailure(because('command-missing', {}));
  const { verdict, subjects } = await openGate(context);
  const { path: directory } = await findDirectory(inputs['working-directory'], runner.workspace);
  // The gate may have waited for minutes, and what a script of the checkout does is bound by its commit alone.
  const [now] = await Promise.all([digestSubjects(inputs, runner), checkCheckout(context)]);
  const unchanged = firstChange(subjects, now);
  if (unchanged !== null) throw new ActionFailure(because('subject-changed', { what: unchanged }));
  const exitCode = await runArgv(argv, directory, withoutActionSecrets(env));
  if (exitCode === 0) return { ...verdict, because: [...verdict.because, because('command-succeeded', {})] };
  throw new ActionFailure(because('command-failed', { code: `exit code ${exitCode}` }), { ...verdict, exitCode });
}

/** What differs between what the gate saw and what is there now, in a few words; null: nothing. */
function firstChange(seen: readonly ProposedSubject[], now: readonly ProposedSubject[]): string | null {
  const before = new Set(seen.map((subject) => canonicalJson(subject)));
  const changed = now.find((subject) => !before.has(canonicalJson(subject)));
  if (changed !== undefined) return changed.kind === 'command' ? 'The command' : `\`${changed.name}\``;
  return seen.length === now.length ? null : 'The list of files';
}

/**
 * Starts a program and waits for its end; its output streams into the log, signals are handed on.
 *
 * @param argv program and arguments, each as it is
 * @returns its exit code; 128 and the number of the signal that ended it
 * @throws {ActionFailure} `command-not-found`
 */
export async function runArgv(
  [program, ...args]: readonly [string, ...string[]],
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const child = spawn(program, args, { cwd: directory, env, stdio: ['ignore', 'inherit', 'inherit'], shell: false });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (error) => {
        const what = codeOf(error) === 'ENOENT' ? program : `${program} (${codeOf(error)})`;
        reject(new ActionFailure(because('command-not-found', { program: what })));
      });
      child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    for (const signal of FORWARDED) process.removeListener(signal, forward);
  }
}
