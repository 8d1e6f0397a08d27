import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createActor } from './actors/actor.ts';
import { showCheck, showPull, showRepo, showRun } from './actors/shown-state.ts';
import { createBuilder } from './builder.ts';
import { FaultList } from './faults.ts';
import { entryAt } from './git/tree.ts';
import { Door } from './http/server.ts';
import { Refused } from './refused.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';
import type { World } from './state.ts';
import { Waiting } from './waiting.ts';
import { Dispatcher } from './webhooks/dispatcher.ts';
import { repoOf } from './world/accounts.ts';
import { checksOf } from './world/checks.ts';
import { passTime, runOf } from './world/gates.ts';
import { pullOf } from './world/pulls.ts';
import { currentAttempt } from './present/run.ts';
import { jobVariables } from './present/job-variables.ts';
import { issuerOf } from './oidc/routes.ts';
import { makeIdTokenRequest, makeJobToken, runningJob } from './world/job-credentials.ts';
import { finishJob } from './world/run-engine.ts';
import { createWorld } from './world/world.ts';

const PATIENCE_MS = 10_000;

export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  let offset = 0;
  const now = (): number => (options.now ?? Date.now)() + offset;
  const root = mkdtempSync(join(tmpdir(), 'github-sandbox-'));
  const waiting = new Waiting();
  const faults = new FaultList();
  const door = new Door(faults);
  const port = await door.listen(options.port ?? 0);
  const world = createWorld({
    url: `http://127.0.0.1:${port}`,
    root,
    now,
    emit: (emission) => {
      dispatcher.emit(emission);
    },
    changed: () => {
      waiting.changed();
    },
  });
  const dispatcher = new Dispatcher(world);
  door.open(world);

  const sandbox: Sandbox = {
    url: world.url,
    apiUrl: world.apiUrl,
    cloneUrl: (fullName) => `${world.url}/${fullName}.git`,
    close: async () => {
      await door.close();
      await dispatcher.close();
      rmSync(root, { recursive: true, force: true });
    },
    clock: {
      now,
      advance: (ms) => {
        offset += ms;
        passTime(world);
        world.changed();
      },
    },
    ...createBuilder(world),
    as: (login) => createActor(world, login),
    oidcIssuer: issuerOf(world),
    jobToken: (runId, name, permissions) => makeJobToken(world, runningJob(world, runId, name), permissions),
    idTokenRequest: (runId, name) => makeIdTokenRequest(world, runningJob(world, runId, name)),
    jobVariables: (runId, name) => jobVariables(world, runningJob(world, runId, name)),
    finishJob: (runId, name, outcome) =>
      new Promise((resolve) => {
        const jobs = currentAttempt(runOf(world, runId)).jobs;
        const job = jobs.find((candidate) => candidate.spec.name === name && candidate.status === 'in_progress');
        if (job === undefined) throw new Refused(409, `no job ${name} is in progress`);
        finishJob(world, job, outcome);
        resolve();
      }),
    ping: (slug) => {
      const app = world.apps.get(slug);
      if (app !== undefined) dispatcher.ping(app);
    },
    requests: door.requests,
    webhooks: dispatcher,
    faults,
    until: (probe, timeoutMs = PATIENCE_MS) =>
      waiting.until(
        () => probe(sandbox),
        timeoutMs,
        () => dump(world, sandbox),
      ),
    has: (fullName) => world.repos.has(fullName.toLowerCase()),
    repoState: (fullName) => showRepo(repoOf(world, fullName)),
    runState: (runId) => showRun(runOf(world, runId)),
    runs: (fullName) => {
      const repo = repoOf(world, fullName);
      return [...world.runs.values()].filter((run) => run.repo === repo).map((run) => showRun(run));
    },
    pullRequest: (fullName, number) => showPull(pullOf(repoOf(world, fullName), number)),
    comments: (fullName, number) =>
      pullOf(repoOf(world, fullName), number).comments.map(({ id, user, body }) => ({ id, author: user.login, body })),
    checkRuns: (fullName, sha) => checksOf(world, repoOf(world, fullName), sha).map((check) => showCheck(check)),
    branchHead: (fullName, branch) => repoOf(world, fullName).git.head(branch),
    commitAt: (fullName, ref) => repoOf(world, fullName).git.resolve(ref)?.sha,
    file: (fullName, ref, path) => {
      const { git } = repoOf(world, fullName);
      const commit = git.resolve(ref);
      const entry = commit === undefined ? undefined : entryAt(git.objects, commit.tree, path);
      return entry === undefined ? undefined : git.objects.read(entry.sha)?.body.toString('utf8');
    },
    gitDir: (fullName) => repoOf(world, fullName).git.dir,
    effectiveReleases: world.effectiveReleases,
    violations: world.violations,
  };
  return sandbox;
}

/** What a failed wait shows. */
function dump(world: World, sandbox: Sandbox): string {
  const runs = [...world.runs.values()].map((run) => showRun(run));
  const requests = sandbox.requests
    .slice(-15)
    .map(({ n, route, status, actor }) => `${n} ${route} ${status ?? '-'} ${actor}`);
  const deliveries = sandbox.webhooks.deliveries
    .slice(-15)
    .map(({ event, action, state, status }) => `${event}.${action ?? ''} ${state} ${status ?? ''}`);
  const checks = [...world.checks.values()].map(({ name, headSha, status, conclusion }) => ({
    name,
    headSha,
    status,
    conclusion,
  }));
  return JSON.stringify({ runs, checks, requests, deliveries, violations: world.violations }, null, 1);
}
