import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { systemFiles } from '../../app/env-files.ts';
import { readEnv } from '../../app/env.ts';
import type { AppConfig } from '../../app/env.ts';
import { startApp } from '../../app/start.ts';
import type { RunningApp, StartOptions } from '../../app/start.ts';
import { readManifest } from '../../demo/manifest.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { CheckRun, Sandbox, SandboxOptions, WorkflowSpec } from '../../sandbox/sandbox.ts';
import { checkEvidence } from './check-evidence.ts';

/**
 * A company on the sandbox with Countersign running in this process: what e2e and attack tests act on. `settle` makes
 * everything that was started finish; nothing sleeps.
 */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly repo: string;
  readonly config: AppConfig;
  app(): RunningApp;
  /**
   * Ends the App as a power cut does and starts it again on the same data, after every lease of the dead one has ended.
   * `changed`: settings that the operator has changed meanwhile.
   */
  restart(options?: StartOptions, changed?: Partial<AppConfig>): Promise<void>;
  /** Every delivery answered and every job that is due done, until nothing moves. */
  settle(): Promise<void>;
  /** Lets time pass so that what is to be tried again is, until `done` (default: three times), and settles. */
  settleRetries(done?: () => boolean): Promise<void>;
  check(sha: string, name?: string): CheckRun | undefined;
  /** Predicates of the records on the evidence branch, in the order of the log. */
  records(): readonly EvidencePredicate[];
  /** The facts file that a record names. */
  facts(record: EvidencePredicate | undefined): Readonly<Record<string, unknown>>;
  /** Starts a run of one or more jobs and settles. */
  deploy(
    by: string,
    options?: {
      readonly jobs?: WorkflowSpec['jobs'];
      readonly ref?: string;
      readonly event?: 'push' | 'workflow_dispatch';
    },
  ): Promise<number>;
  /** Presses a button of a check and settles. */
  press(by: string, sha: string, checkName: string, label: 'Approve' | 'Reject'): Promise<void>;
  /** Ends everything; throws when the evidence does not verify or a release had no authorisation before it. */
  close(): Promise<void>;
}

export interface EvidencePredicate {
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface StageOptions {
  /** Content of `.github/countersign.yml`; null: none, the built-in policy applies. `appUrl`: where jobs reach the App. */
  readonly policy?: string | null | ((firstSha: string, appUrl: string) => string);
  readonly people?: readonly string[];
  readonly sandbox?: SandboxOptions;
  readonly start?: StartOptions;
  readonly environment?: { readonly reviewers?: readonly string[]; readonly waitTimerMinutes?: number };
  /** Repository of a person instead of an organisation. */
  readonly owner?: string;
}

export const AGENT = 'copilot-swe-agent[bot]';
export const PRODUCTION_CHECK = 'countersign deploy: production';

/** One seat for anyone with `maintain`; the first commit is the base of the first deployment. */
export function oneSeatPolicy(firstSha: string): string {
  return `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  maintainers: { min-permission: maintain }
rules:
  - id: someone-else
    why: What an agent wrote or started needs someone who did neither
    when: { agent: true }
    require: [{ from: maintainers, count: 1 }]
baselines: { production: ${firstSha} }
`;
}

/** Longer than a lease of the App. */
const LEASE_MS = 30_000;
/** Together longer than the first tries of a job, shorter than an authorisation. */
const RETRY_MS = 20_000;
const RETRY_ROUNDS = 3;

const SECRET = 'webhook secret of the stage, long enough';

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const sandbox = await startSandbox(options.sandbox);
  const folder = mkdtempSync(join(tmpdir(), 'countersign-stage-'));
  const owner = options.owner ?? 'acme';
  const repo = `${owner}/shop`;
  const people = options.people ?? ['alice', 'bob', 'carol', 'dave'];
  for (const login of people) sandbox.user(login);
  sandbox.user(AGENT, { type: 'Bot', id: 198_982_749 });
  if (options.owner === undefined) sandbox.org('acme', { owners: [people[0] ?? 'alice'] });
  const first = people[0] ?? 'alice';
  const made = sandbox.repo(repo, {
    files: { 'README.md': '# Shop\n', 'infra/main.tf': '# nothing yet\n' },
    by: first,
  });
  for (const login of people) sandbox.collaborator(repo, login, 'maintain');
  const policy = options.policy === undefined ? oneSeatPolicy : options.policy;
  // The App has to know its address before it has one, because tokens of jobs and policies name it.
  const appPort = await freePort();
  const appUrl = `http://127.0.0.1:${appPort}`;
  if (policy !== null) {
    await sandbox.as(first).commit(repo, 'main', {
      files: { '.github/countersign.yml': typeof policy === 'string' ? policy : policy(made.sha, appUrl) },
      message: 'Add the policy',
    });
  }
  const registered = sandbox.app({ slug: 'countersign', webhookSecret: SECRET, ...readManifest() });
  sandbox.environment(repo, 'production', { customRule: 'countersign', ...options.environment });

