import { afterEach, describe, expect, test } from 'vitest';
import { approve, field, recordsOf, refusals } from '../support/reviewing.ts';
import { askedBy } from '../support/held-deployment.ts';
import { AGENT, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** GitHub stops listing files and does not say so. What is not listed may be what the policy guards. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const policy = (sha: string): string => `version: 1
scope: { deployments: all, pull-requests: all }
groups:
  maintainers: { min-permission: maintain }
  security: { users: [carol] }
rules:
  - id: someone-else
    when: { agent: true }
    require: [{ from: maintainers, count: 1 }]
  - id: secrets
    when: { paths: ["secrets/**"] }
    require: [{ from: security, count: 1 }]
baselines: { production: ${sha} }
`;

const filesOf = (count: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`docs/${index % 50}/${index}.md`, 'text\n']));

const groupsAsked = (): readonly string[] => {
  const asked = recordsOf(stage, 'requested').at(-1)?.['seats'];
  return Array.isArray(asked) ? asked.map((seat: unknown) => String(field(seat, 'group'))).toSorted() : [];
};

async function pullOf(count: number) {
  stage = await openStage({ policy });
  const { sandbox, repo } = stage;
  await sandbox
    .as(AGENT)
    .commit(repo, 'copilot/big', { files: filesOf(count), message: askedBy(stage, 'alice', 'Many files') });
  const pull = await sandbox.as(AGENT).openPullRequest(repo, { head: 'copilot/big', title: 'Many files' });
  await stage.settle();
  return pull;
}

describe('C81 truncated file lists', () => {
  test('a pull request of more files than GitHub lists counts as touching everything', async () => {
    const pull = await pullOf(3_001);
    expect(groupsAsked()).toEqual(['maintainers', 'security']);
    expect(stage.check(pull.headSha)?.summary).toMatch(/more files than GitHub lists/);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'carol', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  }, 60_000);

  test('a deployment whose comparison lists 300 files counts as touching everything', async () => {
    stage = await openStage({ policy });
    const { sha } = await stage.sandbox
      .as(AGENT)
      .commit(stage.repo, 'main', { files: filesOf(301), message: askedBy(stage, 'alice', 'Many files') });
    await stage.deploy('alice');
    expect(groupsAsked()).toEqual(['maintainers', 'security']);
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    await stage.press('carol', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(1);
  });

  test('honest: a short list is taken at its word', async () => {
    const pull = await pullOf(3);
    expect(groupsAsked()).toEqual(['maintainers']);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(refusals(stage)).toEqual([]);
  });
});
