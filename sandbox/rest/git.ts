import { GITHUB_SIGNER, withSignature, type Person } from '../git/commit.ts';
import { parseTag, type Tag } from '../git/tag.ts';
import { editTree, listTree, readTree, type FileEntry } from '../git/tree.ts';
import { BadBody, type Body } from '../http/body.ts';
import { actorOf, ok, param, repoIn, type Answer, type Call, type Handler } from '../http/call.ts';
import { rawAnswer, wantsRaw, wrapBase64 } from '../http/raw.ts';
import { presentGitCommit } from '../present/commit.ts';
import { repoUrl } from '../present/repository.ts';
import { isoTime, type Schemas } from '../present/schemas.ts';
import { Refused } from '../refused.ts';
import type { RepoRecord } from '../state.ts';
import { checkFastForward, moveRef } from '../world/push.ts';

const R = '/repos/{owner}/{repo}';

export const routes: Readonly<Record<string, Handler>> = {
  [`GET ${R}/git/ref/{ref}`]: (call) => {
    const repo = repoIn(call);
    const name = `refs/${param(call, 'ref')}`;
    const sha = repo.git.ref(name);
    if (sha === undefined) throw new Refused(404, 'Not Found');
    return ok(presentRef(call, repo, name, sha));
  },
  [`GET ${R}/git/matching-refs/{ref}`]: (call) => {
    const repo = repoIn(call);
    const found = [...repo.git.refs(`refs/${param(call, 'ref')}`)];
    return ok(found.map(([name, sha]) => presentRef(call, repo, name, sha)));
  },
  [`POST ${R}/git/refs`]: (call) => {
    const repo = repoIn(call);
    const name = call.body.text('ref');
    const sha = call.body.text('sha');
    if (!/^refs\/[^/\s]+\/\S+$/.test(name)) throw new BadBody('ref', "must start with 'refs/' and have two slashes");
    if (repo.git.objects.read(sha) === undefined) throw new Refused(422, 'Object does not exist');
    if (repo.git.ref(name) !== undefined) throw new Refused(422, 'Reference already exists');
    moveRef(call.world, repo, { ref: name, to: sha, actor: actorOf(call) });
    return ok(presentRef(call, repo, name, sha), 201);
  },
  [`PATCH ${R}/git/refs/{ref}`]: (call) => {
    const repo = repoIn(call);
    const name = `refs/${param(call, 'ref')}`;
    const sha = call.body.text('sha');
    if (repo.git.ref(name) === undefined) throw new Refused(422, 'Reference does not exist');
    if (repo.git.objects.read(sha) === undefined) throw new Refused(422, 'Object does not exist');
    if (call.body.flag('force') !== true) checkFastForward(repo, name, sha);
    moveRef(call.world, repo, { ref: name, to: sha, actor: actorOf(call) });
    return ok(presentRef(call, repo, name, sha));
  },
  [`DELETE ${R}/git/refs/{ref}`]: (call) => {
    const repo = repoIn(call);
    const name = `refs/${param(call, 'ref')}`;
    if (repo.git.ref(name) === undefined) throw new Refused(422, 'Reference does not exist');
    moveRef(call.world, repo, { ref: name, to: null, actor: actorOf(call) });
    return { status: 204 };
  },
  [`GET ${R}/git/blobs/{file_sha}`]: (call) => {
    const repo = repoIn(call);
    const sha = param(call, 'file_sha');
    const object = repo.git.objects.read(sha);
    if (object?.type !== 'blob') throw new Refused(404, 'Not Found');
    if (wantsRaw(call)) return rawAnswer(object.body);
    const url = `${repoUrl(call.world, repo)}/git/blobs/${sha}`;
    const content = wrapBase64(object.body);
    return ok({ sha, node_id: `B_${sha}`, size: object.body.length, url, content, encoding: 'base64' });
  },
  [`POST ${R}/git/blobs`]: (call) => {
    const repo = repoIn(call);
    const encoding = call.body.has('encoding') ? call.body.oneOf('encoding', ['utf-8', 'base64']) : 'utf-8';
    const sha = repo.git.writeBlob(Buffer.from(call.body.text('content', 40_000_000), encoding));
    return ok({ sha, url: `${repoUrl(call.world, repo)}/git/blobs/${sha}` }, 201);
  },
  [`GET ${R}/git/trees/{tree_sha}`]: (call) => {
    const repo = repoIn(call);
    const named = param(call, 'tree_sha');
    const sha = repo.git.resolve(named)?.tree ?? named;
    if (repo.git.objects.read(sha)?.type !== 'tree') throw new Refused(404, 'Not Found');
    return ok(presentTree(call, repo, sha, call.query.has('recursive')));
  },
  [`POST ${R}/git/trees`]: makeTree,
  [`GET ${R}/git/tags/{tag_sha}`]: (call) => {
    const repo = repoIn(call);
    const sha = param(call, 'tag_sha');
    const object = repo.git.objects.read(sha);
    if (object?.type !== 'tag') throw new Refused(404, 'Not Found');
    return ok(presentTag(call, repo, sha, parseTag(object.body)));
  },
  [`GET ${R}/git/commits/{commit_sha}`]: (call) => {
    const repo = repoIn(call);
    const commit = repo.git.commit(param(call, 'commit_sha'));
    if (commit === undefined) throw new Refused(404, 'Not Found');
    return ok(presentGitCommit(call.world, repo, commit));
  },
  [`POST ${R}/git/commits`]: makeCommit,
};

