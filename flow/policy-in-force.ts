import { utf8, toHex } from '../core/evidence/bytes.ts';
import type { RepositoryFacts } from '../core/facts.ts';
import { BUILT_IN_POLICY_TEXT, builtInPolicy } from '../core/policy/built-in.ts';
import { parsePolicy } from '../core/policy/parse-policy.ts';
import type { PolicyState } from '../core/policy/requirement.ts';
import type { PolicyRead, ReadPorts } from '../core/ports.ts';
import type { Range } from './range.ts';

export interface PolicyInForce {
  readonly state: PolicyState;
  /** The policy's text for the log, by digest; null when it could not be read. */
  readonly attachment: { readonly path: string; readonly bytes: Uint8Array } | null;
}

type PolicyPorts = Pick<ReadPorts, 'policy' | 'sha256'>;

/**
 * The policy that judges a change: read from the default branch at the commit that it names now, never from the change
 * (invariant 5). Proven absent: the built-in strict policy. Unreadable or invalid: a state that can only hold.
 */
export async function policyInForce(ports: PolicyPorts, repository: RepositoryFacts): Promise<PolicyInForce> {
  return judging(ports, await ports.policy.read(repository));
}

/**
 * The policy from before a deployment, which judges it beside the one in force: a push to the default branch changes what is
 * deployed and the policy in one go, and no policy may let in what it comes along with (invariant 5, attack C75). It is that of
 * the commit which this log released there before, whatever the range shows as changed: a policy may have been pushed after
 * the commit that is deployed.
 *
 * Where that commit has no policy that could judge (nobody can mend it there any more), or nothing was released yet, the built-in policy stands for it: then too
 * one person with `maintain` agrees who had no part, and somebody like that can always be found.
 *
 * @returns null: it is the one in force
 */
export async function policyBefore(
  ports: PolicyPorts,
  repository: RepositoryFacts,
  { baseSha, isBaseReleased }: Pick<Range, 'baseSha' | 'isBaseReleased'>,
  { state: now }: PolicyInForce,
): Promise<PolicyInForce | null> {
  const base = isBaseReleased ? baseSha : null;
  const read = base === null ? null : await ports.policy.readAt(repository, base);
  const before =
    read === null || (read.kind === 'unreadable' && read.isForGood === true)
      ? builtIn(ports, base ?? (now.kind === 'unreadable' ? '' : now.commitSha))
      : judging(ports, read);
  const { state } = before.state.kind === 'invalid' ? builtIn(ports, before.state.commitSha) : before;
  return state.kind !== 'unreadable' && policyDigestOf(state) === policyDigestOf(now)
    ? null
    : { state, attachment: null };
}

function judging(ports: PolicyPorts, read: PolicyRead): PolicyInForce {
  switch (read.kind) {
    case 'unreadable':
      return { state: { kind: 'unreadable', detail: read.detail }, attachment: null };
    case 'absent':
      return builtIn(ports, read.commitSha);
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

function builtIn({ sha256 }: PolicyPorts, commitSha: string): PolicyInForce {
  const bytes = utf8(BUILT_IN_POLICY_TEXT);
  const digest = toHex(sha256(bytes));
  return {
    state: { kind: 'in-force', policy: builtInPolicy, source: 'built-in', digest, commitSha },
    attachment: { path: `policies/${digest}.yml`, bytes },
  };
}

/**
 * What stands in a request's digest for the policy. A policy that cannot be read has no digest: the request then is
 * another one as soon as it can be.
 */
export function policyDigestOf(state: PolicyState): string {
  return state.kind === 'unreadable' ? 'unreadable' : state.digest;
}
