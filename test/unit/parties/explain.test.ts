import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOBODY_DECLARED } from '../../../core/actors/declared-people.ts';
import { exclusionPaths, tellPaths } from '../../../core/parties/explain.ts';
import type { Sighted } from '../../../core/parties/explain.ts';
import { isExcluded } from '../../../core/parties/find-parties.ts';
import type { Party, PartyRole, Role, Source } from '../../../core/parties/party.ts';
import { alice } from '../authorship/change-builder.ts';

const signal = { tier: 'verified', kind: 'account', value: '' } as const;
const copilotAt: Sighted = {
  agents: ['claude', 'copilot'],
  signals: [
    { ...signal, agent: 'copilot', where: 'commit 3f2c1d0' },
    { ...signal, agent: 'claude', where: 'pull request #12' },
  ],
};

const path = (role: Role, where: string, source: Source): PartyRole => ({ role, where, source });
const party = (...roles: readonly PartyRole[]): Party => ({ account: alice, roles });
const told = (sighted: Sighted, ...roles: readonly PartyRole[]) =>
  tellPaths(exclusionPaths(party(...roles), false), sighted);

describe('why somebody may not countersign', () => {
  const trailer = path('sponsor', 'co-author trailer of 3f2c1d0', 'text');
  const rows: readonly [sentence: string, roles: readonly PartyRole[], expected: string][] = [
    [
      'names the agent that was seen in the same commit',
      [trailer],
      'prompted GitHub Copilot, named in the co-author trailer of 3f2c1d0',
    ],
    [
      'names the agent that was seen in the same pull request',
      [path('sponsor', 'assigned the agent on #12', 'api')],
      'prompted Claude Code, as GitHub says (assigned the agent on #12)',
    ],
    [
      'names all agents of the change where none was seen in that place',
      [path('sponsor', 'run 9 attempt 1', 'api')],
      'prompted Claude Code, GitHub Copilot, as GitHub says (run 9 attempt 1)',
    ],
    [
      'tells what GitHub says before what git says before words, and counts the rest',
      [trailer, path('author', 'commit 3f2c1d0', 'git'), path('pusher', 'push of 3f2c1d0', 'api')],
      'pushed to the branch, as GitHub says (push of 3f2c1d0); and by 2 more paths',
    ],
    [
      'tells what git says before words',
      [trailer, path('author', 'commit 3f2c1d0', 'git')],
      'wrote part of the change, named in commit 3f2c1d0; and by 1 more path',
    ],
    ['is nothing for whoever only merged', [path('merger', 'commit 3f2c1d0', 'git')], ''],
  ];

  test.each(rows)('%s', (_sentence, roles, expected) => {
    expect(told(copilotAt, ...roles)).toBe(expected);
  });

  test('says so where nobody knows which agent it was', () => {
    expect(told({ agents: [], signals: [] }, trailer)).toMatch(/^prompted an agent, /);
  });

  test('names no more than three agents, and says that there are more', () => {
    const many = ['aider', 'amp', 'claude', 'codex', 'acme-fixer'];
    expect(told({ agents: many, signals: [] }, trailer)).toMatch(/^prompted Aider, Amp, Claude Code and 2 more, /);
    expect(told({ agents: ['acme-fixer'], signals: [] }, trailer)).toMatch(/^prompted acme-fixer, /);
  });
});

test('there is a path exactly for those whom the gate excludes, and it is one of theirs', () => {
  const role = fc.record({
    role: fc.constantFrom<Role[]>('author', 'sponsor', 'merger', 'dispatcher', 'owner'),
    where: fc.constantFrom('commit 3f2c1d0', 'co-author trailer of 3f2c1d0'),
    source: fc.constantFrom<Source[]>('api', 'git', 'text'),
  });
  fc.assert(
    fc.property(fc.array(role, { maxLength: 4 }), fc.boolean(), (roles, mergersExcluded) => {
      const parties = {
        all: [party(...roles)],
        unattributed: [],
        unknown: [],
        mergersExcluded,
        people: NOBODY_DECLARED,
      };
      const paths = exclusionPaths(party(...roles), mergersExcluded);
      expect(paths.length > 0).toBe(isExcluded(parties, alice.id));
      expect(roles).toEqual(expect.arrayContaining([...paths]));
      expect(paths.map(({ source }) => source)).toEqual(paths.map(({ source }) => source).toSorted());
    }),
  );
});
