import { expect, test } from 'vitest';
import { declarePeople, NOBODY_DECLARED, personOf } from '../../../core/actors/declared-people.ts';

const account = (id: number) => ({ id, login: `user-${id}` });
const entries = (...ids: readonly (readonly number[])[]) => declarePeople(ids.map((list) => list.map(account)));

test('whoever is in no entry is a person of one account', () => {
  expect([7, 8].map((id) => personOf(NOBODY_DECLARED, id))).toEqual([7, 8]);
});

test.each([
  ['accounts of one entry are one person', [[5, 3, 9]], [3, 3, 3]],
  ['accounts of two entries are two', [[3, 5], [9]], [3, 3, 9]],
  [
    'entries that share an account are one, however long the chain',
    [
      [3, 4],
      [9, 8],
      [5, 7],
      [4, 8, 7],
    ],
    [3, 3, 3],
  ],
])('%s', (_, ids, expected) => {
  expect([3, 5, 9].map((id) => personOf(entries(...ids), id))).toEqual(expected);
});

test('no account stands in two persons', () => {
  const { persons } = entries([1, 2], [3], [2, 3], [4]);
  expect(persons.map((list) => list.map(({ id }) => id))).toEqual([[4], [1, 2, 3]].toReversed());
});
