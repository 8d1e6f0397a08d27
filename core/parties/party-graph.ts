import type { Account } from '../actors/account.ts';
import { GHOST_ID } from '../actors/account.ts';
import { WEB_FLOW_ID } from '../authorship/automation.ts';
import type { NamedPerson } from './named-people.ts';
import type { Party, PartyRole, Role, Source, UnknownPerson } from './party.ts';

/** Collects who stands behind a change; each account once, by its numeric id, whatever login it was seen under (C15, C16). */
export interface PartyGraph {
  /** An account that GitHub itself cannot name (`api` and null, or `ghost`) is somebody unknown; in git text it is left out. */
  add(account: Account | null, role: Role, where: string, source: Source): void;
  /** Somebody whom free text names as the one who asked; who that is, is found out at the end. */
  addNamed(person: NamedPerson, where: string): void;
  addUnknown(person: UnknownPerson): void;
  parties(): readonly Party[];
  named(): readonly { readonly person: NamedPerson; readonly where: string }[];
  unknown(): readonly UnknownPerson[];
}

export function createPartyGraph(): PartyGraph {
  const found = new Map<number, { account: Account; readonly roles: Map<string, PartyRole> }>();
  const named = new Map<string, { readonly person: NamedPerson; readonly where: string }>();
  const unknown = new Map<string, UnknownPerson>();

  const addUnknown = (person: UnknownPerson): void => {
    unknown.set(JSON.stringify([person.role, person.where, person.name]), person);
  };
  return {
    addUnknown,
    addNamed: (person, where) => {
      named.set(JSON.stringify([person, where]), { person, where });
    },
    add: (account, role, where, source) => {
      if (account === null || account.id === GHOST_ID) {
        if (source === 'api') addUnknown({ name: 'ghost', role, where, source });
        return;
      }
      if (account.id === WEB_FLOW_ID) return;
      const known = found.get(account.id) ?? { account, roles: new Map<string, PartyRole>() };
      // An account that the API named replaces one that only a mailbox named.
      if (known.account.type === 'Unknown') known.account = account;
      const key = JSON.stringify([role, where]);
      if (!known.roles.has(key)) known.roles.set(key, { role, where, source });
      found.set(account.id, known);
    },
    parties: () => [...found.values()].map(({ account, roles }) => ({ account, roles: [...roles.values()] })),
    named: () => [...named.values()],
    unknown: () => [...unknown.values()],
  };
}
