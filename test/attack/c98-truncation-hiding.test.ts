import { afterEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { toHex, utf8 } from '../../core/evidence/bytes.ts';
import { jcs } from '../../core/evidence/jcs.ts';
import { field, recordsOf } from '../support/reviewing.ts';
import { askedBy } from '../support/held-deployment.ts';
import { AGENT, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** So much of everything that what matters would fall off the end of the screen. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const LOGINS = Array.from({ length: 40 }, (_, index) => `writer-${String(index).padStart(2, '0')}`);

/** Every writer authored two commits of the branch; the files fill a screen each. */
async function manyCommits(branch: string): Promise<string> {
  const { sandbox, repo } = stage;
  let head = '';
  for (const [index, login] of [...LOGINS, ...LOGINS].entries()) {
    const { email } = sandbox.user(login);
    const { sha } = await sandbox.as(AGENT).commit(repo, branch, {
      files: { [`infra/${'long-folder-name/'.repeat(8)}${index}.tf`]: `# ${index}\n` },
      message: askedBy(stage, 'carol', `Change ${index}`),
      author: { name: login, email },
      push: index === LOGINS.length * 2 - 1,
      ...(head === '' ? {} : { parents: [head] }),
    });
    head = sha;
  }
  return head;
}

describe('C98 truncation hiding', () => {
  test('a pull request of many commits, files and people fits the check, and what is not shown is counted', async () => {
    stage = await openStage();
    await manyCommits('copilot/many');
    const pull = await stage.sandbox.as(AGENT).openPullRequest(stage.repo, { head: 'copilot/many', title: 'Many' });
    await stage.settle();
    const summary = stage.check(pull.headSha)?.summary ?? '';
    expect(summary.length).toBeLessThanOrEqual(65_535);
    expect(summary).toMatch(/What it touches \| 80 commit.* and 65 more/);
    expect(summary).toMatch(/Who may not, and why \|.*and \d+ more \|/);
    // What decides comes first, whatever follows it.
    expect(summary.indexOf('waiting-for-seats')).toBeLessThan(summary.indexOf('Who wrote or started it'));
    expect(summary).toMatch(/Code of this request/);
    await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  }, 60_000);

  test('a deployment of many jobs and commits fits report, check and record; the facts name every job', async () => {
    stage = await openStage();
    const sha = await manyCommits('main');
    await stage.settle();
    const jobs = Array.from({ length: 60 }, (_, index) => ({
      name: `deploy (${'region-with-a-long-name-'.repeat(6)}${index})`,
      environment: 'production',
    }));
    const run = await stage.deploy('carol', { jobs });
    const { reports } = stage.sandbox.runState(run);
    expect(reports.length).toBeGreaterThan(0);
    for (const { comment } of reports) expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(1_024);
    expect(reports[0]?.comment).toMatch(/waiting-for-seats/);
    expect(stage.check(sha, PRODUCTION_CHECK)?.summary?.length).toBeLessThanOrEqual(65_535);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
    const [authorised] = recordsOf(stage, 'authorised');
    expect(authorised?.['jobCount']).toBe(60);
    expect(stage.facts(authorised)['jobs']).toHaveLength(60);
    expect(recordsOf(stage, 'outcome')[0]?.['jobsDigest']).toBe(authorised?.['jobsDigest']);
    // What a stranger computes: the request's digest from the record alone, the lists' digests from the facts.
    const digestOf = (value: unknown) => toHex(sha256(utf8(jcs(value))));
    const [requested] = recordsOf(stage, 'requested');
    const { jobNames } = stage.facts(requested);
    expect(requested?.['requestDigest']).toBe(digestOf(requested?.['request']));
    expect(field(requested?.['request'], 'jobNamesDigest')).toBe(digestOf(jobNames));
    expect(authorised?.['jobsDigest']).toBe(digestOf(stage.facts(authorised)['jobs']));
  }, 60_000);

  test('more people than fit the report are counted in it', async () => {
    stage = await openStage({ people: [...LOGINS.slice(0, 40), 'alice', 'bob'] });
    await stage.sandbox
      .as(AGENT)
      .commit(stage.repo, 'main', { files: { 'infra/main.tf': 'x' }, message: askedBy(stage, 'carol') });
    const run = await stage.deploy('alice');
    const comment = stage.sandbox.runState(run).reports[0]?.comment ?? '';
    expect(comment).toMatch(/Can be released by: any one of @.* and \d+ more/);
    expect(comment.length).toBeLessThanOrEqual(1_024);
    const asked = recordsOf(stage, 'requested').at(-1)?.['decision'];
    expect(field(asked, 'kind')).toBe('hold');
  });

  test('jobs whose names alone are larger than a record are held with a reason all the same, and released together', async () => {
    stage = await openStage();
    const { sha } = await stage.sandbox
      .as(AGENT)
      .commit(stage.repo, 'main', { files: { 'infra/main.tf': 'x' }, message: askedBy(stage, 'carol') });
    const names = Array.from({ length: 256 }, (_, index) => `${index} ${'n'.repeat(400)}`);
    const run = await stage.deploy('carol', { jobs: names.map((name) => ({ name, environment: 'production' })) });
    expect(stage.sandbox.runState(run).status).toBe('waiting');
    expect(stage.sandbox.runState(run).reports[0]?.comment).toMatch(/waiting-for-seats/);
    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(run).conclusion).toBe('success');
  }, 60_000);
});
