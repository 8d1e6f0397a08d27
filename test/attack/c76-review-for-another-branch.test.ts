import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JOBS, openDecidingAlone } from '../support/deciding-alone.ts';
import type { AloneRun, AloneSaid, DecidingAlone } from '../support/deciding-alone.ts';
import { oneSeatPolicy } from '../support/stage.ts';

/** A commit that was approved for a branch that nobody guards, and moved on to main from there. */

let alone: DecidingAlone;

beforeAll(async () => {
  alone = await openDecidingAlone((sha) => `${oneSeatPolicy(sha)}deploy-branches: { production: [release] }\n`);
});
afterAll(() => alone.close());

/** dave approves the deployed head for `base`, and says nothing else. */
async function approvedFor(
  base: string,
): Promise<{ readonly run: AloneRun; readonly pull: number; readonly said: AloneSaid }> {
  const { sandbox, repo } = alone;
  const known = sandbox.branchHead(repo, base);
  if (known === undefined)
    await sandbox.as('alice').updateRef(repo, base, sandbox.branchHead(repo, 'production') ?? '');
  const run = await alone.run();
  const pull = await alone.askForReview(run, base);
  await alone.approve('dave', pull, 'fine');
  return { run, pull, said: await alone.decide(run, null) };
}

describe('C76 a review for another branch', () => {
  test('does not count for the deployment, and is told which would', async () => {
    const { said } = await approvedFor('dev');
    expect(said.kind).toBe('held');
    expect(said.told).toMatch(
      /is of pull request #\d+ into `dev`; for this deployment count .* main, release, production\./,
    );
  });

  test('nor does it by starting the run on that branch, unless it says that this deployment is meant', async () => {
    const { sandbox, repo } = alone;
    const { run, pull } = await approvedFor('staging');
    await sandbox.as('carol').updateRef(repo, 'staging', run.sha);
    const { id } = await sandbox.as('carol').dispatch(repo, { name: 'Deploy', jobs: JOBS }, { ref: 'staging' });
    const there = { runId: id, sha: run.sha };
    const held = await alone.decide(there, null);
    expect(held).toMatchObject({ kind: 'held', told: expect.stringContaining('into `staging`') });
    await alone.approve('dave', pull, held.line);
    await alone.rerun(there);
    expect((await alone.decide(there, null)).kind).toBe('released');
    await alone.succeed(there);
  });

  test('honest: one for the branch of the environment does, in any case, and so does one that the policy names', async () => {
    for (const base of ['production', 'Production', 'release']) {
      const { run, said } = await approvedFor(base);
      expect([base, said.kind]).toEqual([base, 'released']);
      await alone.succeed(run);
    }
  });
});
