import { utf8, toHex } from '../core/evidence/bytes.ts';
import type { RepositoryFacts } from '../core/facts.ts';
import { BUILT_IN_POLICY_TEXT, builtInPolicy } from '../core/policy/built-in.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { PolicyState } from '../core/policy/requirement.ts';
import type { ReadPorts } from '../core/ports.ts';

export interface PolicyInForce {
  readonly state: PolicyState;
  /** The policy's text for the log, by digest; null when it could not be read. */
  readonly attachment: { readonly path: string; readonly bytes: Uint8Array } | null;
}

/**
 * The policy that judges a change: read from the default branch at the commit that it names now, never from the change
 * (invariant 5). Proven absent: the built-in strict policy. Unreadable or invalid: a state that can only hold.
 */
export async function policyInForce(
  ports: Pick<ReadPorts, 'policy' | 'sha256'>,
  repository: RepositoryFacts,
): Promise<PolicyInForce> {
  const read = await ports.policy.read(repository);
  switch (read.kind) {
    case 'unreadable':
      return { state: { kind: 'unreadable', detail: read.detail }, attachment: null };
    case 'absent': {
      const bytes = utf8(BUILT_IN_POLICY_TEXT);
      const digest = toHex(ports.sha256(bytes));
      return {
        state: { kind: 'in-force', policy: builtInPolicy, source: 'built-in', digest, commitSha: read.commitSha },
        attachment: { path: `policies/${digest}.yml`, bytes },
      };
    }
    case 'found': {
      const bytes = utf8(read.text);
      const digest = toHex(ports.sha256(bytes));
      const parsed = parsePolicy(read.text);
      const attachment = { path: `policies/${digest}.yml`, bytes };
      if (!parsed.ok) {
        return { state: { kind: 'invalid', digest, commitSha: read.commitSha, issues: parsed.issues }, attachment };
      }
      return {
        state: { kind: 'in-force', policy: parsed.policy, source: 'repository', digest, commitSha: read.commitSha },
        attachment,
      };
    }
  }
}

/**
 * What stands in a request's digest for the policy. A policy that cannot be read has no digest: the request then is
 * another one as soon as it can be.
 */
export function policyDigestOf(state: PolicyState): string {
  return state.kind === 'unreadable' ? 'unreadable' : state.digest;
}
