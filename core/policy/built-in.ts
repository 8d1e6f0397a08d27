import { parsePolicy } from './parse-policy.ts';
import type { Policy } from './schema.ts';

/**
 * The policy in force where a repository has proven to have none. Kept as text, because its digest stands in every record
 * that was made under it and its text goes beside them: a change here is a change of policy for everybody without one.
 */
export const BUILT_IN_POLICY_TEXT = `# The policy that Countersign brings along, in force where a repository has no .github/countersign.yml.
version: 1
scope:
  deployments: all
  pull-requests: agent-or-infra
groups:
  maintainers:
    min-permission: maintain
rules:
  - id: one-distinct-human
    why: One person who had no part in the change agrees before it ships
    when:
      kind: [deployment, pull-request]
    require:
      - from: maintainers
        count: 1
`;

/** `BUILT_IN_POLICY_TEXT`, parsed. */
export const builtInPolicy: Policy = parsed(BUILT_IN_POLICY_TEXT);

function parsed(text: string): Policy {
  const answer = parsePolicy(text);
  if (!answer.ok) throw new TypeError(`the built-in policy does not parse: ${JSON.stringify(answer.issues)}`);
  return answer.policy;
}
