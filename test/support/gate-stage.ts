import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActionFailure } from '../../action/failure.ts';
import { runGate } from '../../action/gate.ts';
import { readInputs } from '../../action/inputs.ts';
import { readRunnerContext } from '../../action/runner-context.ts';
import type { ActionContext, Verdict } from '../../action/verdict.ts';
import { askedBy } from './held-deployment.ts';
import { checkEvidence } from './check-evidence.ts';
import { AGENT, oneSeatPolicy, openStage, PRODUCTION_CHECK } from './stage.ts';
import type { Stage, StageOptions } from './stage.ts';

/** A stage whose policy says whom the Action may trust, and the gate as a job of it runs it, in this process. */
export interface GateStage {
  readonly stage: Stage;
  /** The log's verifier key, as `trust.keys` of the policy names it. */
  readonly key: string;
  /** An empty folder that is a job's workspace. */
  readonly workspace: string;
  /** Changes what the policy says under `trust`; null: nothing. */
  trust(lines: string | null): Promise<void>;
  /** The agent's commit waits at the gate of production; `ref`: a tag of it, which is made, `message`: an annotated one. */
  held(options?: { readonly environment?: string; readonly ref?: string; readonly message?: string }): Promise<GateRun>;
  /** The same, countersigned by dave: its job has begun. */
  released(options?: {
    readonly environment?: string;
    readonly ref?: string;
    readonly message?: string;
  }): Promise<GateRun>;
  /** What the gate says in that job. */
  gate(run: GateRun, given?: GateGiven): Promise<GateSaid>;
  close(): Promise<void>;
}

export interface GateRun {
  readonly runId: number;
  readonly sha: string;
}

export interface GateGiven {
  readonly inputs?: Readonly<Record<string, string>>;
  /** Wins over what the runner sets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly event?: object;
  readonly permissions?: Readonly<Record<string, 'read' | 'write'>>;
  readonly workspace?: string;
  readonly job?: string;
  /** Added to the clock of the stage. */
  readonly laterMs?: number;
}

export interface GateSaid extends Verdict {
  readonly passed: boolean;
  /** Of the reason that decides. */
  readonly code: string | undefined;
  readonly kept: Readonly<Record<string, string>>;
}

/** As it waits for a person to let it go, so that a test can look into it while it runs. */
export const DEPLOY = { name: 'deploy', environment: 'production', manual: true } as const;

export async function openGateStage(options: StageOptions = {}): Promise<GateStage> {
  const stage = await openStage(options);
  const { sandbox, repo } = stage;
  const workspace = mkdtempSync(join(tmpdir(), 'gate-workspace-'));
  const policy = sandbox.file(repo, 'main', '.github/countersign.yml') ?? oneSeatPolicy('');
  const trust = async (lines: string | null): Promise<void> => {
    const text = lines === null ? policy : `${policy}trust:\n${lines}\n`;
    const files = { '.github/countersign.yml': text };
    await sandbox.as('alice').commit(repo, 'main', { files, message: 'Say whom to trust' });
    await stage.settle();
  };

  let changes = 0;
  const held: GateStage['held'] = async ({ environment = 'production', ref, message } = {}) => {
    changes += 1;
    const files = { 'infra/main.tf': `# by the agent, ${changes}\n` };
    const { sha } = await sandbox.as(AGENT).commit(repo, 'main', { files, message: askedBy(stage, 'carol') });
    if (ref !== undefined)
      await sandbox.as('alice').tag(repo, ref, { to: sha, ...(message === undefined ? {} : { message }) });
    const jobs = [{ ...DEPLOY, environment }];
    return {
      runId: await stage.deploy('carol', { jobs, ...(ref === undefined ? {} : { ref: `refs/tags/${ref}` }) }),
      sha,
    };
  };
  const released: GateStage['released'] = async (given = {}) => {
    const run = await held(given);
    const check = PRODUCTION_CHECK.replace('production', given.environment ?? 'production');
    await stage.press('dave', run.sha, check, 'Approve');
    return run;
  };

  // The log, and with it its key, is made with the first record.
  const first = await released();
  await sandbox.finishJob(first.runId, 'deploy', 'success');
  await stage.settle();
  const key = checkEvidence(sandbox, repo).file('keys/checkpoint.vkey').trim();
  await trust(`  keys: ['${key}']`);

  return {
    stage,
    key,
    workspace,
    trust,
    held,
    released,
    gate: async ({ runId }, given = {}) => {
      const folder = mkdtempSync(join(tmpdir(), 'gate-runner-'));
      try {
        return await gateHere(stage, runId, { workspace, ...given }, folder);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    close: async () => {
      rmSync(workspace, { recursive: true, force: true });
      await stage.close();
    },
  };
}

async function gateHere(
  { sandbox }: Stage,
  runId: number,
  given: GateGiven & { readonly workspace: string },
  folder: string,
): Promise<GateSaid> {
  const { job = 'deploy', permissions = { contents: 'read' } } = given;
  const { env: own, event } = sandbox.jobVariables(runId, job);
  const eventPath = join(folder, 'event.json');
  writeFileSync(eventPath, JSON.stringify(given.event ?? event));
  const inputs = {
    environment: 'production',
    'wait-seconds': '0',
    token: sandbox.jobToken(runId, job, permissions),
    'working-directory': '.',
    ...given.inputs,
  };
  const env = {
    ...own,
    PATH: process.env['PATH'],
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_WORKSPACE: given.workspace,
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    ...given.env,
  };
  const kept: Record<string, string> = {};
  try {
    const context: ActionContext = {
      runner: readRunnerContext(env),
      inputs: readInputs(env),
      env,
      clock: { now: () => sandbox.clock.now() + (given.laterMs ?? 0) },
      print: () => {},
      warn: () => {},
      mask: () => {},
      keep: (name, value) => {
        kept[name] = value;
      },
      kept: () => '',
    };
    const verdict = await runGate(context);
    return { ...verdict, passed: true, code: verdict.because[0]?.code, kept };
  } catch (error) {
    if (!(error instanceof ActionFailure)) throw error;
    return { ...error.verdict, passed: false, code: error.because.code, kept };
  }
}
