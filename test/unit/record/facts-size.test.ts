import { expect, test } from 'vitest';
import { sha256 } from '../../../adapters/signing/node-crypto.ts';
import { toHex, utf8 } from '../../../core/evidence/bytes.ts';
import { renderJson } from '../../../core/evidence/strict-json.ts';
import type { Signal } from '../../../core/authorship/classification.ts';
import type { Party } from '../../../core/parties/party.ts';
import { decide } from '../../../core/gate/decide.ts';
import { renderFacts } from '../../../flow/facts-file.ts';
import type { TeamSnapshot } from '../../../flow/teams.ts';
import { change, commit } from '../authorship/change-builder.ts';
import { approval, gateInput, human, partiesOf } from '../gate/builders.ts';

/** A commit of the evidence branch takes a megabyte: the record, its policy (256 KiB), what is proposed and these. */
const ROOM = 450_000;

const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

function factsOf(count: number): string {
  const signals = many(count, (): Signal => ({
    tier: 'declared',
    kind: 'trailer',
    agent: 'claude',
    where: 'commit 1a2b3c4',
    value: 'Co-authored-by: Claude',
  }));
  const parties = many(count, (index): Party => ({
    account: human(index + 1, `a-person-with-a-long-name-${index}`),
    roles: many(30, () => ({ role: 'co-author', where: 'the commit 1a2b3c4', source: 'text' })),
  }));
  const memberships = many(3, (index): TeamSnapshot => ({
    team: `acme/team-${index}`,
    baseAt: 1,
    changedAt: 2,
    members: many(count, (id) => ({ id: id + 1, since: null })),
  }));
  const shas = many(count, (index) => index.toString(16).padStart(40, '0'));
  const input = gateInput({ parties: partiesOf(...parties), reviews: [approval(human(count, 'the-last'))] });
  const gathered = {
    change: change({ commits: shas.map((sha) => commit({ sha, treeSha: sha })) }),
    classification: { ...input.classification, signals },
    parties: { ...input.parties, unattributed: shas },
    paths: shas,
    pathsComplete: true,
  };
  const { request } = input;
  return renderFacts(
    { sha256 },
    { gathered, request, decision: decide(input), proposals: [], memberships },
    [],
    (value) => toHex(sha256(utf8(value))),
  );
}

test('the facts of the largest change fit into a commit, and what is cut is counted and bound by its digest (C98)', () => {
  const text = factsOf(10_000);
  expect(utf8(text).length).toBeLessThan(ROOM);
  const facts: unknown = JSON.parse(text);
  const whole = many(10_000, (index) => index.toString(16).padStart(40, '0'));
  const digest = toHex(sha256(utf8(renderJson(whole))));
  expect(facts).toMatchObject({
    cut: [
      { list: 'signals', count: 10_000 },
      { list: 'parties', count: 10_000 },
      { list: 'unattributedCommits', count: 10_000, digest },
      { list: 'commits', count: 10_000 },
    ],
    memberships: [{ memberCount: 10_000 }, { memberCount: 10_000 }, { memberCount: 10_000 }],
  });
  // Whoever answered stands in the list of the team.
  expect(text).toContain('"id": 10000,\n          "firstSeenAt"');
});

test('the facts of an ordinary change stand there in full', () => {
  const text = factsOf(30);
  expect(JSON.parse(text)).toMatchObject({ cut: [] });
  expect(text.match(/"pathCount": 30/g)).toHaveLength(30);
});
