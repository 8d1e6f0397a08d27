import { expect, test } from 'vitest';
import { NOBODY_DECLARED } from '../../../core/actors/declared-people.ts';
import type { Party } from '../../../core/parties/party.ts';
import { keptParties, sponsorsOf } from '../../../flow/parties.ts';

const party = (id: number, role: 'co-author' | 'sponsor'): Party => ({
  account: { id, login: `user-${id}`, type: 'User' },
  roles: [{ role, where: 'somewhere', source: 'text' }],
});

test('whoever asked the agent is kept, however many co-authors stand before them', () => {
  const crowd = Array.from({ length: 600 }, (_, at) => party(at + 1, 'co-author'));
  const all = [...crowd, party(1_000, 'sponsor')];
  const kept = keptParties({ all, unattributed: [], unknown: [], mergersExcluded: false, people: NOBODY_DECLARED });
  expect(sponsorsOf(kept).map(({ account }) => account.id)).toEqual([1_000]);
  expect(kept.length).toBeLessThan(all.length);
});

test('what somebody takes over from another account of theirs is not kept: the policy may change', () => {
  const by = { role: 'author', where: 'commit 1111111', source: 'api', by: 'user-2' } as const;
  const all = [
    { ...party(1, 'co-author'), roles: [...party(1, 'co-author').roles, by] },
    { ...party(3, 'sponsor'), roles: [by] },
  ];
  const kept = keptParties({ all, unattributed: [], unknown: [], mergersExcluded: false, people: NOBODY_DECLARED });
  expect(kept).toEqual([party(1, 'co-author')]);
});

test('a few people are all kept, whoever asked the agent first', () => {
  const all = [party(1, 'co-author'), party(2, 'sponsor')];
  const kept = keptParties({ all, unattributed: [], unknown: [], mergersExcluded: false, people: NOBODY_DECLARED });
  expect(kept.map(({ account }) => account.id)).toEqual([2, 1]);
});
