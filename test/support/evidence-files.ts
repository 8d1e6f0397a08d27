import { GitRepository } from '../../sandbox/git/repository.ts';
import { listTree } from '../../sandbox/git/tree.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { evidenceBranch } from './evidence-repository.ts';

/**
 * Every file of a repository's evidence branch, as git's objects have them: path to exact bytes, in git's order. Read
 * without the product, and without a git process: hundreds of tests ask.
 */
export function evidenceFiles(sandbox: Sandbox, repo: string, ref = evidenceBranch): Map<string, Uint8Array> {
  const git = new GitRepository(sandbox.gitDir(repo));
  const commit = git.resolve(ref);
  if (commit === undefined) throw new Error(`${repo} has no ${ref}`);
  return new Map(
    [...listTree(git.objects, commit.tree)].map(([path, { sha }]) => {
      const blob = git.objects.read(sha);
      if (blob === undefined) throw new Error(`${path} is not in the repository`);
      return [path, Uint8Array.from(blob.body)];
    }),
  );
}

/** All of it as one text: what must never stand in the log is searched for here. */
export function evidenceText(sandbox: Sandbox, repo: string): string {
  return [...evidenceFiles(sandbox, repo)]
    .map(([path, bytes]) => `${path}\n${Buffer.from(bytes).toString('utf8')}`)
    .join('\n');
}
