import type { PullFacts, RepositoryFacts } from '../core/facts.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import { requestCode, requestDigest } from '../core/gate/request-digest.ts';
import { inScope } from '../core/policy/match.ts';
import type { Subject } from '../core/policy/requirement.ts';
import type { ReadPorts } from '../core/ports.ts';
import type { PullRequestRequest } from '../core/request.ts';
import { evaluate } from './evaluate.ts';
import type { Evaluation } from './evaluate.ts';
import { gatherPullRequest } from './gather.ts';
import type { Gathered } from './gather.ts';
import { askedByUnknown } from './parties.ts';
import { policyDigestOf, policyInForce } from './policy-in-force.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import { digestReviews, pullRequestReviews } from './reviews.ts';

export interface PullJudged {
  /** false: the policy does not gate it. */
  readonly scoped: boolean;
  readonly evaluation: Evaluation;
}

/**
 * Judges one pull request as it stands now and changes nothing.
 *
 * @param earlier what was known of it before: evidence only ratchets up
 * @param keep called with what was gathered before anything else is read, so that a failure later on loses none of it
 */
export async function judgePullRequest(
  ports: ReadPorts,
  repository: RepositoryFacts,
  pull: PullFacts,
  earlier: Parameters<typeof gatherPullRequest>[4],
  keep: (gathered: Gathered) => Promise<void> = async () => {},
): Promise<PullJudged> {
  const { ref } = repository;
  const policy = await policyInForce(ports, repository);
  const inForce = policy.state.kind === 'in-force' ? policy.state.policy : null;
  const gathered = await gatherPullRequest(ports, ref, pull, inForce, earlier);
  await keep(gathered);
  const subject = subjectOf(ports, repository, pull, gathered);
  const request = requestOf(repository, pull, policy);
  const digest = requestDigest(request, ports.sha256);
  const scoped = inForce === null || inScope(inForce, subject);
  const reviews = scoped
    ? [
        ...(await pullRequestReviews(ports, ref, pull, gathered.change.pulls[0]?.timeline ?? [], requestCode(digest))),
        ...(await digestReviews(ports, ref, digest)),
      ]
    : [];
  const unknown = askedByUnknown(gathered.parties, inForce);
  const evaluation = await evaluate(ports, {
    repository,
    request,
    gathered,
    policy,
    subject,
    reviews,
    blocks: [...blocksOf(pull, gathered), ...unknown.blocks],
    moreSeats: unknown.moreSeats,
  });
  return { scoped, evaluation };
}

function blocksOf(pull: PullFacts, gathered: Gathered): readonly Because[] {
  const moved = gathered.change.incomplete.includes('head-moved');
  return [
    ...(pull.draft ? [because('draft-pull-request', { number: pull.number })] : []),
    ...(moved ? [because('facts-incomplete', { what: 'the head moved while it was read' })] : []),
  ];
}

function subjectOf(ports: ReadPorts, { ref }: RepositoryFacts, pull: PullFacts, gathered: Gathered): Subject {
  return {
    kind: 'pull-request',
    environment: null,
    branch: pull.baseRef,
    paths: gathered.paths,
    pathsComplete: gathered.pathsComplete,
    class: gathered.classification.class,
    agents: gathered.classification.agents,
    labels: pull.labels,
    event: 'pull_request',
    initiator: pull.author,
    repository: `${ref.owner}/${ref.name}`,
    now: ports.clock.now(),
  };
}

function requestOf({ ref }: RepositoryFacts, pull: PullFacts, policy: PolicyInForce): PullRequestRequest {
  return {
    kind: 'pull-request',
    repository: { host: ref.host, installationId: ref.installationId, id: ref.id },
    headSha: pull.headSha,
    policyDigest: policyDigestOf(policy.state),
    number: pull.number,
    baseRef: pull.baseRef,
  };
}
