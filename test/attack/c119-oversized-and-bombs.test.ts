import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { approve } from '../support/reviewing.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Deliveries, comments and policies that are too large, too deep or too slow: refused, and nobody else is held up. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** Sends a delivery that is signed as GitHub would; `signed` is what the signature is made over. */
async function deliver(
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number | 'closed'> {
  const bytes = Buffer.from(body);
  const mac = createHmac('sha256', stage.config.webhookSecret).update(bytes).digest('hex');
  const response = await fetch(`${stage.app().url}/api/github/webhooks`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'pull_request',
      'x-github-delivery': crypto.randomUUID(),
      'x-hub-signature-256': `sha256=${mac}`,
      connection: 'close',
      ...headers,
    },
    body: bytes,
  }).catch(() => null);
  return response?.status ?? 'closed';
}

async function expectStillAtWork(): Promise<void> {
  const pull = await agentPullRequest(stage);
  await approve(stage, 'bob', pull);
  expect(stage.check(pull.headSha)?.conclusion).toBe('success');
}

describe('C119 oversized payloads and bombs', () => {
  test('a delivery over 25 MB, a compressed one, one nested without end and one that is no JSON are refused or do nothing', async () => {
    stage = await openStage();
    const before = stage.sandbox.requests.length;
    // Refused before it is read: the answer may find the connection closed under it.
    expect([413, 'closed']).toContain(await deliver(Buffer.alloc(25 * 1024 * 1024 + 1, ' ')));
    const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024));
    expect(await deliver(bomb, { 'content-encoding': 'gzip' })).toBeGreaterThanOrEqual(400);
    expect(await deliver('{"a":'.repeat(100_000))).toBeGreaterThanOrEqual(400);
    await deliver(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    await deliver(JSON.stringify({ action: 'opened', number: 1e308, repository: 'x'.repeat(1_000_000) }));
    await stage.settle();
    expect(stage.sandbox.requests.length).toBe(before);
    await expectStillAtWork();
  }, 60_000);

  test('a comment made to keep a regular expression busy is read at once', async () => {
    stage = await openStage();
    const pull = await agentPullRequest(stage);
    for (const text of [`/countersign approve ${'A-'.repeat(32_000)}`, `/countersign reject ${' '.repeat(65_000)}`]) {
      await stage.sandbox.as('bob').comment(stage.repo, pull.number, text.slice(0, 65_536));
    }
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('a policy that is a bomb holds, and says so', async () => {
    const bomb = Array.from({ length: 40 }, (_, n) => `a${n}: &a${n} [${n === 0 ? 'x' : `*a${n - 1}, *a${n - 1}`}]`);
    stage = await openStage({ policy: `${bomb.join('\n')}\n${'['.repeat(50_000)}` });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/policy-invalid/);
  });

  test('answers of GitHub that never end or are enormous are errors, not news', async () => {
    stage = await openStage();
    const enormous = { status: 200, body: [{ name: 'x'.repeat(21 * 1024 * 1024) }] };
    stage.sandbox.faults.add({ path: /\/contents\/\.github$/, when: 'before', times: 1_000, do: enormous });
    const pull = await agentPullRequest(stage);
    await approve(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/policy-unreadable/);
    stage.sandbox.faults.clear();
    await stage.app().sweep();
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  }, 60_000);
});
