import { namedMailbox, searchable, trailersOf } from '../authorship/trailers.ts';

/** Somebody named in free text as the one who asked: a login to look up, a mailbox, or only words. */
export interface NamedPerson {
  /** In lower case, without `@`; null where none is written. */
  readonly login: string | null;
  readonly email: string | null;
  /** As it is written, without any mailbox and at most 60 characters. */
  readonly name: string;
}

const BODY_MAX = 65_536;
const NAME_MAX = 60;
/** A body or message names few people; whoever writes more wants work done, and those beyond count as unknown. */
const PEOPLE_MAX = 20;

// Devin writes `Requested by: @ada` or `Requested by: Ada Lovelace`; others the same with another verb. A colon or an `@` must
// follow: "started by moving the module" names nobody.
const ASKED =
  /^[\s>•-]*(?:(?:requested|prompted|triggered|initiated|assigned|invoked|delegated|started)[ -]by|on[ -]behalf[ -]of|prompt author|requester|requestor)\s*(?::\s*|(?=@|\[@))(\S.*)$/i;
const LOGIN = /(?<![\w@/.-])@([a-z0-9](?:[a-z0-9_-]{0,98}[a-z0-9])?)(?![\w/@-])/gi;
const ASKING_KEYS = new Set(['requested-by', 'prompted-by', 'triggered-by', 'requester', 'prompt-author']);

/** Who asked for it, as the body of an agent's pull request says. @param body written by anyone who can open or edit it */
export function askersInBody(body: string): readonly NamedPerson[] {
  const found: NamedPerson[] = [];
  for (const line of plain(body)) {
    const value = ASKED.exec(line)?.[1];
    if (value !== undefined) found.push(...peopleIn(value));
    if (found.length > PEOPLE_MAX) break;
  }
  return bounded(found);
}

/** Who asked for it, as the trailers of an agent's commit say. */
export function askersInMessage(message: string): readonly NamedPerson[] {
  return bounded(
    trailersOf(searchable(message))
      .filter(({ key }) => ASKING_KEYS.has(key))
      .flatMap(({ value }) => peopleIn(value)),
  );
}

/** The human of a git-ai note, or of any other field that holds a name, a mailbox or both. */
export function personIn(value: string): NamedPerson {
  const { name, email } = namedMailbox(value.slice(0, 400));
  return { login: null, email, name: shown(email === null ? value : name) };
}

function peopleIn(value: string): readonly NamedPerson[] {
  const logins = [...value.matchAll(LOGIN)].map(([, login = '']) => login.toLowerCase());
  if (logins.length > 0) return logins.map((login) => ({ login, email: null, name: `@${login}` }));
  return [personIn(value)];
}

/** Markdown's emphasis, links and quotation marks say nothing here; neither does what cannot be seen. */
function plain(body: string): readonly string[] {
  return body
    .slice(0, BODY_MAX)
    .normalize('NFKC')
    .replaceAll(/[*`]|(?<!\w)_{1,2}|_{1,2}(?!\w)|\p{Cf}/gu, '')
    .replaceAll(/\[([^[\]\n]{1,100})\]\([^()\n]{0,300}\)/g, '$1')
    .split(/\r?\n|<br\s*\/?>/);
}

function bounded(people: readonly NamedPerson[]): readonly NamedPerson[] {
  const distinct = [...new Map(people.map((person) => [JSON.stringify(person), person])).values()];
  return distinct.length <= PEOPLE_MAX
    ? distinct
    : [...distinct.slice(0, PEOPLE_MAX), { login: null, email: null, name: 'more people than are read' }];
}

function shown(text: string): string {
  const words = text.replaceAll(/\S+@\S+/g, '').trim();
  return words === '' ? 'a mailbox without an account' : words.slice(0, NAME_MAX).toWellFormed();
}
