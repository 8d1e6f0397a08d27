import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { seeTeam } from '../../../core/actors/team-members.ts';
import type { TeamMembers } from '../../../core/actors/team-members.ts';

/** `id@since` of everyone after these looks, one a millisecond from 1 on. */
const after = (...looks: readonly (readonly number[])[]): readonly string[] => {
  const seen = looks.reduce<TeamMembers | null>((known, ids, at) => seeTeam(known, ids, at + 1), null);
  return (seen?.members ?? []).map(({ id, since }) => `${id}@${since ?? 'base'}`);
};

test.each<[sentence: string, looks: readonly (readonly number[])[], expected: readonly string[]]>([
  ['whoever is there at the first look is the base', [[2, 1]], ['1@base', '2@base']],
  ['whoever comes later counts from then on', [[1], [1, 2], [1, 2]], ['1@base', '2@2']],
  ['whoever leaves is gone', [[1, 2], [1]], ['1@base']],
  ['whoever of the base leaves and comes back begins again', [[1, 2], [1], [1, 2]], ['1@base', '2@3']],
  ['whoever joins, leaves and joins again begins again', [[1], [1, 2], [1], [1, 2], [2]], ['2@4']],
  ['an empty team has a base of nobody', [[], [1]], ['1@2']],
  [
    'somebody who is listed twice is one',
    [
      [1, 1],
      [1, 1, 2, 2],
    ],
    ['1@base', '2@2'],
  ],
])('%s', (_sentence, looks, expected) => {
  expect(after(...looks)).toEqual(expected);
});

test('a look that finds the same people changes nothing, whatever their order', () => {
  const known = seeTeam(seeTeam(null, [1], 1), [1, 2], 2);
  expect(seeTeam(known, [2, 1], 9)).toBe(known);
  expect(known).toMatchObject({ baseAt: 1, changedAt: 2 });
});

test('nobody is ever known for longer than they were seen without a break', () => {
  const looks = fc.array(fc.subarray([1, 2, 3]), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(looks, (seen) => {
      const expected = [1, 2, 3].flatMap((id) => {
        const gap = seen.findLastIndex((ids) => !ids.includes(id));
        return gap === seen.length - 1 ? [] : [`${id}@${gap === -1 ? 'base' : gap + 2}`];
      });
      expect(after(...seen)).toEqual(expected);
    }),
  );
});
