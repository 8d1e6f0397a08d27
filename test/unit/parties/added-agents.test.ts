import { expect, test } from 'vitest';
import { extendRegistry } from '../../../core/authorship/extend-registry.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import { findParties } from '../../../core/parties/find-parties.ts';
import { alice, change, commit, person } from '../authorship/change-builder.ts';

test('a mailbox that a policy gives to an agent still names nobody who answers for it (invariant 6)', () => {
  const added = extendRegistry(agentRegistry, [
    { id: 'x', accountIds: [102], emails: ['x@bots.test'], trailers: [], branchPrefixes: [] },
  ]);
  for (const email of ['x@bots.test', '102+x@users.noreply.github.com']) {
    const facts = change({ commits: [commit({ authors: [person(alice), person(null, email)] })] });
    expect(findParties(facts, added).unattributed).toEqual(findParties(facts, agentRegistry).unattributed);
    expect(findParties(facts, added).unattributed).toHaveLength(1);
  }
});
