import { cp, readFile, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CheckRun, Sandbox } from '../sandbox/sandbox.ts';
import { AGENT, REPO, REVIEW_BOT } from './world.ts';
import type { World } from './world.ts';

const run = promisify(execFile);

export type Say = (text: string) => void;

/**
 * The main job from beginning to end. Every step waits until it has really happened on the local GitHub and throws when it
 * has not: the story cannot be told without it.
 */
export async function tellStory(world: World, say: Say): Promise<void> {
  const { sandbox } = world;

  say('An AI agent, prompted by alice, opens a pull request that changes infra/.');
  await sandbox.as(AGENT).commit(REPO, 'copilot/bigger-database', {
    files: { 'infra/main.tf': 'resource "aws_db_instance" "shop" { instance_class = "db.r6g.xlarge" }\n' },
    message: 'Give the database more memory\n\nCo-authored-by: alice <alice@users.noreply.github.com>',
  });
  const pull = await sandbox.as(AGENT).openPullRequest(REPO, {
    head: 'copilot/bigger-database',
    title: 'Give the database more memory',
  });
  await sandbox.as('alice').timelineEvent(REPO, pull.number, 'copilot_work_started');
  const held = await check(sandbox, pull.headSha, 'countersign', (found) => found.actions.length > 0);
  say(`  held: ${held.title}`);

  say('alice, who prompted it, approves.');
  await sandbox.as('alice').review(REPO, pull.number, { state: 'APPROVED' });
  await refusal(sandbox, pull.headSha, 'countersign', 'alice', 'had a part in the change');
  say('  refused: she had a part in the change');

  say('A review bot approves.');
  await sandbox.as(REVIEW_BOT).review(REPO, pull.number, { state: 'APPROVED' });
  await refusal(sandbox, pull.headSha, 'countersign', 'coderabbitai', 'not the account of a human');
  say('  refused: it is not a human');

  say('bob, who had no part in it, approves.');
  await sandbox.as('bob').review(REPO, pull.number, { state: 'APPROVED' });
  await check(sandbox, pull.headSha, 'countersign', (found) => found.conclusion === 'success');
  say('  the check turns green');
  const merged = await sandbox.as('bob').merge(REPO, pull.number);
  say(`  bob merges it: ${merged.sha.slice(0, 12)}`);

  say('carol starts a deployment to production.');
  const deployment = await sandbox.as('carol').dispatch(REPO, {
    name: 'deploy',
    jobs: [{ name: 'deploy', environment: 'production' }],
  });
  const gate = 'countersign deploy: production';
  const asked = await check(sandbox, merged.sha, gate, (found) => found.conclusion === 'action_required');
  say(`  its job is held: ${sandbox.runState(deployment.id).jobs[0]?.status ?? 'missing'}`);

  say('carol presses the Approve button herself.');
  const approve = asked.actions.find((action) => action.label === 'Approve');
  if (approve === undefined) throw new Error('the check of the deployment has no Approve button');
  await sandbox.as('carol').clickCheckAction(REPO, asked.id, approve.identifier);
  await refusal(sandbox, merged.sha, gate, 'carol', 'had a part in the change');
  expect(sandbox.runState(deployment.id).jobs[0]?.status, 'waiting');
  say('  refused: she started it');

  say("dave approves at GitHub's deployment prompt.");
  await sandbox.as('dave').reviewDeployment(deployment.id, { environments: ['production'], state: 'approved' });
  await sandbox.until(() => sandbox.runState(deployment.id).conclusion === 'success');
  say('  released, and the job ran');

  say('carol runs the job again.');
  await sandbox.as('carol').rerun(deployment.id);
  await sandbox.until(() =>
    sandbox
      .runState(deployment.id)
      .reports.some((report) => report.state === 'report' && reportsOf(sandbox, deployment.id) >= 2),
  );
  expect(sandbox.runState(deployment.id).jobs.findLast((job) => job.attempt === 2)?.status, 'waiting');
  say('  held again: an approval is for one attempt');

  await proveEvidence(world, say);
}

async function proveEvidence(world: World, say: Say): Promise<void> {
  const { sandbox, folder } = world;
  say('An auditor clones the evidence branch and verifies it.');
  await world.sandbox.webhooks.quiesce();
  const clone = join(folder, 'evidence');
  await run('git', ['clone', '--quiet', '--branch', 'countersign-evidence', sandbox.cloneUrl(REPO), clone]);
  const files = (await run('git', ['-C', clone, 'ls-files'])).stdout.split('\n');
  const keyFile = files.find((file) => file.startsWith('keys/') && !file.includes('record'));
  const verified = await world.countersign(
    'verify',
    clone,
    ...(keyFile === undefined ? [] : ['--key', join(clone, keyFile)]),
  );
  say(indent(verified.output));
  expect(verified.code, 0);

  say('One byte of one record is changed.');
  const victim = files.find((file) => file.endsWith('-released.json'));
  if (victim === undefined) throw new Error('no released record on the evidence branch');
  const tampered = join(folder, 'tampered');
  await cp(clone, tampered, { recursive: true, filter: (source) => !source.endsWith('.git') });
  const text = await readFile(join(tampered, victim), 'utf8');
  await writeFile(join(tampered, victim), text.replace('"answered"', '"answereD"').replace('"check"', '"checK"'));
  const refused = await world.countersign('verify', tampered);
  say(indent(refused.output));
  expect(refused.code, 1);
  if (!refused.output.includes(victim)) throw new Error(`the verifier did not name ${victim}`);
}

async function check(
  sandbox: Sandbox,
  sha: string,
  name: string,
  wanted: (found: CheckRun) => boolean,
): Promise<CheckRun> {
  return sandbox.until(() => sandbox.checkRuns(REPO, sha).find((found) => found.name === name && wanted(found)));
}

async function refusal(sandbox: Sandbox, sha: string, name: string, login: string, why: string): Promise<void> {
  await check(sandbox, sha, name, (found) => {
    const row = found.summary?.split('\n').find((line) => line.startsWith(`| ${login}`) && line.includes(' no '));
    return row?.includes(why) === true;
  });
}

function reportsOf(sandbox: Sandbox, runId: number): number {
  return sandbox.runState(runId).reports.filter((report) => report.state === 'report').length;
}

function expect(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`expected ${String(wanted)}, found ${String(found)}`);
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  | ${line}`)
    .join('\n');
}
