import type { Account } from '../core/actors/account.ts';
import type { ChangeFacts, RepositoryRef } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import type { Because } from '../core/gate/decision.ts';
import { findParties, namedLogins } from '../core/parties/find-parties.ts';
import type { PartyContext } from '../core/parties/find-parties.ts';
import type { Parties, Party } from '../core/parties/party.ts';
import { policyRegistry } from '../core/policy/policy-registry.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { ReadPorts } from '../core/ports.ts';
import { resolveAccount, resolvePeople } from './people.ts';
import type { PullState } from './state.ts';

/** Whoever names more people in one change wants work done: those beyond count as unknown. */
const LOGINS_MAX = 50;
const APPS_MAX = 10;
const PEOPLE_KEPT = 500;

/**
 * Everyone behind the change, with what only GitHub and the policy can tell beside its facts: who has the logins that free
 * text names, and who owns the automation in it.
 *
 * @param earlier parties of its pull requests when they were looked at before, by number
 */
export async function partiesOf(
  ports: ReadPorts,
  ref: RepositoryRef,
  change: ChangeFacts,
  policy: Policy | null,
  earlier: PartyContext['earlier'],
): Promise<Parties> {
  const registry = policyRegistry(policy);
  const logins = new Map<string, Account>();
  for (const login of namedLogins(change, registry).slice(0, LOGINS_MAX)) {
    const account = await ports.people.byLogin(ref, login);
    if (account !== null) logins.set(login, account);
  }
  const context: PartyContext = {
    logins,
    earlier,
    owners: new Map(),
    mergersExcluded: policy?.parties?.exclude?.includes('merger') ?? false,
    people: await resolvePeople(ports, ref, policy),
  };
  const found = findParties(change, registry, context);
  const owners = new Map<number, { readonly owner: Account | null; readonly where: string }>();
  let asked = 0;
  for (const { account } of found.all) {
    const listed = policy?.automation?.find((entry) => entry.account === account.id);
    if (listed?.owner !== undefined) {
      const { login, id } = await resolveAccount(ports, ref, listed.owner);
      const where = `owner of ${account.login}, as the policy says`;
      owners.set(account.id, { owner: id === null ? null : { id, login, type: 'Unknown' }, where });
    } else if (isUnlistedApp(account, registry) && asked < APPS_MAX) {
      asked += 1;
      const owner = await ports.people.appOwner(ref, account.login.slice(0, -BOT.length));
      if (owner?.type === 'User') owners.set(account.id, { owner, where: `owner of the App ${account.login}` });
    }
  }
  return owners.size === 0 ? found : findParties(change, registry, { ...context, owners });
}

const BOT = '[bot]';

/** An App of which only GitHub can say whose it is; those of vendors and of GitHub are nobody's here. */
function isUnlistedApp(account: Account, registry: ReturnType<typeof policyRegistry>): boolean {
  const { agentByAccountId, machineIds } = registry;
  return (
    account.type === 'Bot' &&
    account.login.endsWith(BOT) &&
    !agentByAccountId.has(account.id) &&
    !machineIds.has(account.id)
  );
}

/**
 * What is kept of the parties of a pull request: each role once, with the first place where it was seen. Whoever asked the
 * agent comes first: a crowd of co-authors must not push out the one whom a later edit can make disappear.
 */
export function keptParties(parties: Parties): PullState['people'] {
  // What somebody takes over from another account of theirs is the policy's word, which may change.
  const all = parties.all
    .map(({ account, roles }) => ({ account, roles: roles.filter(({ by }) => by === undefined) }))
    .filter(({ roles }) => roles.length > 0);
  const sponsors = all.filter(isSponsor);
  const others = all.filter((party) => !isSponsor(party));
  return [...sponsors, ...others].slice(0, PEOPLE_KEPT).map(({ account, roles }) => ({
    account,
    roles: [
      ...new Map(roles.toReversed().map(({ role, where, source }) => [role, { role, where, source }])).values(),
    ].toReversed(),
  }));
}

function isSponsor({ roles }: Party): boolean {
  return roles.some(({ role }) => role === 'sponsor');
}

/**
 * Of what was known of an earlier look at a pull request, who asked the agent: a comment can be deleted, a text edited and a
 * trailer force-pushed away. Who wrote what is now gone is told by the pushes, which stay.
 */
export function sponsorsOf(people: readonly Party[]): readonly Party[] {
  return people.flatMap(({ account, roles }) => {
    const kept = roles.filter(({ role }) => role === 'sponsor');
    return kept.length === 0 ? [] : [{ account, roles: kept }];
  });
}

/** What people whom nobody can name ask for: one seat more, or a hold where the policy says so. */
export function askedByUnknown(
  { unattributed, unknown }: Parties,
  policy: Policy | null,
): { readonly moreSeats: readonly string[]; readonly blocks: readonly Because[] } {
  const where = unknown[0]?.where ?? (unattributed[0] === undefined ? null : `commit ${unattributed[0].slice(0, 7)}`);
  if (where === null) return { moreSeats: [], blocks: [] };
  const count = unknown.length + unattributed.length;
  return {
    moreSeats: [unattributed.length > 0 ? 'unattributed-commit' : 'unknown-person'],
    blocks: policy?.parties?.unknown === 'hold' ? [because('held-for-unknown-person', { count, where })] : [],
  };
}
