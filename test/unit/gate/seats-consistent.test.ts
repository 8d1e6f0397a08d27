import { describe, expect, test } from 'vitest';
import { declarePeople, NOBODY_DECLARED } from '../../../core/actors/declared-people.ts';
import type { ReviewJudgement, SeatState } from '../../../core/gate/decision.ts';
import { because } from '../../../core/gate/reasons.ts';
import { areSeatsConsistent } from '../../../core/gate/seats-consistent.ts';
import { approval, bob, carol, rejection, seat } from './builders.ts';

const [first, second] = [seat('maintainers/1'), seat('sre/1')];

function judged(given: ReturnType<typeof approval>, counts = true): ReviewJudgement {
  return { review: given.review, counts, because: because('not-an-approval', { login: 'x' }) };
}

function filled(place: typeof first, reviewer: typeof bob, reviewId = `review:${reviewer.id}`): SeatState {
  return { seat: place, filledBy: { reviewer, reviewId } };
}

const reviews = [judged(approval(bob)), judged(approval(carol))];
const honest = [filled(first, bob), filled(second, carol)];

describe('areSeatsConsistent', () => {
  test('is true for the seats asked for, filled by different people or open', () => {
    expect(areSeatsConsistent([first, second], honest, reviews, NOBODY_DECLARED)).toBe(true);
    expect(
      areSeatsConsistent(
        [first, second],
        [filled(first, bob), { seat: second, filledBy: null }],
        reviews,
        NOBODY_DECLARED,
      ),
    ).toBe(true);
  });

  test('is false when two accounts of one person sit in two seats (C18)', () => {
    const people = declarePeople([[bob, carol]]);
    expect(areSeatsConsistent([first, second], honest, reviews, people)).toBe(false);
  });

  test('is false when an approval is proven less strongly than its seat asks (C25)', () => {
    const signed = { ...first, assurance: 'human-signed' } as const;
    const given = (assurance: 'human-signed' | 'signed-in'): boolean =>
      areSeatsConsistent([signed], [filled(signed, bob)], [judged(approval(bob, { assurance }))], NOBODY_DECLARED);
    expect(given('human-signed')).toBe(true);
    expect(given('signed-in')).toBe(false);
  });

  const rows: readonly (readonly [string, readonly SeatState[], readonly ReviewJudgement[]])[] = [
    ['a seat is missing', [filled(first, bob)], reviews],
    ['a seat is there twice', [filled(first, bob), filled(first, carol)], reviews],
    ['a seat is there that nobody asked for', [...honest, { seat: seat('x/1'), filledBy: null }], reviews],
    ['one person sits in two seats', [filled(first, bob), filled(second, bob)], reviews],
    ['nobody gave the review', [filled(first, bob, 'review:0'), filled(second, carol)], reviews],
    ['somebody else gave the review', [filled(first, bob, 'review:1003'), filled(second, carol)], reviews],
    ['the review does not count', honest, [judged(approval(bob), false), judged(approval(carol))]],
    ['the review rejects', honest, [judged(rejection(bob)), judged(approval(carol))]],
  ];

  test.each(rows)('is false when %s', (_, states, given) => {
    expect(areSeatsConsistent([first, second], states, given, NOBODY_DECLARED)).toBe(false);
  });
});
