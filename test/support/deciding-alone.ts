import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomIds } from '../../adapters/clock.ts';
import { openStore } from '../../adapters/store/open-store.ts';
import { connect } from '../../app/connect.ts';
import { systemFiles } from '../../app/env-files.ts';
import { readEnv } from '../../app/env.ts';
import { systemTimer } from '../../app/timer.ts';
import type { Proposal } from '../../core/proposal.ts';
import { closeRun } from '../../flow/close-run.ts';
import type { JobResult, RunClosed } from '../../flow/close-run.ts';
import { decideRun } from '../../flow/decide-run.ts';
import type { RunDecision } from '../../flow/decide-run.ts';
import { explain } from '../../core/gate/reasons.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { JobSpec, Sandbox } from '../../sandbox/sandbox.ts';
import { readManifest } from '../../demo/manifest.ts';
import { askedBy } from './held-deployment.ts';
import { AGENT, oneSeatPolicy } from './stage.ts';
import { planOf } from './telling-the-app.ts';

/**
 * What a deciding job decides, without its runner: the same judgement on the sandbox, with the App's store and log in place of
 * git's, because a job that clones costs as much as a hundred looks. That the bundle does the same stands in test/e2e.
 */
export interface DecidingAlone {
  readonly sandbox: Sandbox;
  readonly repo: string;
  /** The agent commits to main, asked by carol, who starts a run of it; `jobs` where it has others. */
  run(jobs?: readonly JobSpec[]): Promise<AloneRun>;
  /** Another run of what is on main. */
  runAgain(jobs?: readonly JobSpec[]): Promise<AloneRun>;
  /** @param plan one letter, which stands for a plan; null: nothing is proposed */
  decide(run: AloneRun, plan: string | null, prompts?: readonly string[]): Promise<AloneSaid>;
  closeRun(run: AloneRun, result: JobResult): Promise<RunClosed>;
  /** Ends `decide` and `deploy` well, writes it down, and ends the run. */
  succeed(run: AloneRun): Promise<void>;
  /** Fails what is left of the attempt and starts the next; by carol. */
  rerun(run: AloneRun): Promise<void>;
  /** The pull request of carol whose head is deployed; its number. */
  askForReview(run: AloneRun, base?: string): Promise<number>;
  approve(by: string, pull: number, body: string): Promise<void>;
  close(): Promise<void>;
}

export interface AloneRun {
  readonly runId: number;
  readonly sha: string;
}

export interface AloneSaid {
  readonly kind: RunDecision['kind'];
  /** What people type as the first line of a review. */
  readonly line: string;
  /** The reasons of the decision and of every answer, in sentences. */
  readonly told: string;
}

export const JOBS: readonly JobSpec[] = [
  { name: 'decide', manual: true },
  { name: 'deploy', needs: ['decide'], manual: true },
  { name: 'close', needs: ['deploy'], manual: true, condition: () => true },
];

export async function openDecidingAlone(policy = oneSeatPolicy): Promise<DecidingAlone> {
  const sandbox = await startSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'deciding-alone-'));
  const repo = 'acme/shop';
  for (const login of ['alice', 'carol', 'dave']) sandbox.user(login);
  sandbox.user(AGENT, { type: 'Bot', id: 198_982_749 });
  sandbox.org('acme', { owners: ['alice'] });
  const made = sandbox.repo(repo, { by: 'alice', files: { 'infra/main.tf': '# nothing yet\n' } });
  for (const login of ['alice', 'carol', 'dave']) sandbox.collaborator(repo, login, 'maintain');
  const files = { '.github/countersign.yml': policy(made.sha) };
  await sandbox.as('alice').commit(repo, 'main', { files, message: 'Add the policy' });
  await sandbox.as('alice').updateRef(repo, 'production', made.sha);
  const registered = sandbox.app({
    slug: 'countersign',
    webhookSecret: 'long enough for a webhook',
    ...readManifest(),
  });
  sandbox.install('countersign', 'acme', [repo]);
  const read = readEnv(
    {
      APP_ID: String(registered.appId),
      PRIVATE_KEY: registered.privateKeyPem,
      WEBHOOK_SECRET: 'long enough for a webhook',
      GHE_HOST: new URL(sandbox.url).host,
      GHE_PROTOCOL: 'http',
      COUNTERSIGN_DATA_DIR: folder,
    },
    systemFiles,
  );
  if (!read.ok) throw new TypeError(read.line);
  const store = openStore(':memory:');
  const { clock } = sandbox;
  const config = read.value;
  const timer = systemTimer;
  const outside = connect({ config, store, queue: store.queue, clock, ids: randomIds, timer, random: Math.random });
  const ports = await outside.ports();
  const [ref] = await outside.installations.repositories();
  if (ref === undefined) throw new TypeError('the App is not installed');

  let changes = 0;
  const runAgain = async (jobs = JOBS): Promise<AloneRun> => {
    const { id } = await sandbox.as('carol').dispatch(repo, { name: 'Deploy', jobs }, { ref: 'main' });
    return { runId: id, sha: sandbox.branchHead(repo, 'main') ?? '' };
  };
  const closeIt: DecidingAlone['closeRun'] = async ({ runId }, result) =>
    closeRun(ports, ref, await ports.forge.run(ref, runId), { environment: 'production', result, job: 'deploy' });

  return {
    sandbox,
    repo,
    runAgain,
    run: async (jobs) => {
      changes += 1;
      const change = { 'infra/main.tf': `# by the agent, ${changes}\n` };
      await sandbox.as(AGENT).commit(repo, 'main', { files: change, message: askedBy({ sandbox }, 'carol') });
      return runAgain(jobs);
    },
    decide: async ({ runId }, plan, prompts = []) => {
      const run = await ports.forge.run(ref, runId);
      const repository = await ports.forge.repository(ref);
      const proposals: readonly Proposal[] = plan === null ? [] : [planOf(plan)];
      const asked = { runId, attempt: run.attempt, environmentName: 'production', proposals, prompts };
      const said = await decideRun({ ports, ref, repository, run, ...asked });
      if (!('evaluation' in said)) return { kind: said.kind, line: '', told: '' };
      const { decision, code } = said.evaluation;
      const told = [...decision.because, ...decision.reviews.map(({ because }) => because)].map(explain).join('\n');
      return { kind: said.kind, line: `/countersign approve ${code}`, told };
    },
    closeRun: closeIt,
    succeed: async (run) => {
      await sandbox.finishJob(run.runId, 'decide', 'success');
      await sandbox.finishJob(run.runId, 'deploy', 'success');
      await closeIt(run, 'success');
      await sandbox.finishJob(run.runId, 'close', 'success');
    },
    rerun: async ({ runId }) => {
      // One that fails lets the next one begin.
      const running = () => sandbox.runState(runId).jobs.find(({ status }) => status === 'in_progress');
      for (let job = running(); job !== undefined; job = running()) await sandbox.finishJob(runId, job.name, 'failure');
      await sandbox.as('carol').rerun(runId);
    },
    askForReview: async ({ sha }, base = 'production') => {
      const head = `deploy-${sha.slice(0, 8)}-${base}`;
      await sandbox.as('carol').updateRef(repo, head, sha);
      return (await sandbox.as('carol').openPullRequest(repo, { head, base, title: 'Deploy it' })).number;
    },
    approve: async (by, pull, body) => {
      await sandbox.as(by).review(repo, pull, { state: 'APPROVED', body });
    },
    close: async () => {
      await store.close();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
