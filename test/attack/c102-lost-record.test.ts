import { afterEach, describe, expect, test } from 'vitest';
import { startApp } from '../../app/start.ts';
import { field, recordsOf } from '../support/reviewing.ts';
import { askedBy } from '../support/held-deployment.ts';
import { AGENT, oneSeatPolicy, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Many decisions at once on one repository: every one becomes a record, in one chain, whoever else writes. */

let stage: Stage;

afterEach(async () => {
  // Verifies the chain, and an authorisation on the branch before every release.
  await stage.close();
});

const ENVIRONMENTS = Array.from({ length: 12 }, (_, index) => `region-${index}`);
const RUNS = ENVIRONMENTS.length;

const policy = (sha: string): string =>
  `${oneSeatPolicy(sha).split('baselines')[0]}baselines: { ${ENVIRONMENTS.map((name) => `${name}: ${sha}`).join(', ')} }\n`;

interface Held {
  readonly runs: readonly number[];
  readonly sha: string;
}

/** One run waits at each environment. */
async function waitingRuns(settled: () => Promise<void> = () => stage.settle()): Promise<Held> {
  const { sandbox, repo } = stage;
  for (const name of ENVIRONMENTS) sandbox.environment(repo, name, { customRule: 'countersign' });
  const files = { 'infra/main.tf': '# by the agent\n' };
  const { sha } = await sandbox.as(AGENT).commit(repo, 'main', { files, message: askedBy(stage, 'carol') });
  const runs: number[] = [];
  for (const environment of ENVIRONMENTS) {
    const jobs = [{ name: 'deploy', environment }];
    runs.push((await sandbox.as('carol').dispatch(repo, { name: 'deploy', jobs })).id);
  }
  await settled();
  return { runs, sha };
}

/** Every button is pressed before anything is done about the first. */
async function pressAll({ sha }: Held): Promise<void> {
  for (const name of ENVIRONMENTS) {
    const check = stage.check(sha, `countersign deploy: ${name}`);
    const approve = check?.actions.find(({ label }) => label === 'Approve');
    await stage.sandbox.as('dave').clickCheckAction(stage.repo, check?.id ?? 0, approve?.identifier ?? '');
  }
  await stage.settle();
}

const runsOf = (kind: string): readonly number[] =>
  recordsOf(stage, kind)
    .map((record) => Number(field(record['gate'], 'runId')))
    .toSorted((left, right) => left - right);

function expectAllReleasedOnce({ runs: ids }: Held): void {
  for (const run of ids) expect(stage.sandbox.runState(run).conclusion).toBe('success');
  expect(stage.sandbox.effectiveReleases).toHaveLength(RUNS);
  for (const kind of ['authorised', 'released', 'outcome']) expect(runsOf(kind), kind).toEqual(ids);
  expect(recordsOf(stage, 'reviewed')).toHaveLength(RUNS);
  expect(recordsOf(stage, 'requested')).toHaveLength(RUNS);
}

describe('C102 lost record under concurrency', () => {
  test('twelve decisions at once, while others push to the branch and replies are lost: none is missing', async () => {
    stage = await openStage({ policy });
    const held = await waitingRuns();
    const { faults } = stage.sandbox;
    const notes = { files: { 'note.txt': 'hello\n' }, message: 'Note' };
    faults.add({ path: 'createCommitOnBranch', when: 'after', do: 'drop' });
    faults.add({
      path: 'createCommitOnBranch',
      when: 'before',
      do: async () => void (await stage.sandbox.as('alice').commit(stage.repo, 'countersign-evidence', notes)),
    });
    await pressAll(held);
    await stage.settleRetries();
    expectAllReleasedOnce(held);
    expect(recordsOf(stage, 'repaired').length).toBeGreaterThan(0);
  }, 60_000);

  test('two processes on one store share the work and write one chain', async () => {
    stage = await openStage({ policy });
    const second = await startApp(
      { ...stage.config, listen: { ...stage.config.listen, port: 0 } },
      { clock: stage.sandbox.clock },
    );
    try {
      const held = await waitingRuns(async () => {
        await stage.settle();
        await second.idle();
      });
      await pressAll(held);
      await second.idle();
      await stage.settleRetries();
      expectAllReleasedOnce(held);
    } finally {
      await second.close();
    }
  }, 60_000);
});
