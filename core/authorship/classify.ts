import type { ChangeFacts, PullEvidence } from '../facts.ts';
import { accountSightings, appSightings } from './account-signals.ts';
import { findBranchPushes } from './branch-pushes.ts';
import type { AllowedAutomation } from './automation.ts';
import { automationWithin, isOnlyAutomation } from './automation.ts';
import type { AuthorshipClass, Classification, Signal } from './classification.ts';
import { commitSightings } from './commit-signals.ts';
import { bodySightings } from './message-signals.ts';
import type { AgentRegistry } from './registry.ts';
import { distinctSignals } from './sighting.ts';
import type { Sighting } from './sighting.ts';

const INCOMPLETE = 'look-up-incomplete';

export interface ClassifyOptions {
  readonly automation: readonly AllowedAutomation[];
  /** Every path the change touches, old names of renamed files included. */
  readonly touchedPaths: readonly string[];
  /** Signals of earlier judgements of the same change (earlier heads included): evidence only ratchets up. */
  readonly earlier: readonly Signal[];
}

/**
 * Says who or what wrote a change, from the whole set of its commits, pull requests and runs, never from one commit.
 *
 * @param change facts as read from GitHub; its texts are the requesting side's and can only raise the class
 * @returns `agent` for any verified or declared signal, `suspected` for any heuristic or missing look-up, `automation` where
 *   allow-listed accounts alone had a hand in it within their paths, `unattributed` otherwise; never "human"
 * @see docs/design.md 4.5
 */
export function classify(change: ChangeFacts, registry: AgentRegistry, options: ClassifyOptions): Classification {
  const automation = automationWithin(options.automation, options.touchedPaths);
  const signals = distinctSignals([
    ...sightSignals(change, registry, automation),
    ...change.incomplete.map(
      (what) => ({ tier: 'heuristic', kind: INCOMPLETE, agent: null, where: what, value: '' }) as const,
    ),
    ...kept(options.earlier, change),
  ]);
  const agents = [...new Set(signals.flatMap(({ agent }) => (agent === null ? [] : [agent])))].toSorted();
  return { class: classOf(signals, change, automation), agents, signals, registry: registry.version };
}

function classOf(signals: readonly Signal[], change: ChangeFacts, automation: ReadonlySet<number>): AuthorshipClass {
  if (signals.some(({ tier }) => tier !== 'heuristic')) return 'agent';
  if (signals.length > 0) return 'suspected';
  return isOnlyAutomation(change, automation) ? 'automation' : 'unattributed';
}

/**
 * Earlier evidence stays, whatever was force-pushed over it. An earlier look-up that failed is made good by one that did not,
 * unless history was replaced since: what it missed can then no longer be read.
 */
function kept(earlier: readonly Signal[], change: ChangeFacts): readonly Signal[] {
  const replaced = change.pulls.some(
    ({ timeline, pushes }) =>
      timeline.some(({ kind }) => kind === 'force-pushed') || pushes.some(({ kind }) => kind.startsWith('force')),
  );
  return replaced ? earlier : earlier.filter(({ kind }) => kind !== INCOMPLETE);
}

function sightSignals(
  change: ChangeFacts,
  registry: AgentRegistry,
  automation: ReadonlySet<number>,
): readonly Signal[] {
  const found: Signal[] = [];
  const see = (where: string, sightings: readonly Sighting[]): void => {
    for (const { tier, kind, agent, value } of sightings) found.push({ tier, kind, agent, where, value });
  };
  for (const commit of change.commits) {
    see(`commit ${commit.sha.slice(0, 7)}`, commitSightings(commit, change, registry, automation));
    for (const { number, author, headRef } of commit.pulls) {
      const where = `pull request #${number}`;
      see(where, branchSightings(headRef, registry));
      if (author !== null) see(where, accountSightings(author, registry, automation));
    }
  }
  for (const evidence of change.pulls) {
    see(`pull request #${evidence.pull.number}`, pullSightings(evidence, registry, automation));
  }
  for (const { actor, after } of findBranchPushes(change).direct) {
    see(`push of ${after.slice(0, 7)}`, accountSightings(actor, registry, automation));
  }
  for (const run of change.runAttempts) {
    see(`run ${run.id} attempt ${run.attempt}`, [
      ...accountSightings(run.actor, registry, automation),
      ...accountSightings(run.triggeringActor, registry, automation),
      ...(run.headBranch === null ? [] : branchSightings(run.headBranch, registry)),
    ]);
  }
  return found;
}

function pullSightings(
  { pull, timeline, pushes }: PullEvidence,
  registry: AgentRegistry,
  automation: ReadonlySet<number>,
): readonly Sighting[] {
  const found = [
    ...accountSightings(pull.author, registry, automation),
    // Merging is no authorship, so a merge bot says nothing here; an agent that merges drives the change.
    ...(pull.mergedBy === null || registry.mergerIds.has(pull.mergedBy.id)
      ? []
      : accountSightings(pull.mergedBy, registry, automation).filter(({ tier }) => tier === 'verified')),
    ...appSightings(pull.viaApp, pull.author, registry),
    ...branchSightings(pull.headRef, registry),
    ...bodySightings(pull.body, registry),
    ...pushes.flatMap(({ actor }) => accountSightings(actor, registry, automation)),
  ];
  for (const label of pull.labels) {
    const agent = registry.agentByLabel.get(label.trim().toLowerCase());
    if (agent !== undefined) found.push({ tier: 'declared', kind: 'label', agent, value: label });
  }
  for (const event of timeline) {
    if (event.kind === 'force-pushed') found.push(...accountSightings(event.actor, registry, automation));
    if (event.kind !== 'agent-started') continue;
    const [app] = appSightings(event.viaApp, null, registry);
    found.push({ tier: 'verified', kind: 'agent-started', agent: app?.agent ?? null, value: event.actor?.login ?? '' });
  }
  return found;
}

function branchSightings(branch: string, registry: AgentRegistry): readonly Sighting[] {
  const lower = branch.toLowerCase();
  return registry.branchPrefixes
    .filter(({ text }) => lower.startsWith(text))
    .map(({ text, agent }) => ({ tier: 'heuristic', kind: 'branch-prefix', agent, value: text }));
}
