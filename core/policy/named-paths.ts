import { TECHNOLOGIES } from './infra-paths.ts';
import { compileGlobs } from './path-glob.ts';
import type { PathMatcher } from './path-glob.ts';

/**
 * Sets that every policy can name with a leading `@`. `@infra` is all of them together, and what `scope` means by infra;
 * the others are parts of it.
 */
export const NAMED_PATHS = ['infra', 'workflow', 'guardrails', 'data', 'iam', 'secrets'] as const;
export type NamedPaths = (typeof NAMED_PATHS)[number];

/** Whether a name (without `@`) is one of the sets that Countersign brings along. */
export function isNamedPaths(name: string): name is NamedPaths {
  return NAMED_PATHS.some((known) => known === name);
}

/** The globs of a set; for tests and documentation. */
export function globsOf(name: NamedPaths): readonly string[] {
  return TECHNOLOGIES.filter(({ kind }) => name === 'infra' || kind === name).flatMap(({ globs }) => globs);
}

const compiled = new Map<NamedPaths, PathMatcher>();

/** Whether one path belongs to a set. */
export function isInNamedPaths(name: NamedPaths, path: string): boolean {
  const matcher = compiled.get(name) ?? compileGlobs(globsOf(name));
  compiled.set(name, matcher);
  return matcher(path);
}

/**
 * Whether a change touches infrastructure in the widest sense: `@infra`.
 * @param paths - both names of every renamed file (C80); chosen by the requesting side
 * @param complete - false when the list was cut: then everything counts as touched (C81)
 */
export function touchesInfra(paths: readonly string[], complete: boolean): boolean {
  return !complete || paths.some((path) => isInNamedPaths('infra', path));
}
