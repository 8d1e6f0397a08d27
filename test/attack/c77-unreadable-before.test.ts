import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDecidingAlone } from '../support/deciding-alone.ts';
import type { DecidingAlone } from '../support/deciding-alone.ts';

const POLICY = '.github/countersign.yml';

let alone: DecidingAlone;
beforeAll(async () => {
  alone = await openDecidingAlone();
});
afterAll(() => alone.close());

/** Deploys a commit with this policy in it, under the policy that is put back on main at once. */
async function deployWith(policy: string): Promise<void> {
  const { sandbox, repo } = alone;
  const good = sandbox.file(repo, 'main', POLICY) ?? '';
  await sandbox.as('alice').commit(repo, 'main', { files: { [POLICY]: policy }, message: 'oops' });
  const run = await alone.run();
  await sandbox.as('alice').commit(repo, 'main', { files: { [POLICY]: good }, message: 'mend' });
  await alone.approve('dave', await alone.askForReview(run), 'fine');
  expect((await alone.decide(run, null)).kind).toBe('released');
  await alone.succeed(run);
}

test('C77 a policy of before that nobody can ever read is one that does not judge: the built-in one stands for it', async () => {
  const good = alone.sandbox.file(alone.repo, 'main', POLICY) ?? '';
  await deployWith(`${good}${'#'.repeat(1_100_000)}\n`);
  const next = await alone.run();
  const held = await alone.decide(next, null);
  expect(held.kind).toBe('held');
  expect(held.told).not.toContain('could not be read');
  await alone.approve('dave', await alone.askForReview(next), 'fine');
  await alone.rerun(next);
  expect((await alone.decide(next, null)).kind).toBe('released');
  await alone.succeed(next);
});

test('C77 nor does a team in it hold for ever where no team can be read: an administrator agrees', async () => {
  const { sandbox, repo } = alone;
  const good = sandbox.file(repo, 'main', POLICY) ?? '';
  sandbox.team('acme', 'release', ['dave']);
  await deployWith(good.replace(/maintainers: \{.*\}/, 'maintainers: { teams: [acme/release] }'));
  const next = await alone.run();
  const pull = await alone.askForReview(next);
  await alone.approve('dave', pull, 'fine');
  const held = await alone.decide(next, null);
  expect(held.kind).toBe('held');
  expect(held.told).toContain('or an administrator');
  sandbox.collaborator(repo, 'dave', 'admin');
  await alone.rerun(next);
  expect((await alone.decide(next, null)).kind).toBe('released');
});
