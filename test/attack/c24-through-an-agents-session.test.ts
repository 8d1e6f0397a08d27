import { afterEach, describe, expect, test } from 'vitest';
import { approveByCommand, refusals, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** An agent holds a token that bob gave its App and answers with it: GitHub shows bob, and through which App. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function withAgentApp(slug: string): Promise<void> {
  stage = await openStage();
  stage.sandbox.app({ slug, webhookSecret: 'unused', permissions: {}, events: [] });
}

describe('C24 approval through an agent’s session', () => {
  test.each(['chatgpt-codex-connector', 'some-mcp-server'])(
    'an answer in bob’s name through the App %s is refused',
    async (slug) => {
      await withAgentApp(slug);
      const pull = await agentPullRequest(stage);
      await approveByCommand(stage, 'bob', pull, slug);
      expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
      expect(refusals(stage)).toEqual(['bob review-via-app']);
    },
  );

  test('honest: bob’s own answer counts', async () => {
    await withAgentApp('some-mcp-server');
    const pull = await agentPullRequest(stage);
    await approveByCommand(stage, 'bob', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['bob']);
  });
});
