import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateSigningKeys, loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { heldDeployment, kindsOf } from '../support/held-deployment.ts';
import { quickTimer } from '../support/quick-timer.ts';
import { field, recordsOf } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { say, signedComment, signingCommands } from '../support/signing.ts';
import { softwareSshKey } from '../support/software-ssh-key.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/**
 * The App's signing keys were stolen while a deployment was authorised and GitHub did not take the answer. The operator starts
 * the App with new keys, which revoke the old ones from the first record on.
 */

const ANSWER = /\/deployment_protection_rule$/;
const DAVE_KEY = softwareSshKey('sk-ssh-ed25519@openssh.com');

const policy = (firstSha: string): string => `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  maintainers: { min-permission: maintain }
people:
  - { accounts: [dave], ssh-keys: ['${DAVE_KEY.line} dave'] }
rules:
  - id: signed
    when: { kind: pull-request, agent: true }
    require: [{ from: maintainers, count: 1, assurance: human-signed }]
  - id: someone-else
    when: { kind: deployment, agent: true }
    require: [{ from: maintainers, count: 1 }]
baselines: { production: ${firstSha} }
`;

let stage: Stage;
let runId: number;

beforeAll(async () => {
  stage = await openStage({ policy, start: quickTimer });
  await sign(await agentPullRequest(stage, { branch: 'copilot/one', file: 'infra/1.tf' }));
  stage.sandbox.faults.add({ path: ANSWER, when: 'before', times: 1_000, do: { status: 502, body: {} } });
  const held = await heldDeployment(stage);
  runId = held.runId;
  await stage.press('dave', held.sha, PRODUCTION_CHECK, 'Approve');
  const keys = loadSigningKeys(generateSigningKeys());
  if (!keys.ok) throw new TypeError(keys.issue);
  await stage.restart(quickTimer, {
    signingKeys: keys.value,
    previousSigningKeys: stage.config.signingKeys,
    previousKeysRevokedFrom: new Map([[Number(field(stage.records()[0]?.['repository'], 'id')), 1]]),
  });
  await stage.settle();
}, 60_000);
afterAll(async () => {
  await stage.close();
});

async function sign(pull: Opened): Promise<void> {
  const by = { key: DAVE_KEY, reviewer: stage.sandbox.user('dave').id };
  await say(stage, 'dave', pull, signedComment(signingCommands(stage, pull.headSha), by));
}

const released = (): number => stage.sandbox.effectiveReleases.filter((each) => each.runId === runId).length;

describe('C107: the App revokes its stolen keys', () => {
  test('the log goes over at the start, once', () => {
    expect(kindsOf(stage).filter((kind) => kind === 'key-changed')).toHaveLength(2);
  });

  test('the authorisation that the stolen key signed lets nothing go: it is void, and made anew by the new key', async () => {
    expect(released()).toBe(0);
    stage.sandbox.faults.clear();
    await stage.settleRetries(() => released() > 0);
    const [change] = kindsOf(stage).flatMap((kind, index) => (kind === 'key-changed' ? [index] : []));
    const after = stage.records().slice(change);
    const undone = after.find(({ kind }) => kind === 'void');
    expect(JSON.stringify(undone?.['because'])).toContain('authorisation-key-revoked');
    expect(after.map(({ kind }) => kind)).toContain('authorised');
    expect(after.filter(({ kind }) => kind === 'released')).toHaveLength(1);
    expect(released()).toBe(1);
  });

  test('a person whose key it had enrolled is enrolled again with the next signature', async () => {
    await sign(await agentPullRequest(stage, { branch: 'copilot/two', file: 'infra/2.tf' }));
    expect(recordsOf(stage, 'credential-enrolled')).toHaveLength(2);
    expect(recordsOf(stage, 'released')).toHaveLength(3);
  });

  // That all of it verifies is checked when the stage closes.
});
