import { afterEach, describe, expect, test } from 'vitest';
import { approve, refusals, releasedBy } from '../support/reviewing.ts';
import { agentPullRequest, oneSeatPolicy, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Reviews by the workflow's own token, by any App, by any account of type Bot, also where somebody listed them. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const BOTS = [
  { login: 'github-actions[bot]', id: 41_898_282 },
  { login: 'coderabbitai[bot]', id: 136_622_811 },
  { login: 'approve-everything[bot]', id: 4_000_001 },
] as const;
const logins = BOTS.map(({ login }) => login);

/** The team is named by the policy and holds only bots and dave. */
const teamSeat = (sha: string): string =>
  oneSeatPolicy(sha).replace('maintainers: { min-permission: maintain }', 'maintainers: { teams: [acme/release] }');

async function openWithBots(policy?: (sha: string) => string): Promise<void> {
  stage = await openStage(policy === undefined ? {} : { policy });
  for (const { login, id } of BOTS) stage.sandbox.user(login, { type: 'Bot', id });
  for (const { login } of BOTS) stage.sandbox.collaborator(stage.repo, login, 'admin');
  stage.sandbox.team('acme', 'release', [...logins, 'dave']);
}

describe('C7 reviews by the workflow token or an App', () => {
  test('bots with every permission are refused', async () => {
    await openWithBots();
    const pull = await agentPullRequest(stage);
    for (const login of logins) await approve(stage, login, pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(logins.map((login) => `${login} reviewer-not-human`));
  });

  test('bots in the team that the policy asks are refused', async () => {
    await openWithBots(teamSeat);
    const pull = await agentPullRequest(stage);
    for (const login of logins) await approve(stage, login, pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(refusals(stage)).toEqual(logins.map((login) => `${login} reviewer-not-human`));
  });

  test('a policy that lists a bot as a person is refused as a whole', async () => {
    await openWithBots((sha) =>
      oneSeatPolicy(sha).replace('{ min-permission: maintain }', '{ users: ["github-actions[bot]"] }'),
    );
    const pull = await agentPullRequest(stage);
    await approve(stage, 'github-actions[bot]', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(stage.check(pull.headSha)?.summary).toMatch(/policy-invalid/);
  });

  test("a bot's press of the button and a bot's rejection count as little", async () => {
    await openWithBots();
    const pull = await agentPullRequest(stage);
    await stage.press('github-actions[bot]', pull.headSha, 'countersign', 'Approve');
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    await stage.sandbox.as('coderabbitai[bot]').review(stage.repo, pull.number, { state: 'CHANGES_REQUESTED' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
  });

  test('honest: the one human of the team releases it', async () => {
    await openWithBots(teamSeat);
    const pull = await agentPullRequest(stage);
    await approve(stage, 'dave', pull);
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
    expect(releasedBy(stage)).toEqual(['dave']);
  });
});
