import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStandaloneStage } from '../support/standalone-stage.ts';
import type { StandaloneRun, StandaloneStage } from '../support/standalone-stage.ts';

/**
 * Two jobs of one run wait in the environment `countersign-production`, one of them to decide about staging. GitHub's list of
 * answers does not say which of the two was meant.
 */

const PROMPT = 'countersign-production';
const jobs = [
  { name: 'staging', environment: PROMPT, manual: true },
  { name: 'decide', environment: 'countersign', manual: true, needs: ['staging'] },
  { name: 'own', environment: PROMPT, manual: true, needs: ['staging'] },
];

let world: StandaloneStage;
let run: StandaloneRun;

beforeAll(async () => {
  world = await openStandaloneStage();
  const { sandbox, repo } = world;
  sandbox.environment(repo, PROMPT, { branches: ['main'], reviewers: ['dave'] });
  const { sha } = await world.run();
  const { id } = await sandbox.as('carol').dispatch(repo, { name: 'Deploy', jobs }, { ref: 'main' });
  run = { runId: id, sha };
  await approve();
});
afterAll(async () => {
  await world.close();
});

async function approve(): Promise<void> {
  const answer = { environments: [PROMPT], state: 'approved', comment: 'go' } as const;
  await world.sandbox.as('dave').reviewDeployment(run.runId, answer);
}

describe('C63 a prompt that lets other jobs go', () => {
  test('an answer where staging is decided releases neither staging nor production elsewhere', async () => {
    const staging = { environment: 'staging', 'signing-environment': PROMPT };
    expect(await world.decide(run, { job: 'staging', inputs: staging })).toMatchObject({ code: 'held-alone' });
    await world.sandbox.finishJob(run.runId, 'staging', 'success');
    expect(await world.decide(run)).toMatchObject({ passed: false, code: 'held-alone' });
  });

  test('it releases production in the job that waited there to decide about it', async () => {
    await approve();
    const inputs = { 'signing-environment': PROMPT.toUpperCase() };
    expect(await world.decide(run, { job: 'own', inputs })).toMatchObject({ passed: true, reviewers: ['dave'] });
  });
});
