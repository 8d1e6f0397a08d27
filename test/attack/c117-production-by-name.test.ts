import { afterEach, describe, expect, test } from 'vitest';
import { field, recordsOf, refusals, releasedBy } from '../support/reviewing.ts';
import { askedBy, jobOf } from '../support/held-deployment.ts';
import { AGENT, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** What is production is not guessed from a list of names: an environment that no rule knows gets the strictest default. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const NAMES = ['prod-eu', 'Live2', 'canary', 'pr\u043eduction', 'test'] as const;

const policy = (sha: string): string => `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  anyone: { min-permission: write }
rules:
  - id: production
    when: { environment: [production] }
    require: [{ from: anyone, count: 1 }]
baselines: { production: ${sha}, ${NAMES.map((name) => `${JSON.stringify(name.toLowerCase())}: ${sha}`).join(', ')} }
`;

async function agentOnMain(): Promise<string> {
  stage = await openStage({ policy });
  stage.sandbox.collaborator(stage.repo, 'bob', 'write');
  return agentAgain();
}

async function agentAgain(): Promise<string> {
  const commit = { files: { 'infra/main.tf': `${releasedBy(stage).length}` }, message: askedBy(stage, 'carol') };
  return (await stage.sandbox.as(AGENT).commit(stage.repo, 'main', commit)).sha;
}

describe('C117 production by a list of names', () => {
  test.each(NAMES)('%s is in no rule: held, with a seat that asks for more than the rules do', async (name) => {
    const sha = await agentOnMain();
    stage.sandbox.environment(stage.repo, name, { customRule: 'countersign' });
    const run = await stage.deploy('carol', { jobs: [{ name: 'deploy', environment: name }] });
    expect(jobOf(stage, run)?.status).toBe('waiting');
    expect(field(recordsOf(stage, 'requested').at(-1)?.['request'], 'range')).toMatchObject({ kind: 'range' });
    const check = `countersign deploy: ${name.toLowerCase()}`;
    await stage.press('bob', sha, check, 'Approve');
    expect(refusals(stage)).toEqual(['bob reviewer-lacks-authority']);
    expect(jobOf(stage, run)?.status).toBe('waiting');
    await stage.press('dave', sha, check, 'Approve');
    expect(jobOf(stage, run)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['dave']);
  });

  test('honest: where a rule names the environment, in whatever case, the rule says who', async () => {
    // The first release is also judged by the built-in policy, because none was in force at one before.
    for (const login of ['dave', 'bob']) {
      const sha = login === 'dave' ? await agentOnMain() : await agentAgain();
      const run = await stage.deploy('carol', { jobs: [{ name: 'deploy', environment: 'PRODUCTION' }] });
      await stage.press(login, sha, 'countersign deploy: production', 'Approve');
      expect(jobOf(stage, run)?.conclusion).toBe('success');
      expect(releasedBy(stage).at(-1)).toBe(login);
    }
  });
});
