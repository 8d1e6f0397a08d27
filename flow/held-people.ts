import { GateError } from '../core/errors.ts';
import type { RepositoryFacts } from '../core/facts.ts';
import { explainPerson } from '../core/gate/explain-person.ts';
import type { PersonExplained } from '../core/gate/explain-person.ts';
import type { Person, Releasers } from '../core/gate/who-could-release.ts';
import { isExcluded } from '../core/parties/find-parties.ts';
import type { Seat } from '../core/policy/requirement.ts';
import type { ReadPorts } from '../core/ports.ts';
import { eligibilityContext, outlook } from './evaluate.ts';
import type { Evaluation } from './evaluate.ts';
import { authorityOf } from './people.ts';

/** null: what they may do was not asked, or could not be read. */
export type MaybePerson = Pick<Person, 'account'> & { readonly authority: Person['authority'] | null };

export interface HeldPeople {
  /** null: there is no seat to fill, or who may do what could not be read. */
  readonly releasers: Releasers | null;
  /** Those who were asked about, then everyone who had a part in it, then who may fill a seat, now or soon. */
  readonly people: readonly PersonExplained[];
}

/** Who could release one held request, and one sentence about everyone who matters for it. */
export async function heldPeople(
  ports: ReadPorts,
  evaluation: Evaluation,
  logins: readonly string[],
  unread: string[],
): Promise<HeldPeople> {
  const context = eligibilityContext(evaluation);
  const { ref } = evaluation.repository;
  const named = await askedPeople(ports, evaluation.repository, logins, context.seats, unread);
  const prospects = await orUnread(unread, 'who could release it', () => outlook(ports, evaluation));
  const known = new Map(prospects?.known.map((person) => [person.account.id, person.authority]));
  const parties: MaybePerson[] = [];
  for (const { account } of evaluation.gathered.parties.all) {
    // Of whoever is excluded nobody has to know what they might do.
    const matters = account.type === 'User' && !isExcluded(context.parties, account.id) && !known.has(account.id);
    const read = () => authorityOf(ports, ref, account, context.seats);
    const authority = matters ? await orUnread(unread, `what ${account.login} may do`, read) : known.get(account.id);
    parties.push({ account, authority: authority ?? null });
  }
  const soon = prospects?.fresh.map(({ account }) => account) ?? [];
  const eligible = new Set([...(prospects?.people ?? []), ...soon].map(({ id }) => id));
  const could = (prospects?.known ?? []).filter(({ account }) => eligible.has(account.id));
  const people = distinctPeople([...named, ...parties, ...could]).map(({ account, authority }) =>
    explainPerson(account, authority, context),
  );
  return { releasers: prospects?.releasers ?? null, people };
}

/** People by the login that somebody typed. @param unread takes a sentence for everything that could not be read */
export async function askedPeople(
  ports: ReadPorts,
  { ref }: RepositoryFacts,
  logins: readonly string[],
  seats: readonly Seat[],
  unread: string[],
): Promise<readonly MaybePerson[]> {
  const found: MaybePerson[] = [];
  for (const login of logins) {
    const account = await ports.people.byLogin(ref, login);
    if (account === null) {
      unread.push(`There is no account with the login ${login}.`);
      continue;
    }
    const read = async () => (account.type === 'User' ? authorityOf(ports, ref, account, seats) : null);
    found.push({ account, authority: await orUnread(unread, `what ${login} may do`, read) });
  }
  return found;
}

/** Each person once, as they were first named. */
export function distinctPeople(people: readonly MaybePerson[]): readonly MaybePerson[] {
  return [...Map.groupBy(people, ({ account }) => account.id).values()].flatMap(([first]) => first ?? []);
}

/** A person's token may see the change and not the people: then what can be said is said, and what is missing too. */
async function orUnread<T>(unread: string[], what: string, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    unread.push(`It could not be read ${what}: ${error.message}.`);
    return null;
  }
}