  const reading = readEnv(
    {
      APP_ID: String(registered.appId),
      PRIVATE_KEY: registered.privateKeyPem,
      WEBHOOK_SECRET: SECRET,
      GHE_HOST: new URL(sandbox.url).host,
      GHE_PROTOCOL: 'http',
      PORT: String(appPort),
      COUNTERSIGN_PUBLIC_URL: appUrl,
      LOG_LEVEL: 'fatal',
      COUNTERSIGN_DATA_DIR: folder,
    },
    systemFiles,
  );
  if (!reading.ok) throw new Error(reading.line);
  const config = reading.value;
  // One time for both sides, so that retries, leases and tokens follow when a test lets time pass.
  const clock = { now: () => sandbox.clock.now() };
  let app = await startApp(config, { clock, ...options.start });
  sandbox.webhook('countersign', `${app.url}/api/github/webhooks`);
  sandbox.install('countersign', owner, [repo]);

  const settle = async (): Promise<void> => {
    for (let quiet = 0, requests = -1; quiet < 2;) {
      await sandbox.webhooks.quiesce();
      await app.idle();
      await sandbox.webhooks.quiesce();
      quiet = sandbox.requests.length === requests ? quiet + 1 : 0;
      requests = sandbox.requests.length;
    }
  };
  await settle();

  const check: Stage['check'] = (sha, name = 'countersign') =>
    sandbox.checkRuns(repo, sha).find((found) => found.name === name);

  return {
    sandbox,
    repo,
    config,
    app: () => app,
    restart: async (start = options.start, changed = {}) => {
      await app.kill();
      sandbox.clock.advance(LEASE_MS);
      app = await startApp({ ...config, ...changed }, { clock, ...start });
      sandbox.webhook('countersign', `${app.url}/api/github/webhooks`);
    },
    settle,
    settleRetries: async (done = () => false) => {
      for (let round = 0; round < RETRY_ROUNDS && !done(); round += 1) {
        sandbox.clock.advance(RETRY_MS);
        // A look at everything also wakes the worker, which sleeps by the machine's clock.
        await app.sweep();
        await settle();
      }
    },
    check,
    records: () => checkEvidence(sandbox, repo).records,
    facts: (record) => JSON.parse(checkEvidence(sandbox, repo).file(`facts/${String(record?.['factsDigest'])}.json`)),
    deploy: async (by, { jobs = [{ name: 'deploy', environment: 'production' }], ref, event } = {}) => {
      const run = await sandbox
        .as(by)
        .dispatch(
          repo,
          { name: 'deploy', jobs },
          { ...(ref === undefined ? {} : { ref }), ...(event === undefined ? {} : { event }) },
        );
      await settle();
      return run.id;
    },
    press: async (by, sha, checkName, label) => {
      const found = check(sha, checkName);
      const action = found?.actions.find((each) => each.label === label);
      if (found === undefined || action === undefined) throw new Error(`no button ${label} on ${checkName}`);
      await sandbox.as(by).clickCheckAction(repo, found.id, action.identifier);
      await settle();
    },
    close: async () => {
      await app.close();
      try {
        await checkEvidence(sandbox, repo).verify();
      } finally {
        await sandbox.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

const FIRST_PORT = 20_000;
const LANES = 100;
const PORTS_IN_LANE = 120;
let portsTaken = 0;

/**
 * A port below those that systems hand out by themselves, in a lane of this worker's own: nobody takes it between now and the
 * start of the App.
 */
async function freePort(): Promise<number> {
  const lane = (process.pid + 31 * threadId) % LANES;
  for (let tries = 0; tries < PORTS_IN_LANE; tries += 1) {
    const port = FIRST_PORT + lane * PORTS_IN_LANE + (portsTaken % PORTS_IN_LANE);
    portsTaken += 1;
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error('no port is free');
}

/** Opens the agent's pull request that changes infra/, and settles. */
export async function agentPullRequest(
  stage: Stage,
  options: {
    readonly prompter?: string;
    readonly branch?: string;
    readonly base?: string;
    readonly file?: string;
  } = {},
): Promise<{ readonly number: number; readonly headSha: string }> {
  const { sandbox, repo } = stage;
  const branch = options.branch ?? 'copilot/change';
  await sandbox.as(AGENT).commit(repo, branch, {
    files: { [options.file ?? 'infra/main.tf']: `# changed on ${branch}\n` },
    message: 'Change the infrastructure',
  });
  const pull = await sandbox.as(AGENT).openPullRequest(repo, {
    head: branch,
    title: 'Change it',
    ...(options.base === undefined ? {} : { base: options.base }),
  });
  await sandbox.as(options.prompter ?? 'alice').timelineEvent(repo, pull.number, 'copilot_work_started');
  await stage.settle();
  return pull;
}
