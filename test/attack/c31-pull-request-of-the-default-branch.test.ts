import { afterAll, beforeAll, expect, test } from 'vitest';
import { JOBS, openDecidingAlone } from '../support/deciding-alone.ts';
import type { DecidingAlone } from '../support/deciding-alone.ts';
import { askedBy } from '../support/held-deployment.ts';
import { AGENT } from '../support/stage.ts';

// With a commit of the default branch GitHub tells only merged pull requests; the review of an open one releases it (C31, C84).

let alone: DecidingAlone;

beforeAll(async () => {
  alone = await openDecidingAlone();
});
afterAll(() => alone.close());

test.each([1, 2])(
  'deployment %i of what was merged into main is released by a review of main into production, and by no earlier one',
  async (number) => {
    const { sandbox, repo } = alone;
    const files = { [`infra/${number}.tf`]: '# by the agent\n' };
    await sandbox.as(AGENT).commit(repo, `feature-${number}`, { files, message: askedBy({ sandbox }, 'carol') });
    const feature = await sandbox.as(AGENT).openPullRequest(repo, { head: `feature-${number}`, title: 'A feature' });
    await sandbox.as('carol').timelineEvent(repo, feature.number, 'copilot_work_started');
    await alone.approve('dave', feature.number, 'LGTM');
    await sandbox.as('carol').merge(repo, feature.number);
    const run = await alone.runAgain(JOBS);
    const held = await alone.decide(run, 'a');
    expect(held.kind).toBe('held');
    const into = { head: 'main', base: 'production', title: 'Deploy it' };
    const pull = (await sandbox.as('alice').openPullRequest(repo, into)).number;
    await alone.approve('carol', pull, held.line);
    await alone.rerun(run);
    expect((await alone.decide(run, 'a')).kind).toBe('held');
    await alone.approve('dave', pull, held.line);
    await alone.rerun(run);
    expect((await alone.decide(run, 'a')).kind).toBe('released');
    await alone.succeed(run);
    await sandbox.as('carol').merge(repo, pull, { method: 'merge' });
  },
);
