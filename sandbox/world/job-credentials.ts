import { randomBytes } from 'node:crypto';

import { currentAttempt } from '../present/run.ts';
import { nodeId } from '../present/schemas.ts';
import { Refused } from '../refused.ts';
import type { JobRecord, World } from '../state.ts';
import { runOf } from './gates.ts';
import { ACTIONS_APP } from './run-engine.ts';

const LIFETIME_MS = 24 * 3_600_000;
/** What a cancelled job's runner has left for its last steps. */
const LAST_STEPS_MS = 5 * 60_000;

/** A runner works on it: it has begun and not ended; a cancelled one may still end its last steps. */
export function hasRunner(world: World, job: JobRecord): boolean {
  if (job.status === 'in_progress') return true;
  return (
    job.conclusion === 'cancelled' && job.hasRunner && world.now() < (job.completedAt ?? world.now()) + LAST_STEPS_MS
  );
}

/** The job of that name in the newest attempt. Throws Refused unless a runner works on it. */
export function runningJob(world: World, runId: number, name: string): JobRecord {
  const job = currentAttempt(runOf(world, runId)).jobs.find((candidate) => candidate.spec.name === name);
  if (job === undefined) throw new Refused(404, `the run has no job ${name}`);
  if (!hasRunner(world, job)) {
    throw new Refused(409, `no runner works on ${name}, it is ${job.status}: is it declared manual, and has it begun?`);
  }
  return job;
}

/** Code of somebody without write access: it gets a token that reads, and no OIDC token. */
export function isFromFork(job: JobRecord): boolean {
  return job.run.event === 'pull_request' && job.run.headRepo.id !== job.run.repo.id;
}

export function makeJobToken(
  world: World,
  job: JobRecord,
  permissions: Readonly<Record<string, 'read' | 'write'>>,
): string {
  const app = world.apps.get(ACTIONS_APP);
  if (app === undefined) throw new TypeError('the sandbox has lost the App github-actions');
  const { repo } = job.run;
  const granted = Object.entries(permissions)
    .filter(([name]) => name !== 'id-token')
    .map(([name, level]) => [name.replaceAll('-', '_'), isFromFork(job) ? 'read' : level]);
  const token = `ghs_${randomBytes(24 + Math.floor(Math.random() * 160)).toString('base64url')}`;
  world.tokens.set(token, {
    token,
    // GitHub's own App is installed nowhere that anybody could see, suspend or remove.
    installation: {
      id: 0,
      nodeId: nodeId('I', 0),
      app,
      owner: repo.owner,
      repos: new Set([repo.fullName.toLowerCase()]),
      suspendedAt: null,
      createdAt: job.startedAt,
    },
    repositoryIds: new Set([repo.id]),
    permissions: { metadata: 'read', ...Object.fromEntries(granted) },
    expiresAt: world.now() + LIFETIME_MS,
    job,
  });
  return token;
}

export function makeIdTokenRequest(world: World, job: JobRecord): { readonly url: string; readonly token: string } {
  if (isFromFork(job)) throw new Refused(403, 'a pull request from a fork gets no OIDC token');
  const token = `idt_${randomBytes(32).toString('base64url')}`;
  world.idTokenRequests.set(token, job);
  return { url: `${world.url}/_services/jobs/idtoken?api-version=2.0`, token };
}
