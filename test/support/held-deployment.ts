import type { JobState, WorkflowSpec } from '../../sandbox/sandbox.ts';
import { AGENT } from './stage.ts';
import type { Stage } from './stage.ts';

export interface HeldDeployment {
  readonly runId: number;
  /** What is deployed: the agent's commit on the default branch. */
  readonly sha: string;
}

/** The agent has pushed to the default branch for carol, who has started a run that waits; dave, bob and alice had no part. */
export async function heldDeployment(stage: Stage, jobs?: WorkflowSpec['jobs']): Promise<HeldDeployment> {
  const { sha } = await stage.sandbox.as(AGENT).commit(stage.repo, 'main', {
    files: { 'infra/main.tf': '# by the agent\n' },
    message: askedBy(stage, 'carol'),
  });
  return { runId: await stage.deploy('carol', jobs === undefined ? {} : { jobs }), sha };
}

/** Message of an agent's commit that names who asked for it, as agents write it. */
export function askedBy(stage: Pick<Stage, 'sandbox'>, login: string, subject = 'Change the infrastructure'): string {
  const { email } = stage.sandbox.user(login);
  return `${subject}\n\nCo-authored-by: ${login} <${email}>\n`;
}

export function jobOf(stage: Stage, runId: number, name = 'deploy', attempt = 1): JobState | undefined {
  return stage.sandbox.runState(runId).jobs.find((job) => job.name === name && job.attempt === attempt);
}

/** The code that people type for the request that the check shows. */
export function codeOn(stage: Stage, sha: string, checkName?: string): string {
  const [action] = stage.check(sha, checkName)?.actions ?? [];
  const code = action?.identifier.split(':')[1];
  if (code === undefined) throw new Error('the check shows no request');
  return code;
}

export function kindsOf(stage: Stage): readonly string[] {
  return stage.records().map((record) => record.kind);
}
