import type { Person } from '../git/commit.ts';
import { isoTime } from '../present/schemas.ts';
import type { Account } from '../sandbox.ts';
import type { World } from '../state.ts';
import { accountByEmail } from '../world/accounts.ts';

/** As the interface Actor: a bot's login has no `[bot]` here. */
export function actorObject(world: World, account: Account): object {
  return { ...fields(world, account), login: account.login.replace(/\[bot\]$/, '') };
}

/** As the type User, which `GitActor.user` answers for bots too, with their whole login. */
export function userObject(world: World, account: Account): object {
  return { ...fields(world, account), __typename: 'User' };
}

function fields(world: World, account: Account) {
  return {
    __typename: account.type,
    id: account.nodeId,
    databaseId: account.id,
    login: account.login,
    name: account.login,
    url: `${world.url}/${account.login}`,
    avatarUrl: `${world.url}/avatars/u/${account.id}`,
  };
}

/** `user` is null where the address is nobody's. */
export function gitActorObject(world: World, person: Omit<Person, 'seconds'> & { readonly seconds?: number }): object {
  const account = accountByEmail(world, person.email);
  return {
    name: person.name,
    email: person.email,
    date: person.seconds === undefined ? null : isoTime(person.seconds * 1000),
    user: account === null ? null : userObject(world, account),
  };
}
