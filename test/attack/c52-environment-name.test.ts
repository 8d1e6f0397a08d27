import { afterEach, describe, expect, test } from 'vitest';
import { deploymentCheckName } from '../../flow/show-gate.ts';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** Two seats on `production`, one anywhere else. */
const policy = (sha: string): string => `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  maintainers: { min-permission: maintain }
rules:
  - id: production-takes-two
    why: Two people for what ships
    when: { kind: deployment, environment: [production] }
    require: [{ from: maintainers, count: 2 }]
  - id: anywhere
    why: Someone who did not write it
    when: { agent: true }
    require: [{ from: maintainers, count: 1 }]
baselines: { production: ${sha} }
`;

const approve = (by: string, sha: string, environment: string): Promise<void> =>
  stage.press(by, sha, deploymentCheckName(environment.toLowerCase()), 'Approve');

describe('C52 name of the environment: case, space, encoding', () => {
  test.each(['Production', 'PRODUCTION'])('%s is production: same gate, same two seats', async (environment) => {
    stage = await openStage({ policy });
    const { runId, sha } = await heldDeployment(stage, [{ name: 'deploy', environment }]);
    await approve('dave', sha, 'production');
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    await approve('bob', sha, 'production');
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
    expect(stage.records().find((record) => record.kind === 'released')?.['gate']).toMatchObject({
      environment: 'production',
    });
  });

  test('two spellings in one run are one gate that names both jobs', async () => {
    stage = await openStage({ policy });
    const { runId, sha } = await heldDeployment(stage, [
      { name: 'deploy', environment: 'production' },
      { name: 'quietly', environment: 'pRODUCTION' },
    ]);
    await approve('dave', sha, 'production');
    expect(jobOf(stage, runId, 'quietly')?.status).toBe('waiting');
    await approve('bob', sha, 'production');
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
    expect(stage.records().filter((record) => record.kind === 'authorised')).toMatchObject([
      { jobs: [{ name: 'deploy' }, { name: 'quietly' }] },
    ]);
  });

  test.each(['production ', 'production\u200b'])(
    '"%s" looks like production, so its two seats are asked for, and one more because nothing was released there',
    async (environment) => {
      stage = await openStage({ policy });
      stage.sandbox.environment(stage.repo, environment, { customRule: 'countersign' });
      const { runId, sha } = await heldDeployment(stage, [{ name: 'deploy', environment }]);
      for (const by of ['carol', 'dave', 'bob']) await approve(by, sha, environment);
      expect(jobOf(stage, runId)?.status).toBe('waiting');
      await approve('alice', sha, environment);
      expect(jobOf(stage, runId)?.conclusion).toBe('success');
      expect(stage.sandbox.effectiveReleases).toMatchObject([{ environment }]);
    },
  );

  test.each(['eu/production', 'production%2Feu', '../../environments/production', 'prod?x=1#y', 'пroduction'])(
    'an environment called "%s" is reached under exactly this name: held, and released',
    async (environment) => {
      stage = await openStage({ policy });
      stage.sandbox.environment(stage.repo, environment, { customRule: 'countersign' });
      const { runId, sha } = await heldDeployment(stage, [{ name: 'deploy', environment }]);
      for (const by of ['carol', 'dave']) await approve(by, sha, environment);
      expect(jobOf(stage, runId)?.status).toBe('waiting');
      await approve('bob', sha, environment);
      expect(jobOf(stage, runId)?.conclusion).toBe('success');
      expect(stage.sandbox.effectiveReleases).toMatchObject([{ environment }]);
    },
  );
});
