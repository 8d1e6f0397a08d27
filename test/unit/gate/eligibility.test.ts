import { describe, expect, test } from 'vitest';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import { candidates, eligibility } from '../../../core/gate/eligibility.ts';
import { alice, authority, bob, carol, gateInput, partyWith, seat } from './builders.ts';

const { parties } = gateInput();
const seats = [seat('maintainers/1'), seat('sre/1', 'none', ['acme/sre'])];

describe('eligibility', () => {
  test('is null for somebody who could fill one of the seats', () => {
    expect(eligibility(bob, authority('maintain'), parties, seats, agentRegistry)).toBeNull();
    expect(eligibility(bob, authority('read', ['acme/sre']), parties, seats, agentRegistry)).toBeNull();
  });

  test('names all roles that exclude, and not the one that does not', () => {
    const all = [partyWith(bob, 'author', 'merger', 'dispatcher')];
    const why = eligibility(bob, authority('admin'), { all, unattributed: [] }, seats, agentRegistry);
    expect(why).toEqual({ code: 'reviewer-is-party', params: { login: 'bob', roles: 'author, dispatcher' } });
  });

  test('names the groups that somebody is not in', () => {
    const why = eligibility(bob, authority('write'), parties, [...seats, seat('maintainers/2')], agentRegistry);
    expect(why).toEqual({ code: 'reviewer-lacks-authority', params: { login: 'bob', seats: 'maintainers, sre' } });
  });

  test('is refused where there is no seat', () => {
    expect(eligibility(bob, authority('admin'), parties, [], agentRegistry)?.code).toBe('review-not-weighed');
  });
});

describe('candidates', () => {
  const both = authority('admin', ['acme/sre']);

  test('are those who could fill a seat, parties and bots left out', () => {
    const people = [alice, bob, carol, { id: 9, login: 'x[bot]', type: 'Bot' as const }];
    const found = candidates(
      people.map((account) => ({ account, authority: both })),
      parties,
      seats,
      agentRegistry,
    );
    expect(found).toEqual({ eligible: [bob, carol], enough: true });
  });

  test('are not enough when one person would have to fill two seats', () => {
    expect(candidates([{ account: bob, authority: both }], parties, seats, agentRegistry)).toEqual({
      eligible: [bob],
      enough: false,
    });
  });

  test('are not enough when a seat asks for more assurance than any way of this version proves', () => {
    const strict = [{ ...seat('maintainers/1'), assurance: 'human-signed' as const }];
    expect(candidates([{ account: bob, authority: both }], parties, strict, agentRegistry).enough).toBe(false);
  });

  test('are never enough for no seat at all', () => {
    expect(candidates([{ account: bob, authority: both }], parties, [], agentRegistry).enough).toBe(false);
  });
});
