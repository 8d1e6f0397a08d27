import { afterEach, expect, test } from 'vitest';
import { explain, REASONS } from '../../core/gate/reasons.ts';
import { approve, field, pullRequestOf, recordsOf } from '../support/reviewing.ts';
import { runWho } from '../support/run-who.ts';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** "Why may I not approve?": one answer, wherever it is asked. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** As it reads on the screen. */
const plain = (markdown: string | null | undefined): string =>
  (markdown ?? '').replaceAll('&#64;', '@').replaceAll(/\\(?=[^\w\s])/g, '');

async function askStatus(by: string, number: number): Promise<string> {
  await stage.sandbox.as(by).comment(stage.repo, number, '/countersign status');
  await stage.settle();
  return plain(stage.sandbox.comments(stage.repo, number).at(-1)?.body);
}

const pathOf = (record: unknown): unknown => {
  const reasons = field(record, 'because');
  return field(field(Array.isArray(reasons) ? reasons[0] : null, 'params'), 'path');
};

test('whoever prompted the agent is told so by check, status, record, facts and command line alike', async () => {
  stage = await openStage();
  const pull = await agentPullRequest(stage, { prompter: 'alice' });
  await approve(stage, 'alice', pull);
  const path = 'prompted GitHub Copilot, as GitHub says (asked the agent to work on #1)';
  const sentence = `@alice had a part in the change (sponsor) and cannot countersign it: ${path}.`;

  const [refused] = recordsOf(stage, 'refused');
  expect(pathOf(refused)).toBe(path);
  const params = { login: 'alice', roles: 'sponsor', path };
  expect(explain({ code: 'reviewer-is-party', params })).toBe(sentence);
  expect(plain(stage.check(pull.headSha)?.summary)).toContain(`| alice: ${path}<br>`);
  expect(plain(stage.check(pull.headSha)?.summary)).toContain(`| approve | no | ${sentence} |`);
  expect(await askStatus('alice', pull.number)).toContain(`${sentence} ${REASONS['reviewer-is-party'].wayOut}`);
  const env = { GITHUB_TOKEN: stage.sandbox.user('alice').token };
  const { output } = await runWho([stage.repo, `#${pull.number}`, '--host', stage.sandbox.url], env);
  expect(output).toContain(sentence);
  const parties = stage.facts(recordsOf(stage, 'requested')[0])['parties'];
  expect(parties).toContainEqual(
    expect.objectContaining({
      login: 'alice',
      paths: [{ role: 'sponsor', source: 'api', where: 'asked the agent to work on #1' }],
      pathCount: 1,
    }),
  );
});

test('whoever the agent names in a trailer is told which commit it stands in', async () => {
  stage = await openStage();
  const { id } = stage.sandbox.user('bob');
  const message = `Change\n\nCo-authored-by: bob <${id}+bob@users.noreply.github.com>`;
  const pull = await pullRequestOf(stage, AGENT, [{ message }]);
  const reply = await askStatus('bob', pull.number);
  expect(reply).toMatch(
    new RegExp(
      `@bob had a part in the change \\(.*sponsor.*\\) and cannot countersign it: .*, named in the co-author trailer of ${pull.headSha.slice(0, 7)}; and by \\d more path`,
    ),
  );
});

test('whoever had no part is told which seat they may fill, or what they lack; once released, that nothing is asked', async () => {
  stage = await openStage({ people: ['alice', 'bob', 'carol', 'erin'] });
  stage.sandbox.collaborator(stage.repo, 'erin', 'write');
  const pull = await agentPullRequest(stage, { prompter: 'alice' });
  expect(await askStatus('erin', pull.number)).toContain(
    '@erin may fill none of the seats: maintainers (write, not maintain).',
  );
  expect(await askStatus('bob', pull.number)).toContain(
    '@bob had no part in the change and may fill a seat: maintainers.',
  );
  await approve(stage, 'carol', pull);
  expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  expect(await askStatus('bob', pull.number)).toContain(
    '@bob had no part in the change; nothing is asked of anybody at present.',
  );
});

test('people whom the policy names are among those who could release, also with nothing but read access', async () => {
  const policy = `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  security: { users: [Frank, gone] }
rules:
  - id: someone-else
    when: { agent: true }
    require: [{ from: security, count: 1 }]
`;
  stage = await openStage({ policy });
  stage.sandbox.user('frank');
  stage.sandbox.collaborator(stage.repo, 'frank', 'read');
  const pull = await agentPullRequest(stage, { prompter: 'alice' });
  expect(stage.check(pull.headSha)?.summary).toContain('| Who may decide | @frank |');
  await approve(stage, 'frank', pull);
  expect(stage.check(pull.headSha)?.conclusion).toBe('success');
});

test('where nobody could release it, the check says so at once and names whom each seat lacks', async () => {
  const policy = `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  security: { users: [alice, bob] }
rules:
  - id: two-of-them
    when: { agent: true }
    require: [{ from: security, count: 2 }]
`;
  stage = await openStage({ policy });
  const pull = await agentPullRequest(stage, { prompter: 'alice' });
  const summary = plain(stage.check(pull.headSha)?.summary);
  expect(summary).toContain('| Who may decide | nobody: security (2 asked) could be filled by @bob |');
  expect(summary).toMatch(
    /no-one-can-release\*\*: .* could fill these seats: security \(2 asked\) could be filled by bob\./,
  );
});
