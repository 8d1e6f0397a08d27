import { expect, test } from 'vitest';
import type { Party } from '../../../core/parties/party.ts';
import { keptParties, sponsorsOf } from '../../../flow/parties.ts';

const party = (id: number, role: 'co-author' | 'sponsor'): Party => ({
  account: { id, login: `user-${id}`, type: 'User' },
  roles: [{ role, where: 'somewhere', source: 'text' }],
});

test('whoever asked the agent is kept, however many co-authors stand before them', () => {
  const crowd = Array.from({ length: 600 }, (_, at) => party(at + 1, 'co-author'));
  const all = [...crowd, party(1_000, 'sponsor')];
  const kept = keptParties({ all, unattributed: [], unknown: [], mergersExcluded: false });
  expect(sponsorsOf(kept).map(({ account }) => account.id)).toEqual([1_000]);
  expect(kept.length).toBeLessThan(all.length);
});

test('a few people are all kept, whoever asked the agent first', () => {
  const all = [party(1, 'co-author'), party(2, 'sponsor')];
  const kept = keptParties({ all, unattributed: [], unknown: [], mergersExcluded: false });
  expect(kept.map(({ account }) => account.id)).toEqual([2, 1]);
});
