import { expect, test } from 'vitest';
import type { ApprovalEntry } from '../../../core/facts.ts';
import { promptReviews } from '../../../flow/reviews.ts';

const GATE = { runId: 56, attempt: 1, environment: 'production', opening: 1, earlierApprovals: [] };
const NOW = '2026-11-21T04:33:12.000Z';

const entry = (login: string, state: string, comment = ''): ApprovalEntry => ({
  user: { id: login.length, login, type: 'User' },
  state,
  comment,
  environments: ['production'],
});
const [bob, carol] = [entry('bob', 'approved'), entry('carol', 'approved')];
const ids = (...entries: readonly ApprovalEntry[]): ReadonlyMap<string, string> =>
  new Map(
    promptReviews(entries, GATE, ['production'], NOW).map(({ review: { id, reviewer, verdict } }) => [
      `${reviewer.login} ${verdict}`,
      id,
    ]),
  );

test('an answer at the prompt keeps its name when others are listed before it, so that a stale one stays stale (C46)', () => {
  // GitHub says nothing about the order of its list.
  const before = ids(bob).get('bob approve');
  expect(ids(carol, bob).get('bob approve')).toBe(before);
  expect(ids(bob, carol).get('bob approve')).toBe(before);
  expect(ids(entry('bob', 'rejected'), bob).get('bob approve')).toBe(before);
  expect(ids(entry('carol', 'pending'), bob).get('bob approve')).toBe(before);
});

test('every answer has a name of its own', () => {
  const all = promptReviews([bob, bob, carol, entry('bob', 'rejected')], GATE, ['production'], NOW).map(
    ({ review }) => review.id,
  );
  expect(new Set(all).size).toBe(4);
});
