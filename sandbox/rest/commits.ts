import { posix } from 'node:path';

import { diffTrees, type FileChange } from '../git/diff.ts';
import { commitsBetween, mergeBase } from '../git/history.ts';
import type { Commit } from '../git/commit.ts';
import { entryAt, readTree, type TreeEntry } from '../git/tree.ts';
import { ok, param, repoIn, type Answer, type Call, type Handler } from '../http/call.ts';
import { listed, paginate } from '../http/paginate.ts';
import { rawAnswer, wantsRaw, wrapBase64 } from '../http/raw.ts';
import { presentCommit, presentFile } from '../present/commit.ts';
import { presentPullSimple } from '../present/pull.ts';
import { repoUrl } from '../present/repository.ts';
import { Refused } from '../refused.ts';
import type { RepoRecord } from '../state.ts';
import { pullsOfCommit } from '../world/commit-pulls.ts';

const R = '/repos/{owner}/{repo}';
const MOST_FILES = 300;
const MOST_COMMITS = 250;

export const routes: Readonly<Record<string, Handler>> = {
  [`GET ${R}/commits`]: (call) => {
    const repo = repoIn(call);
    const start = commitNamed(repo, call.query.get('sha') ?? repo.defaultBranch);
    const all = commitsBetween(repo.git, null, start.sha).toReversed();
    return listed(call, all, (commit) => presentCommit(call.world, repo, commit));
  },
  [`GET ${R}/commits/{ref}`]: (call) => {
    const repo = repoIn(call);
    const commit = commitNamed(repo, param(call, 'ref'));
    const parent = commit.parents[0];
    const files = changedFiles(repo, parent === undefined ? null : parent, commit.sha);
    const { items, headers } = paginate(call, files, MOST_FILES);
    const stats = { additions: sum(files, 'additions'), deletions: sum(files, 'deletions') };
    return {
      status: 200,
      headers,
      body: {
        ...presentCommit(call.world, repo, commit),
        stats: { ...stats, total: stats.additions + stats.deletions },
        files: items.map((file) => presentFile(call.world, repo, file, commit.sha)),
      },
    };
  },
  [`GET ${R}/commits/{commit_sha}/pulls`]: (call) => {
    const repo = repoIn(call);
    const commit = commitNamed(repo, param(call, 'commit_sha'));
    return listed(call, pullsOfCommit(repo, commit.sha), (pull) => presentPullSimple(call.world, pull));
  },
  [`GET ${R}/compare/{basehead}`]: compare,
  [`GET ${R}/contents/{path}`]: contents,
};

function commitNamed(repo: RepoRecord, name: string): Commit {
  const commit = repo.git.resolve(name);
  if (commit === undefined) {
    const sha = /^[0-9a-f]{40}$/.test(name);
    throw sha ? new Refused(422, `No commit found for SHA: ${name}`) : new Refused(404, 'Not Found');
  }
  return commit;
}

function changedFiles(repo: RepoRecord, before: string | null, after: string): readonly FileChange[] {
  const from = before === null ? null : (repo.git.commit(before)?.tree ?? null);
  const to = repo.git.commit(after)?.tree;
  return to === undefined ? [] : diffTrees(repo.git.objects, from, to);
}

function sum(files: readonly FileChange[], key: 'additions' | 'deletions'): number {
  return files.reduce((total, file) => total + file[key], 0);
}

