import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActionFailure } from '../../action/failure.ts';
import { readInputs } from '../../action/inputs.ts';
import { readRunnerContext } from '../../action/runner-context.ts';
import type { ActionContext, RunMode, Verdict } from '../../action/verdict.ts';
import type { Because } from '../../core/gate/decision.ts';
import type { Stage } from './stage.ts';

export interface ModeGiven {
  readonly runId: number;
  readonly job: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly workspace: string;
  readonly permissions?: Readonly<Record<string, 'read' | 'write'>>;
  readonly event?: object;
  /** Wins over what the runner sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told whenever the mode keeps something for its post step. */
  readonly onKeep?: (name: string) => void;
  readonly onWarn?: (why: Because) => void;
}

export interface ModeSaid extends Verdict {
  readonly passed: boolean;
  /** Of the reason that decides. */
  readonly code: string | undefined;
}

/** One mode in a job of the sandbox, in this process: for the many cases that need no process of their own. */
export async function runModeHere(
  { sandbox }: Pick<Stage, 'sandbox'>,
  run: RunMode,
  given: ModeGiven,
): Promise<ModeSaid> {
  const { runId, job, permissions = { contents: 'read' }, inputs, onKeep = () => {}, onWarn = () => {} } = given;
  const folder = mkdtempSync(join(tmpdir(), 'action-runner-'));
  const { env: own, event } = sandbox.jobVariables(runId, job);
  const eventPath = join(folder, 'event.json');
  writeFileSync(eventPath, JSON.stringify(given.event ?? event));
  const all = {
    environment: 'production',
    'working-directory': '.',
    token: sandbox.jobToken(runId, job, permissions),
    ...(/^(?:propose|decide|close)$/.test(inputs['mode'] ?? '') ? {} : { 'wait-seconds': '0' }),
    ...inputs,
  };
  const env = {
    ...own,
    PATH: process.env['PATH'],
    RUNNER_TEMP: folder,
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_WORKSPACE: given.workspace,
    ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    ...given.env,
  };
  try {
    const context: ActionContext = {
      runner: readRunnerContext(env),
      inputs: readInputs(env),
      env,
      clock: sandbox.clock,
      print: () => {},
      warn: onWarn,
      mask: () => {},
      keep: onKeep,
      kept: () => '',
    };
    const verdict = await run(context);
    return { ...verdict, passed: true, code: verdict.because[0]?.code };
  } catch (error) {
    if (!(error instanceof ActionFailure)) throw error;
    return { ...error.verdict, passed: false, code: error.because.code };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
