import { afterEach, describe, expect, test } from 'vitest';
import { codeOn, kindsOf } from '../support/held-deployment.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** What people write about a command without giving it. */
const remarks = (command: string): readonly string[] => [
  'approved! LGTM, ship it',
  `do not ${command}`,
  `not approved! stop. The command would be ${command}`,
  `> ${command}\n\nNo, I do not agree.`,
  `\`\`\`\n${command}\n\`\`\``,
  `    ${command}`,
  `\`${command}\``,
  `Bob wrote:\n> ${command}\n-- \nsent by mail`,
  `I waited.\n${command}`,
  `/countersign says nothing yet, later: ${command}`,
  command.replace('approve', 'Approve'),
  command.replace('approve', 'approved'),
  command.replace('approve', 'disapprove'),
  command.replace('/countersign', '/Countersign'),
  command.replace(' approve', '\u00a0approve'),
  command.replace('/countersign', '/countersign\u200b'),
  `${command}, but only after the freeze`,
];

describe('C39 negation and substring', () => {
  test('a remark that contains a command is no command', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const command = `/countersign approve ${codeOn(stage, pull.headSha)}`;
    for (const remark of remarks(command)) await sandbox.as('bob').comment(repo, pull.number, remark);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
    expect(kindsOf(stage)).not.toContain('reviewed');
    expect(kindsOf(stage)).not.toContain('released');

    await sandbox.as('bob').comment(repo, pull.number, command);
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('a review that only comments approves nothing, whatever it says', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const command = `/countersign approve ${codeOn(stage, pull.headSha)}`;
    await sandbox.as('bob').review(repo, pull.number, { state: 'COMMENTED', body: command });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');

    await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
    await stage.settle();
    expect(stage.check(pull.headSha)?.conclusion).toBe('success');
  });

  test('a review that begins with a rejection stops, whichever button sent it; half a command approves nothing', async () => {
    stage = await openStage();
    const { sandbox, repo } = stage;
    const pull = await agentPullRequest(stage);
    const code = codeOn(stage, pull.headSha);
    const shows = async (state: 'APPROVED' | 'COMMENTED', body: string): Promise<string> => {
      await sandbox.as('bob').review(repo, pull.number, { state, body });
      await stage.settle();
      const check = stage.check(pull.headSha);
      return `${check?.conclusion}: ${check?.summary}`;
    };
    expect(await shows('APPROVED', '/countersign reject')).toContain('`/countersign approve ');
    expect(await shows('APPROVED', `/countersign reject ${code}`)).toContain('failure');
    expect(await shows('APPROVED', 'after all')).toContain('success');
    expect(await shows('COMMENTED', '/countersign reject 22222222')).toContain('success');
    expect(await shows('COMMENTED', `/countersign reject ${code} wait`)).toContain('failure');
    expect(await shows('APPROVED', 'after all')).toContain('success');
  });
});
