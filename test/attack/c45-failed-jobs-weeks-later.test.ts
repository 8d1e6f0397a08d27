import { afterAll, expect, test } from 'vitest';
import { openStore } from '../../adapters/store/open-store.ts';
import { askedBy, jobOf } from '../support/held-deployment.ts';
import { AGENT, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import { planOf, propose } from '../support/telling-the-app.ts';

const stage = await openStage();
afterAll(() => stage.close());

const DAY = 24 * 3_600_000;

test('C45 what was proposed before the tests failed is asked for when the failed jobs run again after 29 days', async () => {
  const { sandbox, repo } = stage;
  await sandbox.as('alice').updateRef(repo, 'production', sandbox.branchHead(repo, 'main') ?? '');
  const message = askedBy(stage, 'carol');
  const { sha } = await sandbox.as(AGENT).commit(repo, 'main', { files: { 'infra/main.tf': '# more\n' }, message });
  await sandbox.as('carol').updateRef(repo, 'next', sha);
  const pull = await sandbox
    .as('carol')
    .openPullRequest(repo, { head: 'next', base: 'production', title: 'Deploy it' });
  await sandbox.as('dave').review(repo, pull.number, { state: 'APPROVED', body: 'Code looks good' });
  const jobs = [
    { name: 'plan', manual: true },
    { name: 'test', manual: true },
    { name: 'deploy', needs: ['plan', 'test'], environment: 'production', manual: true },
  ];
  const runId = await stage.deploy('carol', { jobs });
  expect(await propose(stage, runId, 'plan', planOf('a'))).toBe('taken');
  await sandbox.finishJob(runId, 'plan', 'success');
  await sandbox.finishJob(runId, 'test', 'failure');
  await stage.settle();
  sandbox.clock.advance(29 * DAY);
  await stage.app().sweep();
  await stage.settle();
  await sandbox.as('carol').rerun(runId, { failedOnly: true });
  await stage.settle();
  await sandbox.finishJob(runId, 'test', 'success');
  await stage.settle();
  expect(jobOf(stage, runId, 'deploy', 2)?.status).toBe('waiting');
  expect(stage.check(sha, PRODUCTION_CHECK)?.summary).toContain('infra/plan.bin');
  // As if it had had to make room.
  const store = openStore(stage.config.databasePath);
  const [told] = await store.documents.listAll('told');
  if (told === undefined) throw new TypeError('nothing is kept of what was told');
  const without = told.body.replace('"places"', '"isForgotten":true,"places"');
  const { version } = await store.documents.put(told.id, without, told.version);
  await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
  expect(jobOf(stage, runId, 'deploy', 2)?.status).toBe('waiting');
  expect(stage.check(sha, PRODUCTION_CHECK)?.summary).toContain('Start a new run');
  // Honest control.
  await store.documents.put(told.id, told.body, version);
  await store.close();
  await stage.app().sweep();
  await stage.settle();
  expect(jobOf(stage, runId, 'deploy', 2)?.status).not.toBe('waiting');
});
