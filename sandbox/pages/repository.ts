import { currentAttempt } from '../present/run.ts';
import type { PullRecord, RepoRecord, World } from '../state.ts';
import { address, folder } from './files.ts';
import { html, type Html } from './html.ts';
import { badge, layout, listing, type Visit } from './layout.ts';

export function homePage(world: World, visit: Visit): Html {
  const repos = [...world.repos.values()].map(
    (repo) => html`<li><a href="/${repo.fullName}">${repo.fullName}</a></li>`,
  );
  const none = html`<p class="dim">No repository yet.</p>`;
  return layout(
    { title: 'Repositories', repo: null },
    visit,
    html`<h1>Repositories</h1>
      ${
        repos.length === 0
          ? none
          : html`<ul>
              ${repos}
            </ul>`
      }
      <p class="dim">
        A local stand-in for GitHub. Whoever opens these pages may act as anybody. API: ${world.apiUrl}
      </p>`,
  );
}

export function repositoryPage(world: World, repo: RepoRecord, visit: Visit): Html {
  const base = `/${repo.fullName}`;
  const pulls = [...repo.pulls.values()]
    .toReversed()
    .map((pull) => [
      html`<a href="${base}/pull/${pull.number}">#${pull.number} <bdi>${pull.title}</bdi></a>`,
      pull.author.login,
      badge(pullState(pull)),
    ]);
  const own = [...world.runs.values()].filter((run) => run.repo === repo).toReversed();
  const runs = own.map((run) => {
    const attempt = currentAttempt(run);
    return [
      html`<a href="${base}/actions/runs/${run.id}">${run.spec.name} #${run.runNumber}</a>`,
      `attempt ${attempt.number}, by ${attempt.triggeringActor.login}`,
      badge(attempt.conclusion ?? attempt.status),
    ];
  });
  const branches = [...repo.git.refs('refs/heads/')].map(([name, sha]) => {
    const branch = name.slice('refs/heads/'.length);
    return [html`<a href="${address(repo, 'tree', branch, '')}">${branch}</a>`, html`<code>${sha.slice(0, 12)}</code>`];
  });
  return layout(
    { title: repo.fullName, repo },
    visit,
    html`<h1>${repo.fullName}</h1>
      <h2>Pull requests</h2>
      ${listing(['Pull request', 'Author', 'State'], pulls, 'No pull request yet.')}
      <h2>Runs</h2>
      ${listing(['Run', 'Started', 'State'], runs, 'No run yet.')}
      <h2>Branches</h2>
      ${listing(['Branch', 'Head'], branches, 'No branch yet.')}
      <h2>Files of ${repo.defaultBranch}</h2>
      ${folder(repo, repo.defaultBranch, '')}
      <p class="dim">git clone ${world.url}${base}.git</p>`,
  );
}

export function pullState(pull: PullRecord): string {
  if (pull.mergedAt !== null) return 'merged';
  return pull.state === 'open' && pull.draft ? 'draft' : pull.state;
}
