import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JOBS, openDecidingAlone } from '../support/deciding-alone.ts';
import type { AloneRun, DecidingAlone } from '../support/deciding-alone.ts';
import { askedBy } from '../support/held-deployment.ts';
import { AGENT } from '../support/stage.ts';

/** Where a push reaches the default branch, it brings its own policy along: eve, who may only read, agrees to everything. */

const POLICY = '.github/countersign.yml';

let alone: DecidingAlone;

beforeEach(async () => {
  alone = await openDecidingAlone();
  alone.sandbox.user('eve');
  alone.sandbox.collaborator(alone.repo, 'eve', 'read');
});
afterEach(() => alone.close());

const policyOf = (who: string): string =>
  (alone.sandbox.file(alone.repo, 'main', POLICY) ?? '').replace(/maintainers: \{.*\}/, `maintainers: { ${who} }`);

async function push(policy: string | null, by = AGENT): Promise<void> {
  const files = { [POLICY]: policy, 'infra/main.tf': '# by the agent\n' };
  await alone.sandbox.as(by).commit(alone.repo, 'main', { files, message: askedBy(alone, 'carol') });
}

async function released(run: AloneRun, by: string): Promise<void> {
  const { line } = await alone.decide(run, 'a');
  await alone.approve(by, await alone.askForReview(run), line);
  await alone.rerun(run);
  expect((await alone.decide(run, 'a')).kind).toBe('released');
  await alone.succeed(run);
}

describe('C75 a policy that comes along with the deployment', () => {
  test('lets nobody in before anything was released: the built-in one stands for that of before', async () => {
    await push(policyOf('users: [eve]'));
    // As if that had been agreed to: the base is its own word.
    const own = alone.sandbox.branchHead(alone.repo, 'main') ?? '';
    await push(policyOf('users: [eve]').replace(/production: \w+/, `production: ${own}`));
    const run = await alone.runAgain();
    const { line } = await alone.decide(run, 'a');
    const pull = await alone.askForReview(run);
    await alone.approve('eve', pull, line);
    await alone.rerun(run);
    const held = await alone.decide(run, 'a');
    expect(held.kind).toBe('held');
    expect(held.told).toContain('The policy is not the one from before this deployment (the built-in one');
    await alone.approve('dave', pull, line);
    await alone.rerun(run);
    expect((await alone.decide(run, 'a')).kind).toBe('released');
  });

  test('nor after it, also where the policy was pushed later than what is deployed; honest people of both policies do', async () => {
    await released(await alone.run(), 'dave');
    const run = await alone.run();
    const { line } = await alone.decide(run, 'a');
    await push(policyOf('users: [eve, dave]'));
    const pull = await alone.askForReview(run);
    await alone.rerun(run);
    const changed = await alone.decide(run, 'a');
    expect(changed.line).not.toBe(line);
    await alone.approve('eve', pull, changed.line);
    await alone.rerun(run);
    expect((await alone.decide(run, 'a')).told).toContain(
      'The policy is not the one from before this deployment (of commit',
    );
    await alone.approve('dave', pull, changed.line);
    await alone.rerun(run);
    expect((await alone.decide(run, 'a')).kind).toBe('released');
    await alone.succeed(run);

    // What is deployed has the old policy still; with the new one deployed, the new one judges alone.
    const next = await alone.runAgain();
    const asked = await alone.decide(next, 'a');
    const second = await alone.askForReview(next);
    await alone.approve('eve', second, asked.line);
    await alone.rerun(next);
    expect((await alone.decide(next, 'a')).kind).toBe('held');
    await alone.approve('dave', second, asked.line);
    await alone.rerun(next);
    expect((await alone.decide(next, 'a')).kind).toBe('released');
    await alone.succeed(next);
    await released(await alone.run(JOBS), 'eve');
  });

  test('honest: whoever only the policy from before named is gone, and an administrator agrees in their place', async () => {
    await push(policyOf('users: [ghost]'), 'alice');
    await push(policyOf('users: [dave]'), 'alice');
    const { sandbox, repo } = alone;
    sandbox.user('frank');
    sandbox.collaborator(repo, 'frank', 'admin');
    const first = await alone.runAgain();
    await released(first, 'dave');
    await push(policyOf('users: [frank]'), 'alice');
    sandbox.collaborator(repo, 'dave', null);
    await released(await alone.runAgain(), 'frank');
  });
});
