import picomatch from 'picomatch';

/**
 * `dot`: `.github/x.tf` counts. `nocase`: two names that differ by case are one file on many machines (C80). `s`: a line
 * break in a folder's name hides nothing. `windows: false`: the same answer on every operating system.
 */
const OPTIONS = { dot: true, nocase: true, noextglob: true, windows: false, flags: 'is' } as const;

/** Longer paths are not matched but count as touched: matching must stay quick, and the requesting side names the files. */
const PATH_LENGTH_MAX = 1024;

/**
 * What is wrong with a glob that a policy's author wrote, as the end of a sentence (`…must not start with "!"`), or null.
 * Refused is whatever picomatch would quietly take for something else than its author meant, and whatever could make it
 * slow on a path that an attacker chose.
 */
export function globProblem(glob: string): string | null {
  for (const [wrong, problem] of PROBLEMS) if (wrong.test(glob)) return problem;
  if (count(glob, /\{/g) !== count(glob, /\}/g) || count(glob, /\[/g) !== count(glob, /\]/g)) {
    return 'has a bracket that is not closed';
  }
  const anyDepth = count(glob, /\*\*/g);
  if (anyDepth > 3) return 'has more than three "**"';
  if (glob.split('/').some((segment) => segment !== '**' && count(segment, /\*/g) > 2) || count(glob, /\*/g) > 10) {
    return 'has more than two "*" in one part';
  }
  return null;
}

const PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [/^\s|\s$|^$/, 'must not be empty, or start or end with a blank'],
  [/^!/, 'must not start with "!": a rule only adds, so nothing is taken out'],
  [/^\//, 'must not start with "/": paths start at the root of the repository'],
  [/\/$/, 'must not end with "/": write the folder without it, or "folder/**"'],
  [/\\/, 'must not hold a backslash'],
  [/[()|]|[}\]]\+|^\^|\$$/, 'looks like a regular expression; write a glob such as "infra/**"'],
  [/\/\/|(^|\/)\.{1,2}(\/|$)|\.\./, 'must not hold "//", "." or ".." as a part of its own'],
  [/[^/]\*\*|\*\*[^/]/, 'must have "**" only as a whole part, as in "infra/**/*.tf"'],
  [/\{[^,{}]*\}/, 'has braces without alternatives; write "{a,b}"'],
];

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

export type PathMatcher = (path: string) => boolean;

/** Answers that are kept: one decision asks for the same paths in many rules, and a request is decided many times. */
const REMEMBERED_MAX = 4096;

/**
 * Compiles globs into one question: does this path fit any of them? A glob that names a folder covers everything in it,
 * so that `infra` is not quietly a file of that name only.
 * @param globs - each already free of `globProblem`
 */
export function compileGlobs(globs: readonly string[]): PathMatcher {
  const sources = globs.map((glob) => picomatch.makeRe(glob.endsWith('**') ? glob : `${glob}{,/**}`, OPTIONS));
  const remembered = new Map<string, boolean>();
  return (path) => {
    if (path.length > PATH_LENGTH_MAX) return true;
    const known = remembered.get(path);
    if (known !== undefined) return known;
    const answer = sources.some((source) => source.test(path));
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(path, answer);
    return answer;
  };
}
