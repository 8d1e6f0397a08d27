import { afterAll, beforeAll, expect, test } from 'vitest';
import { askedBy, heldDeployment, jobOf } from '../support/held-deployment.ts';
import { say, signedComment, signingCommands } from '../support/signing.ts';
import { softwareSshKey } from '../support/software-ssh-key.ts';
import { AGENT, agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

const twoKeys = () => ({
  bob: softwareSshKey('sk-ssh-ed25519@openssh.com'),
  dave: softwareSshKey('sk-ssh-ed25519@openssh.com'),
});
const OLD = twoKeys();
const NEW = twoKeys();
const policy = (firstSha: string, keys: typeof OLD): string => `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  maintainers: { min-permission: maintain }
people:
  - { accounts: [bob], ssh-keys: ['${keys.bob.line} bob'] }
  - { accounts: [dave], ssh-keys: ['${keys.dave.line} dave'] }
rules:
  - id: signed
    when: { kind: deployment }
    require: [{ from: maintainers, count: 1, assurance: human-signed }]
baselines: { production: ${firstSha} }
`;
let stage: Stage;
let pull: Awaited<ReturnType<typeof agentPullRequest>>;
let first = '';

beforeAll(async () => {
  stage = await openStage({ policy: (sha) => policy((first = sha), OLD) });
  pull = await agentPullRequest(stage);
});
afterAll(() => stage.close());

async function sign(by: 'bob' | 'dave', sha: string, keys: typeof OLD): Promise<void> {
  const signing = { key: keys[by], reviewer: stage.sandbox.user(by).id };
  await say(stage, by, pull, signedComment(signingCommands(stage, sha, PRODUCTION_CHECK), signing));
}

test('C25 a key that comes along signs nothing for the policy before; where all keys of that are lost, an administrator agrees', async () => {
  const { sandbox, repo } = stage;
  const one = await heldDeployment(stage);
  await sign('bob', one.sha, OLD);
  expect(jobOf(stage, one.runId)?.conclusion).toBe('success');

  // carol has the sessions of bob, and pushes a key of hers for it.
  const files = { '.github/countersign.yml': policy(first, NEW) };
  await sandbox.as(AGENT).commit(repo, 'main', { files, message: askedBy(stage, 'carol', 'Another key') });
  await stage.settle();
  const two = await heldDeployment(stage);
  await sign('bob', two.sha, NEW);
  expect(jobOf(stage, two.runId)?.status).toBe('waiting');
  const told = stage.check(two.sha, PRODUCTION_CHECK)?.summary ?? '';
  expect(told).toContain('maintainers or an administrator');
  expect(told).not.toContain('Every open seat asks for a signature');

  // One person does for both policies: signed with the key of now, and for that of before an administrator.
  sandbox.collaborator(repo, 'dave', 'admin');
  await sign('dave', two.sha, NEW);
  expect(jobOf(stage, two.runId)?.conclusion).toBe('success');
});
