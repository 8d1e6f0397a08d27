import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDecidingAlone } from '../support/deciding-alone.ts';
import type { AloneRun, DecidingAlone } from '../support/deciding-alone.ts';

let alone: DecidingAlone;

beforeAll(async () => {
  alone = await openDecidingAlone();
  alone.sandbox.user('mallory');
});
afterAll(() => alone.close());

async function held(): Promise<{ readonly run: AloneRun; readonly pull: number; readonly line: string }> {
  const run = await alone.run();
  const pull = await alone.askForReview(run);
  return { run, pull, line: (await alone.decide(run, 'a')).line };
}

describe('C31 several pull requests with the deployed head', () => {
  test('a second one of ours takes nothing from the reviews of the first, and those of both count', async () => {
    const { run, pull, line } = await held();
    await alone.sandbox.as('alice').updateRef(alone.repo, `same-${run.runId}`, run.sha);
    await alone.sandbox
      .as('alice')
      .openPullRequest(alone.repo, { head: `same-${run.runId}`, base: 'production', title: 'The same' });
    await alone.approve('dave', pull, line);
    await alone.rerun(run);
    expect((await alone.decide(run, 'a')).kind).toBe('released');
  });

  test('one from the fork of a stranger disturbs nothing, and its reviews count for nothing', async () => {
    const { run, pull, line } = await held();
    const { sandbox, repo } = alone;
    sandbox.repo('mallory/shop', { forkOf: repo, by: 'mallory' });
    const text = 'Written with Claude Code';
    const fork = await sandbox
      .as('mallory')
      .openPullRequest(repo, { head: 'mallory:main', base: 'production', title: 'x', body: text });
    await alone.approve('dave', fork.number, line);
    await alone.rerun(run);
    const still = await alone.decide(run, 'a');
    expect(still.kind).toBe('held');
    expect(still.told).toContain('0 of 1 seats');
    await alone.approve('dave', pull, line);
    await alone.rerun(run);
    expect((await alone.decide(run, 'a')).kind).toBe('released');
  });

  test('nor do those of one from the fork of somebody who may write here', async () => {
    const { run, line } = await held();
    const { sandbox, repo } = alone;
    sandbox.repo('alice/shop', { forkOf: repo, by: 'alice' });
    const fork = await sandbox
      .as('alice')
      .openPullRequest(repo, { head: 'alice:main', base: 'production', title: 'x' });
    await alone.approve('dave', fork.number, line);
    await alone.rerun(run);
    expect((await alone.decide(run, 'a')).told).toMatch(/^0 of \d seats/m);
  });
});
