import { appSightings } from '../authorship/account-signals.ts';
import { bodySightings } from '../authorship/message-signals.ts';
import type { AgentRegistry } from '../authorship/registry.ts';
import type { Account } from '../actors/account.ts';
import type { CommitFacts, PullEvidence, PushFacts } from '../facts.ts';
import { agentCalled } from './agent-calls.ts';
import { isByAgent } from './commit-parties.ts';
import { askersInBody } from './named-people.ts';
import type { PartyGraph } from './party-graph.ts';

/**
 * Everyone whom a pull request names: who opened it, pushed to it, asked an agent for it, and who merged it.
 *
 * @param commits of this pull request
 */
export function addPull(
  graph: PartyGraph,
  evidence: PullEvidence,
  commits: readonly CommitFacts[],
  registry: AgentRegistry,
): void {
  const { pull, pushes } = evidence;
  const at = `#${pull.number}`;
  graph.add(pull.author, 'pull-request-author', `pull request ${at}`, 'api');
  for (const { actor } of pushes) graph.add(actor, 'pusher', `push to the branch of ${at}`, 'api');
  if (pull.merged) graph.add(pull.mergedBy, 'merger', `merged ${at}`, 'api');
  const agents = isAgentPull(evidence, commits, registry);
  if (agents) {
    // Opened by an agent's App with its user's token: that user asked for it (Codex and Cursor always do so).
    const [app] = appSightings(pull.viaApp, pull.author, registry);
    if (app?.tier === 'verified') graph.add(pull.author, 'sponsor', `opened ${at} through the App ${app.value}`, 'api');
    for (const asker of askersInBody(pull.body)) graph.addNamed(asker, `text of ${at}`);
  }
  addTimeline(graph, evidence, agents, registry);
}

function addTimeline(graph: PartyGraph, evidence: PullEvidence, agents: boolean, registry: AgentRegistry): void {
  const at = `#${evidence.pull.number}`;
  for (const event of evidence.timeline) {
    if (event.kind === 'reviewed' || event.kind === 'base-changed') continue;
    if (event.kind === 'force-pushed') graph.add(event.actor, 'pusher', `force push to ${at}`, 'api');
    if (event.kind === 'auto-merge') graph.add(event.actor, 'merger', `switched on the merge of ${at}`, 'api');
    // An agent that calls, assigns or labels itself does so for somebody who is named otherwise.
    if (event.actor !== null && registry.agentByAccountId.has(event.actor.id)) continue;
    const sponsor = (where: string): void => {
      graph.add(event.actor, 'sponsor', where, 'api');
    };
    if (event.kind === 'agent-started') sponsor(`asked the agent to work on ${at}`);
    if (event.kind === 'ready' && agents) sponsor(`marked ${at} ready for review`);
    if (event.kind === 'assigned') {
      const agent = event.assignee === null ? undefined : registry.agentByAccountId.get(event.assignee.id);
      if (agent !== undefined) sponsor(`assigned ${agent} on ${at}`);
    }
    if (event.kind === 'labelled') {
      const agent = registry.agentByLabel.get(event.label.trim().toLowerCase());
      if (agent !== undefined) sponsor(`label for ${agent} on ${at}`);
    }
    if (event.kind === 'commented') {
      const agent = event.handles.map((handle) => agentCalled(handle, registry)).find((called) => called !== null);
      if (agent !== undefined && isFollowed(event.at, evidence.pushes, agents, registry)) {
        sponsor(`called ${agent} in a comment on ${at}`);
      }
    }
  }
}

/**
 * Whether a push came after the comment that may be what it asked for: by an agent, an App or somebody unknown, or by anyone
 * where agents work on the pull request, as many push with a person's token. Without a known push it counts: the branch of a
 * fork is pushed to unseen.
 */
function isFollowed(at: string, pushes: readonly PushFacts[], agents: boolean, registry: AgentRegistry): boolean {
  if (pushes.length === 0) return true;
  const later = pushes.filter((push) => !(Date.parse(push.at) < Date.parse(at)));
  return later.some(({ actor }) => agents || !isPerson(actor, registry));
}

/** By accounts, Apps, labels and text: what an agent had a part in, as far as anything shows it. */
export function isAgentPull(
  { pull, timeline, pushes }: PullEvidence,
  commits: readonly CommitFacts[],
  registry: AgentRegistry,
): boolean {
  const branch = pull.headRef.toLowerCase();
  return (
    [pull.author, ...pushes.map(({ actor }) => actor)].some(
      (account) => account !== null && registry.agentByAccountId.has(account.id),
    ) ||
    appSightings(pull.viaApp, pull.author, registry).some(({ tier }) => tier === 'verified') ||
    timeline.some(({ kind }) => kind === 'agent-started') ||
    pull.labels.some((label) => registry.agentByLabel.has(label.trim().toLowerCase())) ||
    registry.branchPrefixes.some(({ text }) => branch.startsWith(text)) ||
    bodySightings(pull.body, registry).length > 0 ||
    commits.some((commit) => isByAgent(commit, registry))
  );
}

/** A `User` that is no known agent or machine. */
export function isPerson(account: Account | null, registry: AgentRegistry): boolean {
  return (
    account !== null &&
    account.type === 'User' &&
    !registry.agentByAccountId.has(account.id) &&
    !registry.machineIds.has(account.id) &&
    !registry.agentByLogin.has(account.login.toLowerCase())
  );
}
