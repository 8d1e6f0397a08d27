import { GateError } from '../core/errors.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { Ports } from '../core/ports.ts';
import { enqueueTask } from './enqueue-task.ts';
import { policyDigestOf, policyInForce } from './policy-in-force.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import { installationSealing, policyChangedSealing } from './access-records.ts';
import type { Report } from './report.ts';
import { sealOne } from './seal.ts';
import { keysOf, load, save } from './state.ts';
import { lookAtTeams, watchedTeams } from './teams.ts';
import type { Task } from './task.ts';
import { forgetTold } from './told.ts';

/** Pull request states that a lost delivery could have changed without anything else being noticed. */
const WORTH_A_LOOK = ['evaluating', 'held', 'rejected'];

/**
 * Finds what no webhook told (invariant 10): runs that wait, gates that are open, pull requests that were never looked at
 * or are held. It only queues looks; each of them re-reads GitHub.
 */
export async function sweep(ports: Ports, ref: RepositoryRef, report: Report): Promise<void> {
  const runs = new Set((await ports.forge.waitingRuns(ref)).map((run) => run.id));
  for (const key of await keysOf(ports.documents, ref, 'open-run')) runs.add(Number(key));
  for (const runId of runs) await enqueueTask(ports, { kind: 'run', repository: ref, runId });

  const open = await ports.forge.openPulls(ref);
  for (const number of open) {
    const stored = await load(ports.documents, ref, 'pull', String(number));
    if (stored === null || WORTH_A_LOOK.includes(stored.body.state)) {
      await enqueueTask(ports, { kind: 'pull-request', repository: ref, number });
    }
  }
  for (const key of await keysOf(ports.documents, ref, 'pull')) {
    if (open.includes(Number(key))) continue;
    const stored = await load(ports.documents, ref, 'pull', key);
    if (stored !== null && stored.body.state !== 'closed') {
      await enqueueTask(ports, { kind: 'pull-request', repository: ref, number: Number(key) });
    }
  }
  await forgetTold(ports.documents, ref, ports.clock.now());
  const policy = await policyInForce(ports, await ports.forge.repository(ref));
  await watchTeams(ports, ref, policy, report);
}

/**
 * Whoever joins a team is seen also while nothing is asked of it, so that their time runs. A team that cannot be read holds
 * what asks for it; here it waits for the next look.
 */
async function watchTeams(ports: Ports, ref: RepositoryRef, { state }: PolicyInForce, report: Report): Promise<void> {
  if (state.kind !== 'in-force') return;
  const warn = (code: string): void =>
    report({ level: 'warn', message: 'a team of the policy cannot be read', fields: { repository: ref.id, code } });
  try {
    const { gone } = await lookAtTeams(ports, ref, watchedTeams(state.policy));
    if (gone.length > 0) warn('ERR_FORGE_NOT_FOUND');
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    warn(error.code);
  }
}

/** The default branch moved. A changed policy is a record, and everything that is open is judged by it. */
export async function lookAtPolicy(
  ports: Ports,
  task: Extract<Task, { kind: 'policy' }>,
  report: Report,
): Promise<void> {
  const ref = task.repository;
  const repository = await ports.forge.repository(ref);
  const policy = await policyInForce(ports, repository);
  // Unreadable is a hold of its own and no change of policy.
  if (policy.state.kind === 'unreadable') {
    throw new GateError('ERR_FORGE_UNAVAILABLE', 'the policy could not be read after the default branch moved');
  }
  const digest = policyDigestOf(policy.state);
  const known = await load(ports.documents, ref, 'policy', 'in-force');
  if (known?.body.digest === digest) return;
  await sealOne(ports, ref, policyChangedSealing(ports, ref, policy, known?.body.digest ?? null, task.actor));
  await save(ports.documents, ref, 'policy', 'in-force', { body: { digest }, version: known?.version ?? 0 });

  for (const key of await keysOf(ports.documents, ref, 'open-run')) {
    await enqueueTask(ports, { kind: 'run', repository: ref, runId: Number(key) });
  }
  for (const number of await ports.forge.openPulls(ref)) {
    await enqueueTask(ports, { kind: 'pull-request', repository: ref, number });
  }
  await watchTeams(ports, ref, policy, report);
}

/** Somebody pushed to the evidence branch, or deleted it: judged by content, never by sender. */
export async function lookAtEvidence(ports: Ports, ref: RepositoryRef, report: Report): Promise<void> {
  const found = await ports.log.inspect(ref);
  if (found === 'intact') return;
  report({
    level: 'error',
    message:
      found === 'repaired'
        ? 'ALARM: the evidence branch was changed by somebody else and was repaired; protect it by a ruleset'
        : 'ALARM: the evidence branch is not what this log wrote; nothing is released until a person has looked',
    fields: { repository: ref.id, found },
  });
}

/** What this App may do in the repository changed: written down where it still can be, and everything is looked at again. */
export async function lookAtInstallation(
  ports: Ports,
  task: Extract<Task, { kind: 'installation' }>,
  report: Report,
): Promise<void> {
  report({
    level: 'warn',
    message: 'access to a repository changed',
    fields: { repository: task.repository.id, change: task.change, by: task.actor?.login ?? null },
  });
  if (['deleted', 'removed', 'suspend', 'suspended'].includes(task.change)) return;
  await sealOne(ports, task.repository, installationSealing(ports, task.repository, task.change, task.actor));
  await sweep(ports, task.repository, report);
}
