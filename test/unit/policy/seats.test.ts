import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOBODY_DECLARED } from '../../../core/actors/declared-people.ts';
import type { Seat, SeatSource } from '../../../core/policy/requirement.ts';
import { couldFill, fillSeats, reachesAssurance } from '../../../core/policy/seats.ts';
import type { SeatCandidate } from '../../../core/policy/seats.ts';
import { PERMISSIONS } from '../../../core/review.ts';
import type { Assurance, Permission } from '../../../core/review.ts';

const NOBODY: SeatSource = { group: 'g', minPermission: null, teams: [], userIds: [] };

function seat(id: string, source: Partial<SeatSource>, assurance: Assurance | null = null): Seat {
  return { id, source: { ...NOBODY, ...source }, rules: ['r'], assurance };
}

function person(
  id: number,
  teams: readonly string[],
  options: { login?: string; permission?: Permission; assurance?: Assurance; reviewId?: string } = {},
): SeatCandidate {
  const {
    login = `user-${id}`,
    permission = 'read',
    assurance = 'platform-attested',
    reviewId = `review:${id}`,
  } = options;
  return { reviewer: { id, login, type: 'User' }, reviewId, authority: { permission, teams }, assurance };
}

const filledBy = (seats: readonly Seat[], people: readonly SeatCandidate[]): readonly (number | null)[] =>
  fillSeats(seats, people, NOBODY_DECLARED).map((state) => state.filledBy?.reviewer.id ?? null);

const sre = seat('sre/1', { teams: ['acme/sre'] });
const sre2 = seat('sre/2', { teams: ['acme/sre'] });
const security = seat('security/1', { teams: ['acme/security'] });

describe('one person fills one seat', () => {
  test('Alice and alice are one person by id (C16)', () => {
    const twice = [
      person(1, ['acme/sre'], { login: 'Alice' }),
      person(1, ['acme/sre'], { login: 'alice', reviewId: 'b' }),
    ];
    expect(filledBy([sre, sre2], twice)).toEqual([1, null]);
  });

  test('a member of both teams fills one of them (C17)', () => {
    expect(filledBy([sre, security], [person(1, ['acme/sre', 'acme/security'])])).toEqual([1, null]);
  });

  test('someone named by name and through a team counts once (C17)', () => {
    const named = seat('named/1', { userIds: [1] });
    expect(filledBy([named, sre], [person(1, ['acme/sre'])])).toEqual([1, null]);
  });

  test('answers on two channels count once (C17)', () => {
    const channels = [person(1, ['acme/sre']), person(1, ['acme/sre'], { reviewId: 'comment:1' })];
    expect(filledBy([sre, sre2], channels)).toEqual([1, null]);
  });

  test('a second person fills the other seat', () => {
    expect(filledBy([sre, sre2], [person(1, ['acme/sre']), person(2, ['acme/sre'])])).toEqual([1, 2]);
  });
});

describe('the fullest seating is found', () => {
  test('whoever could sit elsewhere makes room', () => {
    expect(filledBy([sre, security], [person(1, ['acme/sre', 'acme/security']), person(2, ['acme/sre'])])).toEqual([
      2, 1,
    ]);
  });

  test('through a chain of moves', () => {
    const c = seat('c/1', { teams: ['c'] });
    const people = [
      person(1, ['acme/sre', 'acme/security']),
      person(2, ['acme/security', 'c']),
      person(3, ['acme/sre']),
    ];
    expect(filledBy([sre, security, c], people)).toEqual([3, 1, 2]);
  });

  test('as well as trying every seating', () => {
    const team = fc.constantFrom('a', 'b', 'c', 'd');
    const seats = fc
      .array(team, { maxLength: 5 })
      .map((teams) => teams.map((name, n) => seat(`s/${n}`, { teams: [name] })));
    const people = fc
      .array(fc.subarray(['a', 'b', 'c', 'd']), { maxLength: 5 })
      .map((all) => all.map((teams, id) => person(id + 1, teams)));
    fc.assert(
      fc.property(seats, people, (wanted, given) => {
        const ids = filledBy(wanted, given).filter((id) => id !== null);
        expect(ids.length).toBe(fullest(wanted, given));
        expect(new Set(ids).size).toBe(ids.length);
        expect(filledBy(wanted, given.toReversed()).filter((id) => id !== null).length).toBe(ids.length);
      }),
      { numRuns: 1000 },
    );
  });
});

function fullest([first, ...rest]: readonly Seat[], people: readonly SeatCandidate[]): number {
  if (first === undefined) return 0;
  const seated = people
    .filter(({ reviewer, authority }) => couldFill(first, reviewer, authority))
    .map(
      (taken) =>
        1 +
        fullest(
          rest,
          people.filter((other) => other !== taken),
        ),
    );
  return Math.max(fullest(rest, people), ...seated);
}

describe('a seat is filled only by who has what it asks', () => {
  test.each(PERMISSIONS)('a seat for maintain and a person with %s', (permission) => {
    const could = permission === 'maintain' || permission === 'admin';
    const { reviewer, authority } = person(1, [], { permission });
    expect(couldFill(seat('m/1', { minPermission: 'maintain' }), reviewer, authority)).toBe(could);
  });

  test('any of users, teams and permission is enough', () => {
    const any = seat('any/1', { minPermission: 'write', teams: ['acme/sre'], userIds: [3] });
    const could = [
      person(1, [], { permission: 'write' }),
      person(2, ['acme/sre']),
      person(3, []),
      person(4, ['acme/x']),
    ];
    expect(could.map(({ reviewer, authority }) => couldFill(any, reviewer, authority))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test('a seat that names nobody is nobody’s, not everybody’s (C91)', () => {
    const { reviewer, authority } = person(1, ['acme/sre'], { permission: 'admin' });
    expect(couldFill(seat('none/1', {}), reviewer, authority)).toBe(false);
  });

  test.each(['Bot', 'Organization', 'Mannequin', 'Unknown'] as const)(
    'an account of type %s fills none (C7)',
    (type) => {
      const { authority } = person(1, ['acme/sre'], { permission: 'admin' });
      expect(couldFill(sre, { id: 1, login: 'user-1', type }, authority)).toBe(false);
    },
  );

  test('a login that somebody else took over is somebody else (C15)', () => {
    const { reviewer, authority } = person(9, [], { login: 'kim' });
    expect(couldFill(seat('kim/1', { userIds: [8] }), reviewer, authority)).toBe(false);
  });

  test('assurance is ordered', () => {
    const order = ['declared', 'platform-attested', 'signed-in', 'human-signed'] as const;
    expect(order.map((given) => order.map((wanted) => reachesAssurance(given, wanted)))).toEqual([
      [true, false, false, false],
      [true, true, false, false],
      [true, true, true, false],
      [true, true, true, true],
    ]);
    expect(reachesAssurance('declared', null)).toBe(true);
  });

  test('the answer that is sure enough is the one that counts', () => {
    const attested = seat('sre/1', { teams: ['acme/sre'] }, 'platform-attested');
    const weak = person(1, ['acme/sre'], { assurance: 'declared', reviewId: 'weak' });
    expect(filledBy([attested], [weak])).toEqual([null]);
    const strong = person(1, ['acme/sre'], { reviewId: 'strong' });
    expect(fillSeats([attested], [weak, strong], NOBODY_DECLARED)[0]?.filledBy?.reviewId).toBe('strong');
  });

  test('without seats there is nothing to fill', () => {
    expect(fillSeats([], [person(1, [])], NOBODY_DECLARED)).toEqual([]);
  });
});
