import { extendRegistry } from '../authorship/extend-registry.ts';
import { agentRegistry } from '../authorship/registry.ts';
import type { AgentRegistry } from '../authorship/registry.ts';
import { pinnedId } from './fields.ts';
import type { Policy } from './schema.ts';

/** The built-in registry and what the policy in force adds to it; the built-in one alone where there is no policy. */
export function policyRegistry(policy: Policy | null): AgentRegistry {
  return extendRegistry(
    agentRegistry,
    (policy?.agents ?? []).map(
      ({ id, accounts = [], emails = [], trailers = [], 'branch-prefixes': prefixes = [] }) => ({
        id,
        accountIds: accounts.map(pinnedId).filter((account) => account !== null),
        emails,
        trailers,
        branchPrefixes: prefixes,
      }),
    ),
  );
}
