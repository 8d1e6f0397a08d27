import { afterEach, describe, expect, test } from 'vitest';
import { quickTimer } from '../support/quick-timer.ts';
import { AGENT, agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage, StageOptions } from '../support/stage.ts';

/** Deployments from the dispatch to the record, through HTTP and git. `close` also checks invariant 1 and verifies the log. */

let stage: Stage;

async function open(options?: StageOptions): Promise<Stage> {
  stage = await openStage(options);
  return stage;
}

afterEach(async () => {
  await stage.close();
});

const kinds = (): readonly string[] => stage.records().map((record) => record.kind);
const job = (runId: number, name = 'deploy', attempt = 1) =>
  stage.sandbox.runState(runId).jobs.find((each) => each.name === name && each.attempt === attempt);
const head = (): string => stage.sandbox.branchHead(stage.repo, 'main') ?? '';

/** The agent's change is on main, countersigned by bob and merged by him. */
async function mergedAgentChange(): Promise<string> {
  const pull = await agentPullRequest(stage);
  await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'APPROVED' });
  await stage.settle();
  const { sha } = await stage.sandbox.as('bob').merge(stage.repo, pull.number);
  await stage.settle();
  return sha;
}

describe('a deployment of what an agent wrote', () => {
  test('is held without an answer and says on the deployment why, who can release it and by which code', async () => {
    await open();
    await mergedAgentChange();
    const run = await stage.deploy('carol');
    expect(job(run)?.status).toBe('waiting');
    const [report] = stage.sandbox.runState(run).reports;
    expect(report?.state).toBe('report');
    expect(report?.comment).toMatch(/waiting-for-seats/);
    expect(report?.comment).toMatch(/@dave/);
    expect(report?.comment).not.toMatch(/@alice|@carol/);
    expect(report?.comment).toMatch(/\/countersign approve [0-9A-Z]{8}/);
    expect(stage.check(head(), PRODUCTION_CHECK)?.conclusion).toBe('action_required');
  });

  test('is released by the button of a distinct human, and the log tells requested, reviewed, authorised, released, outcome', async () => {
    await open();
    const sha = await mergedAgentChange();
    const run = await stage.deploy('carol');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    expect(kinds().slice(-5)).toEqual(['requested', 'reviewed', 'authorised', 'released', 'outcome']);
    expect(stage.check(sha, PRODUCTION_CHECK)?.conclusion).toBe('success');
  });

  test('is released by a command with the code of the request', async () => {
    await open();
    const pull = await agentPullRequest(stage, { branch: 'copilot/open' });
    const run = await stage.deploy('carol');
    const code = /approve ([0-9A-Z]{8})/.exec(stage.sandbox.runState(run).reports[0]?.comment ?? '')?.[1];
    await stage.sandbox.as('dave').comment(stage.repo, pull.number, `/countersign approve ${code}`);
    await stage.settle();
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test("is released at GitHub's own prompt, after which our answer comes last", async () => {
    await open({ environment: { reviewers: ['dave'] } });
    await mergedAgentChange();
    const run = await stage.deploy('carol');
    await stage.sandbox.as('dave').reviewDeployment(run, { environments: ['production'], state: 'approved' });
    await stage.settle();
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('waits for the native reviewers even when every seat is filled', async () => {
    await open({ environment: { reviewers: ['carol'] } });
    const sha = await mergedAgentChange();
    const run = await stage.deploy('carol');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(job(run)?.status).toBe('waiting');
    expect(kinds()).not.toContain('authorised');
    await stage.sandbox.as('carol').reviewDeployment(run, { environments: ['production'], state: 'approved' });
    await stage.settle();
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('is rejected only by somebody who may decide', async () => {
    await open();
    const sha = await mergedAgentChange();
    const run = await stage.deploy('carol');
    await stage.press('alice', sha, PRODUCTION_CHECK, 'Reject');
    expect(job(run)?.status).toBe('waiting');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Reject');
    expect(stage.sandbox.runState(run).conclusion).toBe('failure');
    expect(kinds()).toContain('rejected');
  });
});

describe('the openings of an environment', () => {
  test('a second sequential job asks again and needs an answer of its own', async () => {
    await open();
    const sha = await mergedAgentChange();
    const run = await stage.deploy('carol', {
      jobs: [
        { name: 'deploy', environment: 'production' },
        { name: 'migrate', environment: 'production', needs: ['deploy'] },
      ],
    });
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(job(run)?.conclusion).toBe('success');
    expect(job(run, 'migrate')?.status).toBe('waiting');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    expect(kinds().filter((kind) => kind === 'authorised')).toHaveLength(2);
  });

  test('a matrix of parallel jobs is one request that names them all', async () => {
    await open();
    const sha = await mergedAgentChange();
    const names = ['deploy (eu)', 'deploy (us)', 'deploy (ap)'];
    const run = await stage.deploy('carol', { jobs: names.map((name) => ({ name, environment: 'production' })) });
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    const authorised = stage.records().filter((record) => record.kind === 'authorised');
    expect(authorised).toHaveLength(1);
    expect(authorised[0]?.['jobs']).toHaveLength(3);
  });

  test('a late job that nobody has seen is not let go by an answer given before it waited', async () => {
    await open();
    const sha = await mergedAgentChange();
    const run = await stage.deploy('carol', {
      jobs: [
        { name: 'deploy', environment: 'production' },
        { name: 'build', manual: true },
        { name: 'late', environment: 'production', needs: ['build'] },
      ],
    });
    // The late job begins to wait while the authorisation is being written.
    stage.sandbox.faults.add({
      path: 'createCommitOnBranch',
      when: 'after',
      do: async () => stage.sandbox.finishJob(run, 'build', 'success'),
    });
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(job(run)?.status).toBe('waiting');
    expect(job(run, 'late')?.status).toBe('waiting');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('a re-run is another attempt: held again, with the re-runner excluded too', async () => {
    await open();
    const sha = await mergedAgentChange();
    const run = await stage.deploy('carol');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    await stage.sandbox.as('dave').rerun(run);
    await stage.settle();
    expect(job(run, 'deploy', 2)?.status).toBe('waiting');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(job(run, 'deploy', 2)?.status).toBe('waiting');
    await stage.sandbox.as('carol').comment(stage.repo, 1, 'nothing to see');
    expect(stage.sandbox.effectiveReleases).toHaveLength(1);
  });
});

describe('two runs of one commit', () => {
  test('share the check of the environment: when one is released, the other shows its own buttons', async () => {
    await open();
    const sha = await mergedAgentChange();
    const first = await stage.deploy('carol');
    const second = await stage.deploy('carol');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    const released = [first, second].filter((run) => stage.sandbox.runState(run).conclusion === 'success');
    expect(released).toHaveLength(1);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect([first, second].map((run) => stage.sandbox.runState(run).conclusion)).toEqual(['success', 'success']);
  });
});

describe('what a deployment contains', () => {
  test('a first deployment is a baseline with one seat more', async () => {
    await open({ policy: null });
    const run = await stage.deploy('carol');
    const sha = head();
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(job(run)?.status).toBe('waiting');
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });

  test('the next one is judged from what this log last released', async () => {
    await open({ policy: null });
    const first = head();
    const run = await stage.deploy('carol');
    await stage.press('dave', first, PRODUCTION_CHECK, 'Approve');
    await stage.press('bob', first, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    const second = await mergedAgentChange();
    const next = await stage.deploy('carol');
    const request = stage.records().findLast((record) => record.kind === 'requested')?.['request'];
    expect(request).toMatchObject({ range: { kind: 'range', baseSha: first } });
    await stage.press('dave', second, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(next).conclusion).toBe('success');
  });

  test('a rollback is one, and never without a seat', async () => {
    await open();
    const before = head();
    const sha = await mergedAgentChange();
    const run = await stage.deploy('carol');
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    await stage.sandbox.as('alice').updateRef(stage.repo, 'rollback', before);
    const back = await stage.deploy('carol', { ref: 'rollback' });
    expect(job(back)?.status).toBe('waiting');
    expect(stage.sandbox.runState(back).reports[0]?.comment).toMatch(/range-rollback/);
    await stage.press('dave', before, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(back).conclusion).toBe('success');
  });

  test('an invented deployment status is no base', async () => {
    await open({ policy: null });
    await stage.sandbox.as(AGENT).commit(stage.repo, 'main', { files: { 'evil.tf': 'x' }, message: 'x' });
    const invented = await stage.sandbox.as('alice').createDeployment(stage.repo, 'production', 'main');
    await stage.sandbox.as('alice').createDeploymentStatus(stage.repo, invented.id, 'success');
    await stage.settle();
    await stage.deploy('carol');
    const request = stage.records().findLast((record) => record.kind === 'requested')?.['request'];
    expect(request).toMatchObject({ range: { kind: 'baseline', baseSha: null } });
  });

  test('two people who countersign each other ship: whoever merges a countersigned pull request is only its merger', async () => {
    await open({ people: ['alice', 'bob'] });
    const pull = await agentPullRequest(stage);
    await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    const { sha } = await stage.sandbox.as('bob').merge(stage.repo, pull.number);
    await stage.settle();
    const run = await stage.deploy('bob', { event: 'push' });
    await stage.press('alice', sha, PRODUCTION_CHECK, 'Approve');
    expect(job(run)?.status).toBe('waiting');
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });
});

describe('what happens without us', () => {
  test("an administrator's bypass is recorded with the name and is nobody's release", async () => {
    await open();
    await mergedAgentChange();
    const run = await stage.deploy('carol');
    await stage.sandbox.as('alice').bypass(run);
    await stage.settle();
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    const bypassed = stage.records().find((record) => record.kind === 'bypassed');
    expect(bypassed?.['by']).toMatchObject({ login: 'alice' });
    expect(kinds()).not.toContain('authorised');
  });

  test('a bypass before anything could be decided is recorded all the same', async () => {
    await open({ start: quickTimer });
    await mergedAgentChange();
    const mend = stage.sandbox.faults.add({
      path: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments',
      when: 'before',
      times: 1_000,
      do: { status: 500 },
    });
    const run = await stage.deploy('carol');
    await stage.sandbox.as('alice').bypass(run);
    mend();
    await stage.settle();
    await stage.settleRetries(() => kinds().includes('bypassed'));
    expect(stage.records().find((record) => record.kind === 'bypassed')?.['by']).toMatchObject({ login: 'alice' });
  });

  test('a cancelled run is withdrawn', async () => {
    await open();
    await mergedAgentChange();
    const run = await stage.deploy('carol');
    await stage.sandbox.as('carol').cancel(run);
    await stage.settle();
    expect(kinds().at(-1)).toBe('withdrawn');
  });

  test('a delivery that never came is found by the sweep', async () => {
    await open();
    const sha = await mergedAgentChange();
    const stopDropping = stage.sandbox.webhooks.drop(() => true);
    const run = await stage.deploy('carol');
    expect(stage.check(sha, PRODUCTION_CHECK)).toBeUndefined();
    stopDropping();
    await stage.app().sweep();
    await stage.settle();
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  });
});
