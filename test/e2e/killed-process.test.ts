import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readManifest } from '../../demo/manifest.ts';
import { startApp } from '../../demo/start-app.ts';
import type { AppProcess } from '../../demo/start-app.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { CheckRun, Sandbox } from '../../sandbox/sandbox.ts';
import { checkEvidence } from '../support/check-evidence.ts';
import { PRODUCTION_CHECK } from '../support/stage.ts';

/** The real process, killed with SIGKILL at every request to GitHub that a release makes, and started again on its data. */

const REPO = 'acme/shop';
/** alice made the first commit and carol starts the runs: bob and dave fill the two seats. */
const PEOPLE = ['alice', 'bob', 'carol', 'dave'];
const SECRET = 'webhook secret of the killed process';

let sandbox: Sandbox;
let folder = '';
let app: AppProcess;
let start: () => Promise<void>;

beforeEach(async () => {
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'countersign-killed-'));
  for (const login of PEOPLE) sandbox.user(login);
  sandbox.org('acme', { owners: ['alice'] });
  sandbox.repo(REPO, { by: 'alice' });
  for (const login of PEOPLE) sandbox.collaborator(REPO, login, 'maintain');
  const registered = sandbox.app({ slug: 'countersign', webhookSecret: SECRET, ...readManifest() });
  sandbox.environment(REPO, 'production', { customRule: 'countersign' });
  start = async () => {
    app = await startApp({
      appId: registered.appId,
      privateKeyPem: registered.privateKeyPem,
      webhookSecret: SECRET,
      githubHost: new URL(sandbox.url).host,
      dataDirectory: folder,
      main: 'test/support/app-short-lease.ts',
    });
    sandbox.webhook('countersign', app.webhookUrl);
  };
  await start();
  sandbox.install('countersign', 'acme', [REPO]);
}, 60_000);

afterEach(async () => {
  await app.kill();
  await checkEvidence(sandbox, REPO).verify();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const head = (): string => sandbox.branchHead(REPO, 'main') ?? '';

async function buttonOf(known: string): Promise<CheckRun> {
  return sandbox.until(
    () =>
      sandbox
        .checkRuns(REPO, head())
        .find((check) => check.name === PRODUCTION_CHECK && check.actions.length > 0 && check.externalId !== known),
    30_000,
  );
}

async function approve(login: string, check: CheckRun): Promise<void> {
  const action = check.actions.find((each) => each.label === 'Approve');
  if (action === undefined) throw new Error('no Approve button');
  await sandbox.as(login).clickCheckAction(REPO, check.id, action.identifier);
}

const workflow = { name: 'deploy', jobs: [{ name: 'deploy', environment: 'production' }] };

/** Two people fill the two seats of a first deployment; `kill` is set up before the second one answers. */
async function deploy(kill: (runId: number) => Promise<void>): Promise<number> {
  const known = sandbox.checkRuns(REPO, head()).find((check) => check.name === PRODUCTION_CHECK)?.externalId ?? '';
  const run = await sandbox.as('carol').dispatch(REPO, workflow);
  const check = await buttonOf(known);
  await approve('dave', check);
  await sandbox.until(
    () => sandbox.checkRuns(REPO, head()).some((each) => each.summary?.includes('1 of 2 seats') === true),
    30_000,
  );
  await sandbox.webhooks.quiesce();
  await kill(run.id);
  await approve('bob', check);
  return run.id;
}

/** GitHub never sends a delivery again by itself: a click that met a dead App is made again by the person. */
async function clickAgainIfLost(): Promise<void> {
  await sandbox.webhooks.quiesce();
  const click = sandbox.webhooks.deliveries.findLast((delivery) => delivery.action === 'requested_action');
  if (click?.state === 'failed') await sandbox.webhooks.redeliver(click.id);
}

const outcomes = (): number =>
  checkEvidence(sandbox, REPO).records.filter((record) => record.kind === 'outcome').length;

test('killed with SIGKILL at every step of a release and started again: one release each, and the log tells it', async () => {
  let before = 0;
  const first = await deploy(async () => {
    before = sandbox.requests.length;
  });
  await sandbox.until(() => sandbox.runState(first).conclusion === 'success' && outcomes() === 1, 30_000);
  const requests = sandbox.requests.slice(before);
  // Reads in a row leave the world as it was: the first after a write, every write, and the read before it are enough.
  const writes = requests.map(({ method, mutation }) => method !== 'GET' && mutation !== false);
  const steps = requests.flatMap((_, index) =>
    writes[index - 1] !== false || writes[index] === true || writes[index + 1] === true ? [index + 1] : [],
  );
  expect(steps.length).toBeGreaterThan(8);

  let told = 1;
  for (const step of steps) {
    const run = await deploy(async () => {
      let seen = 0;
      killing = false;
      const dead = Promise.withResolvers<void>();
      stopKilling = sandbox.faults.add({
        path: /./,
        when: 'after',
        times: requests.length,
        do: async () => {
          seen += 1;
          if (seen !== step) return;
          killing = true;
          await app.kill();
          dead.resolve();
        },
      });
      restarted = dead.promise.then(async () => {
        stopKilling();
        await start();
      });
    });
    told += 1;
    const done = (): boolean => sandbox.runState(run).conclusion === 'success' && outcomes() === told;
    // A release that needs a request less than the first one did is never killed.
    await Promise.race([restarted, sandbox.until(done, 30_000)]);
    // One that is killed after it was done must be up again before the next one begins.
    stopKilling();
    if (killing) await restarted;
    await clickAgainIfLost();
    await sandbox.until(done, 30_000);
    const released = sandbox.effectiveReleases.filter((release) => release.runId === run);
    expect(released, `killed at request ${step}`).toHaveLength(1);
  }
}, 180_000);

let restarted: Promise<void> = Promise.resolve();
let stopKilling: () => void = () => {};
let killing = false;
