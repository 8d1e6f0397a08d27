import type { CheckRecord, PullRecord, World } from '../state.ts';
import { presentApp } from './account.ts';
import { presentPullMinimal } from './pull.ts';
import { repoUrl } from './repository.ts';
import { isoOrNull, type Schemas } from './schemas.ts';

export function presentCheck(world: World, check: CheckRecord): Schemas['check-run'] {
  const url = `${repoUrl(world, check.repo)}/check-runs/${check.id}`;
  return {
    id: check.id,
    head_sha: check.headSha,
    node_id: check.nodeId,
    external_id: check.externalId,
    url,
    html_url: `${world.url}/${check.repo.fullName}/runs/${check.id}`,
    details_url: check.detailsUrl ?? `${world.url}/${check.repo.fullName}/runs/${check.id}`,
    status: check.status,
    conclusion: check.conclusion,
    started_at: isoOrNull(check.startedAt),
    completed_at: isoOrNull(check.completedAt),
    output: { ...check.output, annotations_count: check.annotations, annotations_url: `${url}/annotations` },
    name: check.name,
    check_suite: { id: check.suiteId },
    app: presentApp(world, check.app),
    pull_requests: pullsWithHead(check.repo.pulls.values(), check).map((pull) => presentPullMinimal(world, pull)),
  };
}

/** Pull requests of forks are not detected, as on GitHub. */
function pullsWithHead(pulls: Iterable<PullRecord>, check: CheckRecord): readonly PullRecord[] {
  return [...pulls].filter(
    (pull) => pull.state === 'open' && pull.headSha === check.headSha && pull.headRepo.id === check.repo.id,
  );
}
