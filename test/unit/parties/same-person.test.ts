import { describe, expect, test } from 'vitest';
import { declarePeople } from '../../../core/actors/declared-people.ts';
import { exclusionPaths, tellPaths } from '../../../core/parties/explain.ts';
import { isExcluded } from '../../../core/parties/find-parties.ts';
import type { Party, Role } from '../../../core/parties/party.ts';
import { withSamePeople } from '../../../core/parties/same-person.ts';

const account = (id: number, login: string) => ({ id, login, type: 'User' as const });
const alice = account(1, 'alice');
const corp = account(2, 'alice-corp');
const bob = account(3, 'bob');
const party = (who: Party['account'], ...roles: readonly Role[]): Party => ({
  account: who,
  roles: roles.map((role) => ({ role, where: 'commit 1a2b3c4', source: 'api' })),
});
const parties = (all: readonly Party[], mergersExcluded = false) =>
  withSamePeople({ all, unattributed: [], unknown: [], mergersExcluded }, declarePeople([[alice, corp]]));
const sighted = { agents: [], signals: [] };

describe('accounts of one person (C18)', () => {
  test('are all excluded when one is, and each says through which', () => {
    const found = parties([party(alice, 'author', 'pusher')]);
    expect([alice, corp, bob].map(({ id }) => isExcluded(found, id))).toEqual([true, true, false]);
    const other = found.all.find(({ account: { id } }) => id === corp.id);
    expect(tellPaths(other === undefined ? [] : exclusionPaths(other, false), sighted)).toBe(
      'is the same person as alice (accounts of one person, as the policy says): alice: wrote part of the change, as GitHub says (commit 1a2b3c4); and by 1 more path',
    );
  });

  test('tell their own part where they have one', () => {
    const all = [party(alice, 'author'), party(corp, 'pusher')];
    expect(parties(all).all).toEqual(all);
  });

  test('who only merged by one of them is excluded with both only where mergers are', () => {
    const all = [party(alice, 'merger')];
    const ids = [alice.id, corp.id];
    expect(ids.map((id) => isExcluded(parties(all), id))).toEqual([false, false]);
    expect(ids.map((id) => isExcluded(parties(all, true), id))).toEqual([true, true]);
  });

  test('who merged by one and wrote by the other is excluded with both', () => {
    const found = parties([party(corp, 'merger'), party(alice, 'author')]);
    expect(found.all.map(({ roles }) => roles.map(({ role, by }) => `${role} ${by ?? ''}`.trim()))).toEqual([
      ['merger', 'author alice'],
      ['author'],
    ]);
  });

  test('nobody else is', () => {
    expect(parties([party(bob, 'author')]).all).toEqual([party(bob, 'author')]);
  });
});
