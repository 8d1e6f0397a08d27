import type { AgentRegistry, Trace } from './registry.ts';

/** An agent that somebody adds to what the registry knows, or more traces of one that it knows already. */
export interface AddedAgent {
  readonly id: string;
  readonly accountIds: readonly number[];
  readonly emails: readonly string[];
  /** `Key`, or `Key: how the value begins`. */
  readonly trailers: readonly string[];
  readonly branchPrefixes: readonly string[];
}

/**
 * The registry with these agents as well. It only adds: where both know an account or a mailbox, the built-in row stands, and
 * nothing that was a signal before is none now (invariant 6).
 */
export function extendRegistry(registry: AgentRegistry, added: readonly AddedAgent[]): AgentRegistry {
  if (added.length === 0) return registry;
  const pairs = <T>(keysOf: (agent: AddedAgent) => readonly T[]): readonly (readonly [T, string])[] =>
    added.flatMap((agent) => keysOf(agent).map((key) => [key, agent.id] as const));
  const trailers = new Map(registry.trailers);
  for (const [text, agent] of pairs((each) => each.trailers)) {
    const [key = '', ...value] = text.toLowerCase().split(':');
    const row = { value: value.join(':').trim(), agent };
    trailers.set(key.trim(), [...(trailers.get(key.trim()) ?? []), row]);
  }
  const prefixes = pairs((each) => each.branchPrefixes).map(([text, agent]): Trace => ({
    text: text.toLowerCase(),
    agent,
  }));
  return Object.freeze({
    ...registry,
    agentByAccountId: new Map([...pairs((each) => each.accountIds), ...registry.agentByAccountId]),
    agentByMailbox: new Map([
      ...pairs((each) => each.emails.map((email) => email.toLowerCase())),
      ...registry.agentByMailbox,
    ]),
    trailers,
    branchPrefixes: [...registry.branchPrefixes, ...prefixes],
  });
}
