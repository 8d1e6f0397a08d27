import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDecidingAlone } from '../support/deciding-alone.ts';
import type { DecidingAlone } from '../support/deciding-alone.ts';

/** Without the App there is no button: a review of a commit is all that people have, and it has to say what it is for. */

let alone: DecidingAlone;

beforeAll(async () => {
  alone = await openDecidingAlone();
  alone.sandbox.user('bob');
  alone.sandbox.collaborator(alone.repo, 'bob', 'maintain');
});
afterAll(() => alone.close());

const NAMES_NOTHING = 'to a commit and to nothing that would run';

describe('C45 one answer, one release', () => {
  test('a review lets go the run that it names, once, and no other run of the same commit', async () => {
    const good = await alone.run();
    const evil = await alone.runAgain();
    const pull = await alone.askForReview(good);
    const held = await alone.decide(good, 'a');
    expect(held.kind).toBe('held');
    await alone.decide(evil, 'b');
    await alone.approve('dave', pull, 'Looks good');
    for (const run of [good, evil]) await alone.rerun(run);
    expect((await alone.decide(good, 'a')).told).toContain(
      `${NAMES_NOTHING}; one whose first line is \`${held.line}\``,
    );
    await alone.approve('dave', pull, held.line);
    expect(await alone.decide(evil, 'b')).toMatchObject({ kind: 'held', told: expect.stringContaining('names ') });
    await alone.rerun(good);
    expect((await alone.decide(good, 'a')).kind).toBe('released');
    await alone.succeed(good);

    // The whole run again: the same command, and nobody was asked.
    await alone.rerun(good);
    const again = await alone.decide(good, 'a');
    expect(again).toMatchObject({ kind: 'held', line: held.line });
    expect(again.told).toContain('has released an earlier attempt of this');
    await alone.approve('dave', pull, held.line);
    await alone.rerun(good);
    expect((await alone.decide(good, 'a')).kind).toBe('released');
  });

  test('another plan in the next attempt is another code, and one that leaves its plan out is asked for anew too', async () => {
    const run = await alone.run();
    const pull = await alone.askForReview(run);
    const held = await alone.decide(run, 'a');
    await alone.approve('dave', pull, held.line);
    for (const plan of ['b', null]) {
      await alone.rerun(run);
      const other = await alone.decide(run, plan);
      expect(other.kind).toBe('held');
      expect(other.line).not.toBe(held.line);
    }
  });

  test('without a proposal it stands for the commit, also in a repeated run, until something else was deployed', async () => {
    const old = await alone.run();
    const pull = await alone.askForReview(old);
    await alone.approve('dave', pull, 'Looks good');
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      expect((await alone.decide(old, null)).kind).toBe('released');
      await alone.succeed(old);
      await alone.rerun(old);
    }
    const newer = await alone.run();
    await alone.approve('dave', await alone.askForReview(newer), 'Looks good');
    expect((await alone.decide(newer, null)).kind).toBe('released');
    await alone.succeed(newer);

    const back = await alone.decide(old, null);
    expect(back.kind).toBe('held');
    expect(back.told).toContain(NAMES_NOTHING);
    await alone.approve('dave', pull, back.line);
    await alone.rerun(old);
    expect((await alone.decide(old, null)).kind).toBe('released');
  });

  test('an answer that was not needed for a release is not left over for the next', async () => {
    const run = await alone.run();
    const pull = await alone.askForReview(run);
    const { line } = await alone.decide(run, 'a');
    for (const login of ['dave', 'bob']) await alone.approve(login, pull, line);
    await alone.rerun(run);
    expect((await alone.decide(run, 'a')).kind).toBe('released');
    await alone.succeed(run);
    await alone.rerun(run);
    const again = await alone.decide(run, 'a');
    expect(again.kind).toBe('held');
    for (const login of ['dave', 'bob']) expect(again.told).toContain(`@${login} has released an earlier attempt`);
  });

  test('nor without a proposal, once something else was deployed in between', async () => {
    const { sandbox, repo } = alone;
    const { sha } = await sandbox.as('carol').commit(repo, 'main', { files: { 'infra/mid.tf': '#' }, message: 'Mid' });
    const newer = await alone.run();
    const pull = await alone.askForReview(newer);
    for (const login of ['dave', 'bob']) await alone.approve(login, pull, 'Looks good');
    expect((await alone.decide(newer, null)).kind).toBe('released');
    await alone.closeRun(newer, 'failure');
    await sandbox.as('alice').forcePush(repo, 'main', sha);
    const between = await alone.runAgain();
    await alone.approve('dave', await alone.askForReview(between), 'Looks good');
    expect((await alone.decide(between, null)).kind).toBe('released');
    await alone.succeed(between);
    await alone.rerun(newer);
    const again = await alone.decide(newer, null);
    expect(again.kind).toBe('held');
    expect(again.told.match(/what `production` is compared with has changed since/g)).toHaveLength(2);
    await sandbox.as('alice').forcePush(repo, 'main', newer.sha);
  });

  test('nor does one that never released anything count for a commit beside what is deployed', async () => {
    const { sandbox, repo } = alone;
    const first = sandbox.branchHead(repo, 'main') ?? '';
    const side = await alone.run();
    const pull = await alone.askForReview(side);
    await alone.approve('dave', pull, 'Looks good');
    await sandbox.as('alice').forcePush(repo, 'main', first);
    const main = await alone.run();
    await alone.approve('dave', await alone.askForReview(main), 'Looks good');
    expect((await alone.decide(main, null)).kind).toBe('released');
    await alone.succeed(main);
    const held = await alone.decide(side, null);
    expect(held).toMatchObject({ kind: 'held', told: expect.stringContaining(NAMES_NOTHING) });
    await alone.approve('dave', pull, held.line);
    await alone.rerun(side);
    expect((await alone.decide(side, null)).kind).toBe('released');
  });

  test('an answer that begins with a rejection stops the deployment, sent as an approval or as a comment', async () => {
    const { sandbox, repo } = alone;
    for (const [plan, state] of [
      [null, 'APPROVED'],
      ['a', 'COMMENTED'],
    ] as const) {
      const run = await alone.run();
      const pull = await alone.askForReview(run);
      const { line } = await alone.decide(run, plan);
      await sandbox.as('bob').review(repo, pull, { state, body: line.replace('approve', 'reject') });
      await alone.approve('dave', pull, line);
      await alone.rerun(run);
      const said = await alone.decide(run, plan);
      expect([state, said.kind]).toEqual([state, 'held']);
      expect(said.told).toContain('so the rejection counts');
      await alone.approve('bob', pull, line);
      await alone.rerun(run);
      expect([state, (await alone.decide(run, plan)).kind]).toEqual([state, 'released']);
      await alone.succeed(run);
    }
  });
});
