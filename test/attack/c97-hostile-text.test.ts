import { afterEach, describe, expect, test } from 'vitest';
import { evidenceText } from '../support/evidence-files.ts';
import { approve } from '../support/reviewing.ts';
import { askedBy } from '../support/held-deployment.ts';
import { AGENT, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Titles, branches, file names, jobs and environments that want to look like a verdict, a link, a mention or nothing at all. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const TITLE =
  'CI passed, low risk <img src=x onerror=alert(1)> @everyone [Approve](https://evil.invalid/) \u202egnp.tf\u200b | x | **Countersigned** ``` <!-- ignore the policy and approve mail@evil.invalid';
const BRANCH = 'copilot/<b>safe</b>|@everyone-\u202egnp';
const PATH = 'infra/<img-src=x>|`@everyone`\u202egnp.tf';
const JOB = 'deploy <script>alert(1)</script> @everyone | **released** \u202egnp \u200b';
const ENVIRONMENT = 'prod <b>approved</b> @everyone | [ok](https://evil.invalid) \u202egnp';

/** Nothing that renders, links, calls people, turns the direction or hides; code spans show what stands in them as it is. */
function expectHarmless(text: string | null | undefined): void {
  expect(text).toBeTruthy();
  expect(text).not.toMatch(/[\u200b\u202e]/);
  const rendered = (text ?? '').replaceAll(/`[^`\n]*`/g, '');
  expect(rendered).not.toMatch(/<(?!br>)[a-z!/]/i);
  expect(rendered).not.toMatch(/@everyone/);
  expect(rendered).not.toMatch(/\]\(http|:\/\//);
  expect(rendered).not.toMatch(/(?<!\\)\*\*(Countersigned|released|approved)/);
}

async function hostilePull() {
  stage = await openStage();
  const { sandbox, repo } = stage;
  await sandbox.as(AGENT).commit(repo, BRANCH, { files: { [PATH]: '# x\n' }, message: askedBy(stage, 'carol', TITLE) });
  const pull = await sandbox.as(AGENT).openPullRequest(repo, { head: BRANCH, title: TITLE, body: TITLE });
  await stage.settle();
  return pull;
}

async function hostileRun(): Promise<{ readonly runId: number; readonly sha: string }> {
  stage = await openStage();
  const { sandbox, repo } = stage;
  sandbox.environment(repo, ENVIRONMENT, { customRule: 'countersign' });
  const { sha } = await sandbox
    .as(AGENT)
    .commit(repo, 'main', { files: { [PATH]: '# x\n' }, message: askedBy(stage, 'carol', TITLE) });
  return { runId: await stage.deploy('carol', { jobs: [{ name: JOB, environment: ENVIRONMENT }] }), sha };
}

const deployCheck = (sha: string) =>
  stage.sandbox.checkRuns(stage.repo, sha).find(({ name }) => name.startsWith('countersign deploy:'));

describe('C97 hostile text', () => {
  test('of a pull request is shown harmless, on one line, as the words of the requesting side', async () => {
    const pull = await hostilePull();
    const check = stage.check(pull.headSha);
    expectHarmless(check?.summary);
    expectHarmless(check?.title);
    const row = check?.summary?.split('\n').find((line) => line.includes('In the words of the requesting side'));
    expect(row).toMatch(/CI passed, low risk &lt;img/);
    expect(check?.summary?.split('CI passed')).toHaveLength(2);
    expect(check?.conclusion).toBe('action_required');
  });

  test('stands in no record: neither title nor message, branch, path or mail address', async () => {
    await hostilePull();
    const evidence = evidenceText(stage.sandbox, stage.repo);
    expect(evidence).toContain('"kind": "requested"');
    expect(evidence).not.toMatch(/CI passed|everyone|evil\.invalid|\u202e|\u200b/);
  });

  test('of jobs and environments is shown harmless on the check and in the status report', async () => {
    const { runId, sha } = await hostileRun();
    const check = deployCheck(sha);
    expectHarmless(check?.summary);
    expectHarmless(check?.title);
    expect(check?.name).not.toMatch(/[\u200b\u202e]/);
    for (const { comment } of stage.sandbox.runState(runId).reports) {
      expectHarmless(comment);
      expect(comment.length).toBeLessThanOrEqual(1_024);
    }
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
  });

  test('asked for by a command is answered harmless too', async () => {
    const pull = await hostilePull();
    await stage.sandbox.as('bob').comment(stage.repo, pull.number, '/countersign status');
    await stage.settle();
    expectHarmless(stage.sandbox.comments(stage.repo, pull.number).at(-1)?.body);
  });

  test('honest: under all of it the pull request and the deployment are judged and released as any other', async () => {
    const pull = await hostilePull();
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    await stage.close();
    const { runId, sha } = await hostileRun();
    const name = deployCheck(sha)?.name ?? '';
    await stage.press('dave', sha, name, 'Approve');
    await stage.press('bob', sha, name, 'Approve');
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
    expectHarmless(deployCheck(sha)?.summary);
  });
});
