/** Characters that show nothing: a name that differs only by them is meant to be taken for the other (C19). */
const INVISIBLE = /\p{Cf}/gu;

/** Nothing but visible ASCII: only case has to be folded. */
const PLAIN = /^[!-~]*$/;

/** One spelling for names that GitHub or a reader takes for the same: case, width, blanks, invisible characters (C52). */
function fold(name: string): string {
  if (PLAIN.test(name)) return name.toLowerCase();
  return name.normalize('NFKC').replaceAll(INVISIBLE, '').trim().toLowerCase();
}

/**
 * Whether a name (environment, branch, label, repository) fits a pattern in which `*` stands for any characters, `/`
 * included. Case and invisible characters never matter: every match only adds a requirement, so the wider reading is
 * the safe one.
 *
 * Greedy with one step back, so linear in practice: names are chosen by the requesting side, and no regular expression
 * is built from a policy (C82).
 */
export function matchesName(pattern: string, name: string): boolean {
  const wanted = fold(pattern);
  const given = fold(name);
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let position = 0; position < given.length;) {
    if (wanted[at] === '*') {
      star = at;
      resume = position;
      at += 1;
    } else if (at < wanted.length && wanted[at] === given[position]) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      resume += 1;
      position = resume;
      at = star + 1;
    } else return false;
  }
  while (wanted[at] === '*') at += 1;
  return at === wanted.length;
}
