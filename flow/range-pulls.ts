import { GateError } from '../core/errors.ts';
import type { CommitFacts, RepositoryRef } from '../core/facts.ts';
import type { ReadPorts } from '../core/ports.ts';

/** Four calls a pull request: more of them than this in one range would use up the hour's calls for one decision. */
const PULLS_MAX = 300;
const ORIGINS_MAX = 100;

/** Open ones of forks, which anybody can open as many of as he likes: they never keep one of ours from being looked at. */
const FORKS_MAX = 50;

/** What `git cherry-pick -x` writes. */
const PICKED = /^\(cherry picked from commit ([0-9a-f]{40})\)/gm;

export interface RangePulls {
  /**
   * Pull requests through which the commits came, those of the head first, then the newest; last the oldest open ones of forks,
   * through which nothing came, but on which somebody of here may have asked an agent.
   */
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
  const shas = new Set(commits.map(({ sha }) => sha));
  const origins = new Set(
    commits
      .flatMap(({ message }) => [...message.matchAll(PICKED)].map(([, sha = '']) => sha))
      .filter((sha) => !shas.has(sha)),
  );
  const originals = await readOriginals(ports, ref, [...origins].slice(0, ORIGINS_MAX));
  const open = await ports.forge.openPullsWithHead(ref, headSha);
  const ofHead = commits.filter(({ sha }) => sha === headSha).flatMap(({ pulls }) => pulls);
  const others = [...commits, ...(originals ?? [])].flatMap(({ pulls }) => pulls);
  const own = new Set([open.filter(isOurs), ofHead.filter(isOurs), others.filter(isOurs)].flatMap(newestFirst));
  const forks = new Set(newestFirst([...open, ...ofHead, ...others].filter((pull) => !isOurs(pull))).toReversed());
  return {
    numbers: [...[...own].slice(0, PULLS_MAX), ...[...forks].slice(0, FORKS_MAX)],
    incomplete: [
      ...(originals === null || origins.size > ORIGINS_MAX ? ['cherry-picked-from-unknown'] : []),
      ...(own.size > PULLS_MAX ? ['pull-requests-truncated'] : []),
    ],
  };
}

interface FoundPull {
  readonly number: number;
  readonly fromFork: boolean;
  readonly merged?: boolean;
}

function isOurs({ fromFork, merged }: FoundPull): boolean {
  return !fromFork || merged === true;
}

function newestFirst(pulls: readonly FoundPull[]): readonly number[] {
  return pulls.map(({ number }) => number).toSorted((a, b) => b - a);
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
