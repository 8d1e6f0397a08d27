import { afterEach, describe, expect, test } from 'vitest';
import { field, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import { AGENT, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Bob pushes as alice past every pull request: only the list of pushes to the deployed branch names him. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** Alice's identity in a commit that bob makes. */
const asAlice = (): {
  readonly author: { name: string; email: string };
  readonly committer: { name: string; email: string };
} => {
  const { email } = stage.sandbox.user('alice');
  return { author: { name: 'alice', email }, committer: { name: 'alice', email } };
};

describe('C10 last pusher, past every pull request', () => {
  test('whoever pushed straight to the deployed branch is refused at the deployment', async () => {
    stage = await openStage();
    const { sha } = await stage.sandbox
      .as('bob')
      .commit(stage.repo, 'main', { files: { 'app.txt': 'x' }, message: 'Hers, it says', ...asAlice() });
    await stage.settle();
    const run = await stage.deploy('carol');
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: pusher']);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('whoever made the branch that is deployed, without any pull request, is refused at the deployment', async () => {
    stage = await openStage();
    const { sha } = await stage.sandbox
      .as('bob')
      .commit(stage.repo, 'hotfix', { files: { 'app.txt': 'x' }, message: 'Hers, it says', ...asAlice() });
    await stage.settle();
    await stage.deploy('carol', { ref: 'hotfix' });
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(refusals(stage)).toEqual(['bob reviewer-is-party: pusher']);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(releasedBy(stage)).toEqual(['dave']);
  });

  test('a commit on the deployed branch of which no push is known asks for one human more', async () => {
    stage = await openStage();
    const { sha } = await stage.sandbox
      .as('bob')
      .commit(stage.repo, 'elsewhere', { files: { 'app.txt': 'x' }, message: 'Hers, it says', ...asAlice() });
    // Only the newest hundred pushes are asked: the one that matters has gone by.
    await stage.sandbox.as('alice').updateRef(stage.repo, 'main', sha);
    const empty = { status: 200, body: [] };
    stage.sandbox.faults.add({ path: 'GET /repos/{owner}/{repo}/activity', when: 'after', times: 100, do: empty });
    await stage.settle();
    const run = await stage.deploy('carol');
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    expect(releasedBy(stage).toSorted()).toEqual(['bob', 'dave']);
  });

  test('honest: an agent that pushed under the name of a person is seen, and a distinct human releases it', async () => {
    stage = await openStage();
    const { sha } = await stage.sandbox
      .as(AGENT)
      .commit(stage.repo, 'main', { files: { 'app.txt': 'x' }, message: 'Hers, it says', ...asAlice() });
    await stage.settle();
    const run = await stage.deploy('carol');
    const classification = field(recordsOf(stage, 'requested').at(-1), 'classification');
    expect(classification).toMatchObject({ class: 'agent', agents: ['copilot'] });
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['dave']);
  });
});
