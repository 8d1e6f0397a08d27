import { pinnedId } from './fields.ts';
import { isInNamedPaths, isNamedPaths } from './named-paths.ts';
import { matchesName } from './name-pattern.ts';
import { compileGlobs } from './path-glob.ts';
import type { PathMatcher } from './path-glob.ts';
import type { Subject } from './requirement.ts';
import type { Policy, PolicyMatchers } from './schema.ts';

/**
 * Whether a rule's `when` fits: every key that is there fits, and a key fits when any entry of it does. What is not known
 * fits (a cut list of files, a suspected agent, a run without a branch): a rule only adds, so doubt adds too.
 */
export function ruleMatches(when: PolicyMatchers, subject: Subject, policy: Policy): boolean {
  return (
    fits(when.kind, (kind) => kind === subject.kind) &&
    fits(when.environment, (pattern) => subject.environment !== null && matchesName(pattern, subject.environment)) &&
    fits(when.branch, (pattern) => subject.branch === null || matchesName(pattern, subject.branch)) &&
    fits(when.event, (event) => event === subject.event) &&
    fits(when.labels, (pattern) => subject.labels.some((label) => matchesName(pattern, label))) &&
    fits(when.repository, (pattern) => matchesName(pattern, subject.repository)) &&
    fits(when.initiator, (account) => subject.initiator === null || pinnedId(account) === subject.initiator.id) &&
    fits(when.during, (name) => isWithin(policy.windows?.[name], subject.now)) &&
    fitsAgent(when.agent, subject) &&
    fitsPaths(when.paths, subject, policy)
  );
}

function fits<T>(entries: readonly T[] | undefined, one: (entry: T) => boolean): boolean {
  return entries === undefined || entries.some(one);
}

/** Half open. A window that is not there cannot pass the schema; if it were, the rule would apply. */
function isWithin(window: { readonly from: number; readonly to: number } | undefined, now: number): boolean {
  return window === undefined || (window.from <= now && now < window.to);
}

function fitsAgent(wanted: PolicyMatchers['agent'], subject: Subject): boolean {
  if (wanted === undefined) return true;
  // Which agent is only a guess, so it may be the one that the rule names.
  if (subject.class === 'suspected') return true;
  if (subject.class !== 'agent') return false;
  return wanted === true || subject.agents.length === 0 || subject.agents.some((agent) => wanted.includes(agent));
}

function fitsPaths(patterns: PolicyMatchers['paths'], subject: Subject, policy: Policy): boolean {
  if (patterns === undefined || !subject.pathsComplete) return true;
  const matches = pathMatcher(patterns, policy);
  return subject.paths.some(matches);
}

/** Compiled once for as long as the parsed policy lives. */
const compiled = new WeakMap<readonly string[], PathMatcher>();

function pathMatcher(patterns: readonly string[], policy: Policy): PathMatcher {
  const known = compiled.get(patterns);
  if (known !== undefined) return known;
  const globs = compileGlobs(patterns.filter((pattern) => !pattern.startsWith('@')));
  const sets = patterns
    .filter((pattern) => pattern.startsWith('@'))
    .map((pattern) => pattern.slice(1))
    .map((name): PathMatcher => {
      if (isNamedPaths(name)) return (path) => isInNamedPaths(name, path);
      const own = policy.paths?.[name];
      // A set that is not there cannot pass the schema; if it were, it would hold every path.
      return own === undefined ? () => true : pathMatcher(own, policy);
    });
  const matcher: PathMatcher = (path) => globs(path) || sets.some((set) => set(path));
  compiled.set(patterns, matcher);
  return matcher;
}
