import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runClose } from '../../action/close.ts';
import { runDecide } from '../../action/decide.ts';
import { runGate } from '../../action/gate.ts';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { generateSigningKeys, loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { formatVerifierKey, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { JobSpec, Sandbox } from '../../sandbox/sandbox.ts';
import { runModeHere } from './action-context.ts';
import type { ModeGiven, ModeSaid } from './action-context.ts';
import { askedBy } from './held-deployment.ts';
import { runAction } from './runner/run-action.ts';
import type { ActionOptions, ActionRun } from './runner/run-action.ts';
import { AGENT } from './stage.ts';

/** A private repository of a company without Enterprise and without the App: nobody answers GitHub's gate there. */
export interface StandaloneStage {
  readonly sandbox: Sandbox;
  readonly repo: string;
  readonly repositoryId: number;
  /** What `countersign keygen` wrote. */
  readonly signingKeys: string;
  /** The log's verifier key, as the policy trusts it. */
  readonly key: string;
  readonly workspace: string;
  /** The agent commits to main, asked by carol, and carol starts the deployment of it. */
  run(): Promise<StandaloneRun>;
  decide(run: StandaloneRun, given?: Partial<ModeGiven>): Promise<ModeSaid>;
  /** The mode by the committed bundle, as a runner starts it in that job. */
  step(mode: 'decide' | 'gate' | 'close', run: StandaloneRun, given?: Partial<ActionOptions>): Promise<ActionRun>;
  gate(run: StandaloneRun, given?: Partial<ModeGiven>): Promise<ModeSaid>;
  closeRun(run: StandaloneRun, result: string, given?: Partial<ModeGiven>): Promise<ModeSaid>;
  /** The pull request that says what is to be deployed: from main, whose head is deployed. */
  askForReview(run: StandaloneRun): Promise<number>;
  close(): Promise<void>;
}

export interface StandaloneRun {
  readonly runId: number;
  readonly sha: string;
}

export const DECIDE = { actions: 'read', contents: 'write', issues: 'read', 'pull-requests': 'read' } as const;

/** Each runs until the test ends it, so that a test can look into it. */
const JOBS: readonly JobSpec[] = [
  { name: 'decide', environment: 'countersign', manual: true },
  { name: 'deploy', environment: 'production', needs: ['decide'], manual: true },
  { name: 'close', environment: 'countersign', needs: ['deploy'], manual: true, condition: () => true },
];

export async function openStandaloneStage({ isPrivate = true } = {}): Promise<StandaloneStage> {
  const sandbox = await startSandbox();
  const repo = 'acme/shop';
  for (const login of ['alice', 'carol', 'dave']) sandbox.user(login);
  sandbox.user(AGENT, { type: 'Bot', id: 198_982_749 });
  sandbox.org('acme', { owners: ['alice'] });
  const made = sandbox.repo(repo, { private: isPrivate, by: 'alice', files: { 'infra/main.tf': '# nothing yet\n' } });
  for (const login of ['alice', 'carol', 'dave']) sandbox.collaborator(repo, login, 'maintain');
  sandbox.environment(repo, 'countersign', { branches: ['main'] });
  sandbox.environment(repo, 'production', {});

  const signingKeys = generateSigningKeys();
  const keys = loadSigningKeys(signingKeys);
  if (!keys.ok) throw new TypeError(keys.issue);
  const host = new URL(sandbox.url).host;
  const key = formatVerifierKey(toVerifierKey(`${host}/1/${made.id}/1`, keys.value.checkpoint.publicKey, sha256));
  const policy = `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  maintainers: { min-permission: maintain }
rules:
  - id: someone-else
    when: { agent: true }
    require: [{ from: maintainers, count: 1 }]
baselines: { production: ${made.sha} }
trust:
  keys: ['${key}']
`;
  const files = { '.github/countersign.yml': policy };
  await sandbox.as('alice').commit(repo, 'main', { files, message: 'Add the policy' });
  await sandbox
    .as('alice')
    .commit(repo, 'production', { files: { 'DEPLOYED.md': '' }, message: 'What runs', from: made.sha });
  const workspace = mkdtempSync(join(tmpdir(), 'standalone-workspace-'));
  let changes = 0;

  const here = <T extends Pick<Partial<ModeGiven>, 'inputs'>>(
    mode: string,
    job: string,
    given: T,
    run: StandaloneRun,
  ) => ({
    runId: run.runId,
    job,
    workspace,
    permissions: mode === 'gate' ? ({ contents: 'read' } as const) : DECIDE,
    ...given,
    inputs: {
      mode,
      ...(mode === 'gate' ? {} : { 'signing-key': signingKeys, 'signing-environment': 'countersign' }),
      ...(mode === 'decide' ? { proposal: 'none' } : {}),
      ...given.inputs,
    },
  });

  return {
    sandbox,
    repo,
    repositoryId: made.id,
    signingKeys,
    key,
    workspace,
    run: async () => {
      changes += 1;
      const change = { 'infra/main.tf': `# by the agent, ${changes}\n` };
      const message = askedBy({ sandbox }, 'carol');
      const { sha } = await sandbox.as(AGENT).commit(repo, 'main', { files: change, message });
      const run = await sandbox.as('carol').dispatch(repo, { name: 'Deploy', jobs: JOBS }, { ref: 'main' });
      return { runId: run.id, sha };
    },
    decide: (run, given = {}) => runModeHere({ sandbox }, runDecide, here('decide', 'decide', given, run)),
    step: (mode, run, given = {}) => {
      const job = mode === 'gate' ? 'deploy' : mode;
      const asked = here(mode, job, given, run);
      const waiting = mode === 'gate' ? { 'wait-seconds': '0' } : {};
      return runAction({ sandbox, repo, ...asked, inputs: { environment: 'production', ...waiting, ...asked.inputs } });
    },
    gate: (run, given = {}) => runModeHere({ sandbox }, runGate, here('gate', 'deploy', given, run)),
    closeRun: (run, result, given = {}) => {
      const inputs = { 'job-result': result, ...given.inputs };
      return runModeHere({ sandbox }, runClose, here('close', 'close', { ...given, inputs }, run));
    },
    askForReview: async ({ sha }) => {
      await sandbox.as('carol').updateRef(repo, `deploy-${sha.slice(0, 8)}`, sha);
      const head = `deploy-${sha.slice(0, 8)}`;
      const pull = await sandbox.as('carol').openPullRequest(repo, { head, base: 'production', title: 'Deploy it' });
      return pull.number;
    },
    close: async () => {
      rmSync(workspace, { recursive: true, force: true });
      await sandbox.close();
      if (sandbox.violations.length > 0) throw new Error(sandbox.violations.join('\n'));
    },
  };
}
