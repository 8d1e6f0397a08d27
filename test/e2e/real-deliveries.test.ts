import { afterEach, describe, expect, test } from 'vitest';
import { realDelivery } from '../contract/app/payloads.ts';
import { heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { postDelivery } from '../support/post-delivery.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/**
 * Deliveries that GitHub really sent to another App. Ids, names and SHAs in their text are replaced by those of a run or
 * pull request on the sandbox and everything else stays as GitHub wrote it; what the sandbox itself would send is dropped.
 */

const asked = realDelivery('deployment_protection_rule.requested.json');
const reviewed = realDelivery('pull_request_review.submitted.json');

const NOTE =
  asked === null || reviewed === null ? ' (shared data folder not present: the real deliveries were not checked)' : '';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const STORED = { status: 200, body: { status: 'stored' } };
const DUPLICATE = { status: 200, body: { status: 'duplicate' } };

/** A replacement that replaces nothing would leave somebody else's id in place. */
function replaced(text: string, entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries).reduce((result, [from, to]) => {
    expect(result).toContain(from);
    return result.replaceAll(from, to);
  }, text);
}

/** Installation and repository as the newest delivery of the sandbox names them. */
function idsHere(): { readonly installation: string; readonly repository: string } {
  const payload: Readonly<Record<'installation' | 'repository', { readonly id: number }>> = JSON.parse(
    stage.sandbox.webhooks.deliveries.findLast(({ event }) => event === 'push')?.body ?? '',
  );
  return { installation: String(payload.installation.id), repository: String(payload.repository.id) };
}

async function heldAndUntold(): Promise<{ readonly runId: number; readonly sha: string }> {
  const letThrough = stage.sandbox.webhooks.drop(() => true);
  const held = await heldDeployment(stage);
  letThrough();
  return held;
}

describe('the real deployment_protection_rule', () => {
  test(`about a run of ours leads to a held deployment of this run, environment and SHA, released by a person${NOTE}`, async () => {
    stage = await openStage();
    const { runId, sha } = await heldAndUntold();
    if (asked === null) return;
    const ids = idsHere();
    const body = replaced(asked, {
      'product-os/deploynaut': stage.repo,
      '"id": 874847246': `"id": ${ids.repository}`,
      '"id": 57923423': `"id": ${ids.installation}`,
      '12201231746': String(runId),
      '8a7d3b7f56830f91e5c0c02ab44d3215b29ad086': sha,
      '"environment": "test"': '"environment": "production"',
      '2018818995': String(jobOf(stage, runId)?.deploymentId),
      klutchell: 'carol',
      '"id": 20458272': `"id": ${stage.sandbox.user('carol').id}`,
    });
    expect(await postDelivery(stage, 'deployment_protection_rule', body)).toEqual(STORED);
    await stage.settle();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(stage.sandbox.runState(runId).reports[0]).toMatchObject({ environment: 'production', state: 'report' });
    expect(stage.check(sha, PRODUCTION_CHECK)?.conclusion).toBe('action_required');
    expect(stage.records().filter((record) => record.kind === 'requested')).toMatchObject([
      { request: { headSha: sha, gate: { runId, attempt: 1, environment: 'production', opening: 1 } } },
    ]);

    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
  });
});

describe('the real pull_request_review', () => {
  test.each(['commented', 'approved'])(`that says "%s" makes us look, and approves nobody${NOTE}`, async (state) => {
    stage = await openStage();
    const letThrough = stage.sandbox.webhooks.drop(() => true);
    const pull = await agentPullRequest(stage);
    letThrough();
    if (reviewed === null) return;
    const ids = idsHere();
    const body = replaced(reviewed, {
      'balena-os/balena-generic': stage.repo,
      '"id": 93194138': `"id": ${ids.repository}`,
      '"id": 58174490': `"id": ${ids.installation}`,
      '39f460978b46eac3bf07084b1377ab8641de761a': pull.headSha,
      '"number": 551': `"number": ${pull.number}`,
      '/551': `/${pull.number}`,
      '"state": "commented"': `"state": "${state}"`,
      mtoman: 'bob',
      '"id": 3381936': `"id": ${stage.sandbox.user('bob').id}`,
    });
    expect(await postDelivery(stage, 'pull_request_review', body)).toEqual(STORED);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(kindsOf(stage)).toContain('requested');
    expect(kindsOf(stage)).not.toContain('reviewed');

    await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });
});

describe('both unchanged', () => {
  test(`are accepted and kept, release nothing, and do not stand in the way of others${NOTE}`, async () => {
    stage = await openStage();
    const { runId, sha } = await heldDeployment(stage);
    for (const [event, body] of [
      ['deployment_protection_rule', asked],
      ['pull_request_review', reviewed],
    ] as const) {
      if (body === null) continue;
      expect(await postDelivery(stage, event, body)).toEqual(STORED);
      expect(await postDelivery(stage, event, body)).toEqual(DUPLICATE);
    }
    await stage.settleRetries();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(stage.sandbox.effectiveReleases).toEqual([]);
    const answers = stage.sandbox.requests.filter(({ path }) => path.endsWith('/deployment_protection_rule'));
    expect(answers.every(({ path }) => path.includes(`/repos/${stage.repo}/actions/runs/${runId}/`))).toBe(true);

    await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
    expect(stage.sandbox.runState(runId).conclusion).toBe('success');
  });
});
