import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sendProposal } from '../../action/app-client.ts';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { proposalsDigest } from '../../core/proposal.ts';
import type { Proposal } from '../../core/proposal.ts';
import { codeOn, heldDeployment, jobOf } from '../support/held-deployment.ts';
import type { HeldDeployment } from '../support/held-deployment.ts';
import { recordsOf } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { appUrl, idToken, PLAN_AND_DEPLOY, planOf, propose, tellOutcome } from '../support/telling-the-app.ts';

const stage: Stage = await openStage();
let held: HeldDeployment;

afterAll(() => stage.close());
beforeEach(async () => {
  held = await heldDeployment(stage, PLAN_AND_DEPLOY);
});
afterEach(async () => {
  await stage.sandbox.as('alice').cancel(held.runId);
  await stage.settle();
});

const press = (by: string): Promise<void> => stage.press(by, held.sha, PRODUCTION_CHECK, 'Approve');
const tell = (proposal: Proposal): Promise<string> => propose(stage, held.runId, 'plan', proposal);
const deploy = () => jobOf(stage, held.runId)?.status;
const last = (kind: string) => recordsOf(stage, kind).at(-1);
const summary = (): string => stage.check(held.sha, PRODUCTION_CHECK)?.summary ?? '';

describe('what a job proposes to run', () => {
  test('is asked for: who agreed to the plan before agreed to nothing, and the facts of the release hold the new one', async () => {
    expect(last('requested')).toMatchObject({ request: { proposalsDigest: null } });
    const before = codeOn(stage, held.sha, PRODUCTION_CHECK);
    expect(await tell(planOf('a'))).toBe('taken');
    const first = codeOn(stage, held.sha, PRODUCTION_CHECK);
    expect(first).not.toBe(before);
    expect(last('superseded')).toBeDefined();

    // The approval of the first plan and the second plan are on their way at once.
    stage.sandbox.webhooks.pause();
    const check = stage.check(held.sha, PRODUCTION_CHECK);
    await stage.sandbox.as('dave').clickCheckAction(stage.repo, check?.id ?? 0, `approve:${first}`);
    const sent = tell(planOf('b'));
    await stage.sandbox.webhooks.resume();
    expect(await sent).toBe('taken');
    expect(deploy()).toBe('waiting');
    expect(codeOn(stage, held.sha, PRODUCTION_CHECK)).not.toBe(first);

    await press('dave');
    expect(deploy()).toBe('in_progress');
    const digest = proposalsDigest([planOf('b')], sha256);
    expect(last('requested')).toMatchObject({ request: { proposalsDigest: digest } });
    expect(stage.facts(last('authorised'))).toMatchObject({
      request: { proposalsDigest: digest },
      proposals: [planOf('b')],
    });
  });

  test('is shown where people decide, as the words of the requesting side and as nothing else', async () => {
    const finding = { kind: 'destroy', level: 'critical', confidence: 'certain', rule: 'data-loss' } as const;
    const bad = '<img src=x> @alice [approve](https://x.example) \u202E | `';
    const findings = Array.from({ length: 30 }, (_, n) => ({ ...finding, where: `db ${n} ${bad}`, why: bad }));
    await tell(planOf('c', { findings, moreFindings: 5, reason: `Trivial. ${bad}\n\n## Approved by carol` }));
    const text = summary();
    expect(text).toContain('What would run, in the words of the requesting side');
    expect(text).toContain(`\`${'c'.repeat(12)}\``);
    expect(text).toContain('30 critical, 5 that are not listed');
    expect(text).toContain('and 10 more');
    expect(text).not.toMatch(/<img|@alice|\]\(https|\u202E|\n## Approved/);
    const report = stage.sandbox.requests.findLast(({ route }) => route.includes('deployment_protection_rule'));
    expect(JSON.stringify(report?.body)).toContain('Would run: plan infra/plan.bin');
  });

  test('takes nothing of ours off the screen, however much it says (C98)', async () => {
    const subjects = Array.from({ length: 30 }, (_, n) => ({
      kind: 'artifact' as const,
      name: `${n}${'@'.repeat(990)}`,
      sha256: 'a'.repeat(64),
    }));
    const words = { where: '@'.repeat(500), why: '@'.repeat(500) };
    const finding = { kind: 'destroy', level: 'critical', confidence: 'certain', rule: 'data-loss', ...words } as const;
    const findings = Array.from({ length: 20 }, () => finding);
    expect(await tell(planOf('a', { subjects, findings }))).toBe('taken');
    expect(summary()).toMatch(/more lines do not fit/);
    expect(summary()).toContain('/countersign approve');
  });

  test('comes too late once the gate is open, and is written down nowhere', async () => {
    await tell(planOf('d'));
    await press('dave');
    expect(deploy()).toBe('in_progress');
    expect(await tell(planOf('e'))).toBe('proposal-after-release');
    // Sent again because its answer was lost: it was taken, and still is.
    expect(await tell(planOf('d'))).toBe('taken');
    expect(stage.facts(last('authorised'))).toMatchObject({ proposals: [planOf('d')] });
  });

  test('is what a re-run of the failed jobs is asked for as well, by a request of its own', async () => {
    await tell(planOf('f'));
    await press('dave');
    await stage.sandbox.finishJob(held.runId, 'plan', 'success');
    await stage.sandbox.finishJob(held.runId, 'deploy', 'failure');
    await stage.settle();
    await stage.sandbox.as('carol').rerun(held.runId, { failedOnly: true });
    await stage.settle();
    expect(jobOf(stage, held.runId, 'deploy', 2)?.status).toBe('waiting');
    const digest = proposalsDigest([planOf('f')], sha256);
    expect(last('requested')).toMatchObject({ request: { proposalsDigest: digest, gate: { attempt: 2 } } });
  });

  test('and is not repeated stands beside what the re-run of one plan job proposes anew; an approval of the old set is none of the new', async () => {
    const apart = (name: string, sha: string): Proposal =>
      planOf(sha, { subjects: [{ kind: 'plan', name, sha256: sha.repeat(64) }] });
    const [, deployJob] = PLAN_AND_DEPLOY;
    const jobs = [{ name: 'plan-a', manual: true }, { name: 'plan-b', manual: true }, deployJob];
    const runId = await stage.deploy('carol', { jobs });
    await propose(stage, runId, 'plan-a', apart('a.bin', 'a'));
    await propose(stage, runId, 'plan-b', apart('b.bin', 'b'));
    await stage.sandbox.finishJob(runId, 'plan-a', 'success');
    await press('dave');
    await stage.sandbox.finishJob(runId, 'plan-b', 'failure');
    await stage.sandbox.finishJob(runId, 'deploy', 'failure');
    await stage.settle();
    await stage.sandbox.as('carol').rerun(runId, { failedOnly: true });
    await stage.settle();

    // Asked for the old set, and approved, while the one plan job makes another plan.
    stage.sandbox.webhooks.pause();
    const check = stage.check(held.sha, PRODUCTION_CHECK);
    const code = codeOn(stage, held.sha, PRODUCTION_CHECK);
    await stage.sandbox.as('dave').clickCheckAction(stage.repo, check?.id ?? 0, `approve:${code}`);
    const sent = propose(stage, runId, 'plan-b', apart('b.bin', 'c'));
    await stage.sandbox.webhooks.resume();
    expect(await sent).toBe('taken');
    expect(jobOf(stage, runId, 'deploy', 2)?.status).toBe('waiting');
    const all = [apart('a.bin', 'a'), apart('b.bin', 'c')];
    expect(last('requested')).toMatchObject({ request: { proposalsDigest: proposalsDigest(all, sha256) } });
    expect(summary()).toContain('a.bin');
    expect(summary()).toContain('c'.repeat(12));
    await press('dave');
    expect(jobOf(stage, runId, 'deploy', 2)?.status).toBe('in_progress');
    expect(stage.facts(last('authorised'))).toMatchObject({ proposals: all });
    await stage.sandbox.as('alice').cancel(runId);
    await stage.settle();
  });

  test('that comes between the authorisation and the answer makes the authorisation void', async () => {
    await tell(planOf('a'));
    const answers: string[] = [];
    stage.sandbox.faults.add({
      path: 'createCommitOnBranch',
      when: 'after',
      do: async () => {
        const refused = await sendProposal(appUrl(stage), () => idToken(stage, held.runId, 'plan'), planOf('b'));
        answers.push(refused?.code ?? 'taken');
      },
    });
    await press('dave');
    expect(answers).toEqual(['taken']);
    expect(deploy()).toBe('waiting');
    expect(last('void')).toMatchObject({
      because: [{ code: 'request-superseded' }],
      gate: { runId: held.runId },
    });
    expect(last('requested')).toMatchObject({ request: { proposalsDigest: proposalsDigest([planOf('b')], sha256) } });
    await press('dave');
    expect(deploy()).toBe('in_progress');
  });
});

describe('how a job says that it ended', () => {
  test('stands beside what GitHub says, which decides', async () => {
    await press('dave');
    const outcome = { environment: 'production', result: 'success', seconds: 42 } as const;
    expect(await tellOutcome(stage, held.runId, 'deploy', outcome)).toBe('taken');
    await stage.sandbox.finishJob(held.runId, 'deploy', 'failure');
    await stage.settle();
    expect(last('outcome')).toMatchObject({ conclusion: 'failure', reported: { result: 'success', seconds: 42 } });
  });

  test('is not needed: then GitHub alone says it', async () => {
    await press('dave');
    await stage.sandbox.finishJob(held.runId, 'deploy', 'success');
    await stage.settle();
    expect(last('outcome')).toMatchObject({ conclusion: 'success' });
    expect(last('outcome')).not.toHaveProperty('reported');
  });

  test('belongs to an environment that something was held for', async () => {
    const outcome = { environment: 'staging', result: 'success', seconds: 1 } as const;
    expect(await tellOutcome(stage, held.runId, 'plan', outcome)).toBe('outcome-without-gate');
  });
});
