import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOn, heldDeployment, jobOf } from '../support/held-deployment.ts';
import type { HeldDeployment } from '../support/held-deployment.ts';
import { recordsOf } from '../support/reviewing.ts';
import { agentPullRequest, oneSeatPolicy, openStage, PRODUCTION_CHECK } from '../support/stage.ts';

/** Whoever tries to stop something has stopped it, or is told that they have not. */

const stage = await openStage({
  policy: (sha) =>
    oneSeatPolicy(sha).replace('{ min-permission: maintain }', '{ min-permission: maintain, users: [erin] }'),
});
const { sandbox, repo } = stage;
let held: HeldDeployment;
let issue: number;
let code: string;

afterAll(() => stage.close());
beforeAll(async () => {
  for (const login of ['erin', 'frank']) {
    sandbox.user(login);
    sandbox.collaborator(repo, login, 'read');
  }
  issue = (await agentPullRequest(stage)).number;
  held = await heldDeployment(stage);
  code = codeOn(stage, held.sha, PRODUCTION_CHECK);
});

/** What the App says to these comments. */
async function answers(by: string, ...bodies: readonly string[]): Promise<readonly string[]> {
  const before = sandbox.comments(repo, issue).length;
  for (const body of bodies) await sandbox.as(by).comment(repo, issue, body);
  await stage.settle();
  const ours = sandbox.comments(repo, issue).slice(before);
  return ours.map(({ body }) => body).filter((body) => !bodies.includes(body));
}

test('what only begins like a command is answered once, and changes nothing', async () => {
  const bodies = [
    '/countersign',
    '/countersign stop',
    `/countersign rejected ${code}`,
    `/countersign Reject ${code}`,
    `/CounterSign reject ${code}`,
    `/countersign reject ${code}.`,
    `/countersign reject ${code}: no`,
    `/countersign  reject ${code}`,
    `/countersign: reject ${code}`,
    `/countersign\u200b reject ${code}`,
    ` /countersign reject ${code}`,
    `\n/countersign approve ${code}`,
    '/countersign reject looks bad',
  ];
  const told = await answers('dave', ...bodies);
  expect(told).toHaveLength(bodies.length);
  for (const body of told) {
    expect(body).toContain('nothing was approved, and nothing was rejected');
    expect(body).toContain('`/countersign reject <code>`');
  }
  expect(await answers('dave', '/countersign reject K3M9QX2T old')).toEqual([
    expect.stringContaining('belongs to no request that is held here now: nothing was approved'),
  ]);
  await stage.app().sweep();
  expect(await answers('dave')).toEqual([]);
  expect(jobOf(stage, held.runId)?.status).toBe('waiting');
});

test('quotes, code, talk, strangers and programs are not answered', async () => {
  const wrong = `/countersign Reject ${code}`;
  const quoted = [
    `> ${wrong}`,
    `\`${wrong}\``,
    `\`\`\`\n${wrong}\n\`\`\``,
    `    ${wrong}`,
    `\t${wrong}`,
    `No!\n${wrong}`,
  ];
  const talk = ['/countersign-evidence is the branch', '/countersign.yml is the file', 'we could /countersign this'];
  expect(await answers('dave', ...quoted, ...talk)).toEqual([]);
  expect(await answers('frank', wrong, `/countersign reject ${code}`)).toEqual([]);
  await sandbox.as('dave').comment(repo, issue, wrong, { viaApp: 'countersign' });
  await stage.settle();
  expect(sandbox.comments(repo, issue).at(-1)?.body).toBe(wrong);
});

test('a rejection needs no reason, and whoever the policy names may give it, with or without write access', async () => {
  expect(await answers('erin', `/countersign reject ${code}`)).toEqual([]);
  expect(jobOf(stage, held.runId)?.conclusion).toBe('failure');
  const [rejected] = recordsOf(stage, 'rejected');
  expect(rejected?.['because']).toContainEqual({ code: 'rejected-by-reviewer', params: { login: 'erin' } });
});