/** Three dots: from the merge base to the head. Unpaged: the last 250 commits; files only on the first page, 300 at most. */
function compare(call: Call): Answer {
  const repo = repoIn(call);
  const [baseName, headName, ...more] = param(call, 'basehead').split('...');
  if (baseName === undefined || headName === undefined || more.length > 0) throw new Refused(404, 'Not Found');
  const base = repo.git.resolve(baseName);
  const head = repo.git.resolve(headName);
  if (base === undefined || head === undefined) throw new Refused(404, 'Not Found');
  const fork = repo.git.commit(mergeBase(repo.git, base.sha, head.sha) ?? '');
  if (fork === undefined) throw new Refused(404, `No common ancestor between ${baseName} and ${headName}.`);
  const ahead = commitsBetween(repo.git, base.sha, head.sha);
  const behind = commitsBetween(repo.git, head.sha, base.sha).length;
  const paged = call.query.has('page') || call.query.has('per_page');
  const { items, headers } = paged ? paginate(call, ahead) : { items: ahead.slice(-MOST_COMMITS), headers: {} };
  const firstPage = (call.query.get('page') ?? '1') === '1';
  const files = firstPage ? changedFiles(repo, fork.sha, head.sha).slice(0, MOST_FILES) : [];
  const url = `${repoUrl(call.world, repo)}/compare/${baseName}...${headName}`;
  const page = `${call.world.url}/${repo.fullName}/compare/${baseName}...${headName}`;
  return {
    status: 200,
    headers,
    body: {
      url,
      html_url: page,
      permalink_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      base_commit: presentCommit(call.world, repo, base),
      merge_base_commit: presentCommit(call.world, repo, fork),
      status: relation(ahead.length, behind),
      ahead_by: ahead.length,
      behind_by: behind,
      total_commits: ahead.length,
      commits: items.map((commit) => presentCommit(call.world, repo, commit)),
      files: files.map((file) => presentFile(call.world, repo, file, head.sha)),
    },
  };
}

function relation(ahead: number, behind: number): 'ahead' | 'behind' | 'diverged' | 'identical' {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

function contents(call: Call): Answer {
  const repo = repoIn(call);
  const path = param(call, 'path').replace(/\/$/, '');
  const ref = call.query.get('ref') ?? repo.defaultBranch;
  const commit = repo.git.resolve(ref);
  if (commit === undefined) throw new Refused(404, `No commit found for the ref ${ref}`);
  const found = entryAt(repo.git.objects, commit.tree, path);
  if (found === undefined) throw new Refused(404, 'Not Found');
  const entry = { ...(linkedFile(repo, commit.tree, path, found) ?? found), name: found.name };
  if (entry.mode !== '040000' && wantsRaw(call))
    return rawAnswer(repo.git.objects.read(entry.sha)?.body ?? Buffer.alloc(0));
  if (entry.mode !== '040000') return ok(presentContent(call, { repo, entry, path, ref, whole: true }));
  const inside = readTree(repo.git.objects, entry.sha);
  return ok(
    inside.map((item) => {
      const itemPath = path === '' ? item.name : `${path}/${item.name}`;
      return presentContent(call, { repo, entry: item, path: itemPath, ref, whole: false });
    }),
  );
}

/** A symbolic link that is asked for itself answers the file that it leads to, without a word; in a list it is one. */
function linkedFile(repo: RepoRecord, tree: string, path: string, entry: TreeEntry): TreeEntry | undefined {
  if (entry.mode !== '120000') return undefined;
  const target = repo.git.objects.read(entry.sha)?.body.toString('utf8') ?? '';
  const file = entryAt(repo.git.objects, tree, posix.join(posix.dirname(path), target));
  return file?.mode.startsWith('100') === true ? file : undefined;
}

function presentContent(
  call: Call,
  file: {
    readonly repo: RepoRecord;
    readonly entry: TreeEntry;
    readonly path: string;
    readonly ref: string;
    readonly whole: boolean;
  },
): unknown {
  const { repo, entry, path, ref } = file;
  const body = repo.git.objects.read(entry.sha)?.body ?? Buffer.alloc(0);
  const isFile = entry.mode !== '040000';
  const api = repoUrl(call.world, repo);
  const url = `${api}/contents/${encodeURI(path)}?ref=${encodeURIComponent(ref)}`;
  const git = `${api}/git/${isFile ? 'blobs' : 'trees'}/${entry.sha}`;
  const html = `${call.world.url}/${repo.fullName}/blob/${ref}/${path}`;
  return {
    type: entry.mode === '120000' ? 'symlink' : isFile ? 'file' : 'dir',
    size: isFile ? body.length : 0,
    name: entry.name,
    path,
    sha: entry.sha,
    url,
    git_url: git,
    html_url: html,
    download_url: isFile ? html : null,
    _links: { self: url, git, html },
    // Above 1 MB it sends none.
    ...(file.whole && body.length <= 1_048_576 ? { encoding: 'base64', content: wrapBase64(body) } : {}),
    ...(file.whole && body.length > 1_048_576 ? { encoding: 'none', content: '' } : {}),
  };
}
