import { describe, expect, test } from 'vitest';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import { eligibility } from '../../../core/gate/eligibility.ts';
import { explainPerson } from '../../../core/gate/explain-person.ts';
import { explain } from '../../../core/gate/reasons.ts';
import { alice, authority, bob, gateInput, human, partiesOf, partyWith, seat } from './builders.ts';

const { parties, classification: sighted } = gateInput();
const seats = [seat('maintainers/1'), seat('sre/1', 'none', ['acme/sre'])];
const context = { parties, seats, machines: agentRegistry, sighted };

describe('eligibility', () => {
  test('is null for somebody who could fill one of the seats', () => {
    expect(eligibility(bob, authority('maintain'), context)).toBeNull();
    expect(eligibility(bob, authority('read', ['acme/sre']), context)).toBeNull();
  });

  test('names all roles that exclude, and not the one that does not', () => {
    const found = partiesOf(partyWith(bob, 'author', 'merger', 'dispatcher'));
    const why = eligibility(bob, authority('admin'), { ...context, parties: found });
    expect(why).toEqual({
      code: 'reviewer-is-party',
      params: {
        login: 'bob',
        roles: 'author, dispatcher',
        path: 'wrote part of the change, named in commit 1111111; and by 1 more path',
      },
    });
  });

  test('names what somebody lacks for each kind of seat', () => {
    const wanted = [...seats, seat('maintainers/2')];
    const why = eligibility(bob, authority('write'), { ...context, seats: wanted });
    expect(why).toEqual({
      code: 'reviewer-lacks-authority',
      params: { login: 'bob', seats: 'maintainers (write, not maintain), sre (not in acme/sre)' },
    });
  });

  test('is refused where there is no seat', () => {
    expect(eligibility(bob, authority('admin'), { ...context, seats: [] })?.code).toBe('review-not-weighed');
  });
});

describe('a person who asks why', () => {
  const asked: readonly [sentence: string, explained: ReturnType<typeof explainPerson>, expected: string][] = [
    [
      'is told which seats they may fill',
      explainPerson(bob, authority('maintain', ['acme/sre']), context),
      '@bob had no part in the change and may fill a seat: maintainers, sre.',
    ],
    [
      'is told that nothing is asked where nothing is held',
      explainPerson(bob, null, { ...context, seats: [] }),
      '@bob had no part in the change; nothing is asked of anybody at present.',
    ],
    [
      'is told what excludes them, administrators included (C23)',
      explainPerson(alice, authority('admin'), context),
      '@alice had a part in the change (author, pusher) and cannot countersign it: wrote part of the change, named in commit 1111111; and by 1 more path.',
    ],
    [
      'is told that a permission is missing',
      explainPerson(bob, authority('write'), { ...context, seats: [seat('maintainers/1')] }),
      '@bob may fill none of the seats: maintainers (write, not maintain).',
    ],
    [
      'is told that people are named and they are not',
      explainPerson(bob, authority('write'), {
        ...context,
        seats: [{ ...seat('kim/1'), source: { group: 'kim', minPermission: null, teams: [], userIds: [7] } }],
      }),
      '@bob may fill none of the seats: kim (not one of the people it names).',
    ],
    [
      'is told that their rights could not be read',
      explainPerson(bob, null, context),
      'What @bob may do here could not be read from GitHub, so the answer does not count.',
    ],
    [
      'is told to be a bot',
      explainPerson({ id: 9, login: 'x[bot]', type: 'Bot' }, authority('admin'), context),
      '@x[bot] is not the account of a human (a bot): bots, Apps and known agents fill no seat.',
    ],
    [
      'is told to be a machine account that is listed',
      explainPerson(human(5, 'ci'), authority('admin'), {
        ...context,
        machines: { ...agentRegistry, machineIds: new Set([5]) },
      }),
      '@ci is not the account of a human (a listed machine account): bots, Apps and known agents fill no seat.',
    ],
  ];

  test.each(asked)('%s', (_sentence, explained, expected) => {
    expect(explain(explained.because)).toBe(expected);
    expect(explained.seats.length > 0).toBe(explained.because.code === 'may-fill-seat');
  });
});
