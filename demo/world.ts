import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSandbox } from '../sandbox/sandbox.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { readManifest } from './manifest.ts';
import { startApp } from './start-app.ts';
import type { AppProcess } from './start-app.ts';

/** A company on a local GitHub, with Countersign installed as its README says. */
export interface World {
  readonly sandbox: Sandbox;
  readonly app: AppProcess;
  readonly folder: string;
  /** The verifier key that an auditor would pin. */
  readonly countersign: (...args: readonly string[]) => Promise<{ readonly code: number; readonly output: string }>;
  close(): Promise<void>;
}

export const REPO = 'acme/shop';
export const AGENT = 'copilot-swe-agent[bot]';
export const REVIEW_BOT = 'coderabbitai[bot]';

/** GitHub's own numeric ids of the agent and of the review bot: the registry knows them by these. */
const AGENT_ID = 198_982_749;
const REVIEW_BOT_ID = 136_622_811;

const run = promisify(execFile);
const CLI = join(import.meta.dirname, '..', 'cli', 'main.ts');

export async function buildWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-demo-'));
  const countersign: World['countersign'] = async (...args) => {
    try {
      const { stdout, stderr } = await run(process.execPath, [CLI, ...args]);
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      if (!isExit(error)) throw error;
      return { code: error.code, output: error.stdout + error.stderr };
    }
  };
  const sandbox = await startSandbox();
  const people = ['alice', 'bob', 'carol', 'dave'];
  for (const login of people) sandbox.user(login);
  sandbox.user(AGENT, { type: 'Bot', id: AGENT_ID });
  sandbox.user(REVIEW_BOT, { type: 'Bot', id: REVIEW_BOT_ID });
  sandbox.org('acme', { owners: ['alice'] });
  const repo = sandbox.repo(REPO, {
    files: { 'README.md': '# Shop\n', 'infra/main.tf': '# nothing yet\n' },
    by: 'alice',
  });
  for (const login of people) sandbox.collaborator(REPO, login, 'maintain');
  await sandbox.as('alice').commit(REPO, 'main', {
    files: { '.github/countersign.yml': policy(repo.sha) },
    message: 'Add the policy of Countersign',
  });

  const webhookSecret = 'a webhook secret of the demo, long enough';
  const registered = sandbox.app({ slug: 'countersign', webhookSecret, ...readManifest() });
  sandbox.environment(REPO, 'production', {
    customRule: 'countersign',
    reviewers: ['carol', 'dave'],
    canAdminsBypass: false,
  });

  const keys = join(folder, 'signing-keys.pem');
  await countersign('keygen', '--out', keys);
  const app = await startApp({
    appId: registered.appId,
    privateKeyPem: registered.privateKeyPem,
    webhookSecret,
    githubHost: new URL(sandbox.url).host,
    dataDirectory: join(folder, 'data'),
    env: { COUNTERSIGN_SIGNING_KEY_PATH: keys },
  });
  sandbox.webhook('countersign', app.webhookUrl);
  sandbox.install('countersign', 'acme', [REPO]);
  return {
    sandbox,
    app,
    folder,
    countersign,
    close: async () => {
      await app.stop();
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One seat for people who had no part in the change; what is deployed first is compared with the first commit. */
function policy(baseline: string): string {
  return `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  maintainers: { min-permission: maintain }
rules:
  - id: someone-else
    why: What an agent wrote or started needs someone who did neither
    when: { agent: true }
    require: [{ from: maintainers, count: 1 }]
baselines: { production: ${baseline} }
`;
}

function isExit(error: unknown): error is { code: number; stdout: string; stderr: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'number' &&
    'stdout' in error &&
    'stderr' in error
  );
}