function presentRef(call: Call, repo: RepoRecord, name: string, sha: string): unknown {
  const url = repoUrl(call.world, repo);
  const type = repo.git.objects.read(sha)?.type ?? 'commit';
  return {
    ref: name,
    node_id: `REF_${Buffer.from(name).toString('base64url')}`,
    url: `${url}/git/${name}`,
    object: { sha, type, url: `${url}/git/${type}s/${sha}` },
  };
}

function presentTag(call: Call, repo: RepoRecord, sha: string, tag: Tag): Schemas['git-tag'] {
  const url = `${repoUrl(call.world, repo)}/git`;
  const { name, email, seconds } = tag.tagger;
  return {
    node_id: `TA_${sha}`,
    sha,
    url: `${url}/tags/${sha}`,
    tag: tag.name,
    message: tag.message.trimEnd(),
    tagger: { name, email, date: isoTime(seconds * 1000) },
    object: { sha: tag.object, type: tag.type, url: `${url}/${tag.type}s/${tag.object}` },
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
  };
}

function presentTree(call: Call, repo: RepoRecord, sha: string, recursive: boolean): unknown {
  const { objects } = repo.git;
  const entries: readonly (readonly [string, FileEntry])[] = recursive
    ? [...listTree(objects, sha, true)]
    : readTree(objects, sha).map((entry) => [entry.name, entry]);
  const url = `${repoUrl(call.world, repo)}/git`;
  return {
    sha,
    url: `${url}/trees/${sha}`,
    truncated: false,
    tree: entries.map(([path, entry]) => {
      if (entry.mode === '040000') {
        return { path, mode: entry.mode, type: 'tree', sha: entry.sha, url: `${url}/trees/${entry.sha}` };
      }
      const size = objects.read(entry.sha)?.body.length ?? 0;
      return { path, mode: entry.mode, type: 'blob', sha: entry.sha, size, url: `${url}/blobs/${entry.sha}` };
    }),
  };
}

function makeTree(call: Call): Answer {
  const repo = repoIn(call);
  const base = call.body.optionalText('base_tree');
  const baseTree = base === undefined ? null : (repo.git.commit(base)?.tree ?? base);
  if (baseTree !== null && repo.git.objects.read(baseTree)?.type !== 'tree') throw new Refused(404, 'Not Found');
  const entries = call.body.bodies('tree');
  if (entries.length === 0) throw new BadBody('tree', 'must not be empty');
  const changes = new Map(entries.map((entry) => [entry.filled('path'), treeEntry(repo, entry)]));
  const sha = editTree(repo.git.objects, baseTree, changes);
  return ok(presentTree(call, repo, sha, false), 201);
}

function treeEntry(repo: RepoRecord, entry: Body): FileEntry | null {
  const mode = entry.oneOf('mode', ['100644', '100755', '040000', '160000', '120000']);
  const content = entry.optionalText('content', 40_000_000);
  if (content !== undefined) return { mode, sha: repo.git.writeBlob(content) };
  const sha = entry.optionalText('sha');
  if (sha === undefined) return null;
  if (repo.git.objects.read(sha) === undefined) throw new Refused(422, `tree.sha ${sha} is not a valid object`);
  return { mode, sha };
}

/** Signed by GitHub only when an App leaves out author, committer and signature. */
function makeCommit(call: Call): Answer {
  const repo = repoIn(call);
  const { body, world } = call;
  const tree = body.text('tree');
  if (repo.git.objects.read(tree)?.type !== 'tree') throw new Refused(422, 'Tree SHA does not exist');
  const parents = body.texts('parents');
  for (const parent of parents) {
    if (repo.git.commit(parent) === undefined)
      throw new Refused(422, 'Parent SHA does not exist or is not a commit object');
  }
  const actor = actorOf(call);
  const self: Person = {
    name: actor.login,
    email: `${actor.id}+${actor.login}@users.noreply.github.com`,
    seconds: Math.floor(world.now() / 1000),
  };
  const author = personIn(body.body('author'), self);
  const committer = personIn(body.body('committer'), author ?? self);
  const signature = body.optionalText('signature');
  const byGitHub = author === undefined && committer === undefined && signature === undefined && actor.type === 'Bot';
  const parts = {
    tree,
    parents,
    author: author ?? self,
    committer: byGitHub
      ? { name: 'GitHub', email: 'noreply@github.com', seconds: self.seconds }
      : (committer ?? author ?? self),
    message: body.text('message'),
  };
  const unsigned = repo.git.writeCommit(parts, byGitHub ? GITHUB_SIGNER : undefined);
  const payload = repo.git.commit(unsigned)?.payload ?? '';
  const sha = signature === undefined ? unsigned : repo.git.objects.write('commit', withSignature(payload, signature));
  const commit = repo.git.commit(sha);
  if (commit === undefined) throw new Refused(422, 'The commit cannot be read');
  return ok(presentGitCommit(world, repo, commit), 201);
}

function personIn(body: Body | undefined, fallback: Person): Person | undefined {
  if (body === undefined) return undefined;
  const at = body.time('date');
  return {
    name: body.filled('name'),
    email: body.filled('email'),
    seconds: at === undefined ? fallback.seconds : Math.floor(at / 1000),
  };
}
