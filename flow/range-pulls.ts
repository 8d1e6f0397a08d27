import { GateError } from '../core/errors.ts';
import type { CommitFacts, RepositoryRef } from '../core/facts.ts';
import type { ReadPorts } from '../core/ports.ts';

/** Four calls a pull request: more of them than this in one range would use up the hour's calls for one decision. */
const PULLS_MAX = 300;
const ORIGINS_MAX = 100;

/** What `git cherry-pick -x` writes. */
const PICKED = /^\(cherry picked from commit ([0-9a-f]{40})\)/gm;

export interface RangePulls {
  /** Pull requests through which the commits came, those of the head first, then the newest. */
  readonly numbers: readonly number[];
  readonly incomplete: readonly string[];
}

/**
 * The pull requests to look at. A commit that says where it was picked from brings the pull request of its original along: who
 * asked the agent for it stands there and nowhere else. Text can only add some. With a commit of the default branch GitHub
 * tells only what is merged, so the open pull request whose review countersigns (`main` into `production`) is looked up by its head.
 */
export async function pullsOfRange(
  ports: ReadPorts,
  ref: RepositoryRef,
  commits: readonly CommitFacts[],
  headSha: string,
): Promise<RangePulls> {
  const own = new Set(commits.map(({ sha }) => sha));
  const origins = new Set(
    commits
      .flatMap(({ message }) => [...message.matchAll(PICKED)].map(([, sha = '']) => sha))
      .filter((sha) => !own.has(sha)),
  );
  const originals = await readOriginals(ports, ref, [...origins].slice(0, ORIGINS_MAX));
  const numbersOf = (some: readonly CommitFacts[]): readonly number[] =>
    some.flatMap(({ pulls }) => pulls.map(({ number }) => number)).toSorted((a, b) => b - a);
  const open = (await ports.forge.openPullsWithHead(ref, headSha)).toSorted((a, b) => b - a);
  const numbers = [
    ...new Set([
      ...open,
      ...numbersOf(commits.filter(({ sha }) => sha === headSha)),
      ...numbersOf([...commits, ...(originals ?? [])]),
    ]),
  ];
  return {
    numbers: numbers.slice(0, PULLS_MAX),
    incomplete: [
      ...(originals === null || origins.size > ORIGINS_MAX ? ['cherry-picked-from-unknown'] : []),
      ...(numbers.length > PULLS_MAX ? ['pull-requests-truncated'] : []),
    ],
  };
}

/** null: one of them is not in this repository. */
async function readOriginals(
  ports: ReadPorts,
  ref: RepositoryRef,
  shas: readonly string[],
): Promise<readonly CommitFacts[] | null> {
  if (shas.length === 0) return [];
  try {
    return await ports.forge.commits(ref, shas);
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return null;
    throw error;
  }
}
