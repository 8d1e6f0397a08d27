import type { BranchPattern, EnvironmentRecord, RepoRecord, World } from '../state.ts';

/** The sandbox knows one way to protect a branch: a required check. */
export function isProtected(repo: RepoRecord, ref: string): boolean {
  return repo.requiredChecks.some((check) => `refs/heads/${check.branch}` === ref);
}

/** Whether a run on this ref (`GITHUB_REF`) may use the environment at all; a job that may not fails before any rule is asked. */
export function mayDeploy(repo: RepoRecord, environment: EnvironmentRecord, ref: string): boolean {
  const { branches } = environment;
  if (branches === null) return true;
  // A repository without any protected branch lets all of them deploy; that is GitHub's rule and a trap.
  if (branches === 'protected') return repo.requiredChecks.length === 0 || isProtected(repo, ref);
  return branches.some(({ type, name }) => matches(name, ref, type === 'tag' ? 'refs/tags/' : 'refs/heads/'));
}

export function branchPatterns(world: World, patterns: readonly string[]): readonly BranchPattern[] {
  return patterns.map((pattern) => {
    const tag = pattern.startsWith('refs/tags/');
    const name = tag ? pattern.slice('refs/tags/'.length) : pattern;
    return { id: world.nextId('branch-policy'), type: tag ? 'tag' : 'branch', name };
  });
}

/** `*` and `?` stop at a slash, as in Ruby's fnmatch with FNM_PATHNAME, which GitHub documents. */
function matches(pattern: string, ref: string, prefix: string): boolean {
  // The test merge of a pull request is neither branch nor tag; a pattern names it as `refs/pull/*/merge`.
  const name = ref.startsWith(prefix) ? ref.slice(prefix.length) : ref;
  if (name === ref && !ref.startsWith('refs/pull/')) return false;
  const source = pattern.replaceAll(/\*\*\/|[*?]|[\\^$.|+()[\]{}]/g, (part) => {
    if (part === '**/') return '(?:[^/]+/)*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
  return new RegExp(`^${source}$`).test(name);
}
