import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { heldDeployment, jobOf, kindsOf } from '../support/held-deployment.ts';
import { approve, approveByCommand, field, recordsOf, refusals } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { say, signedComment, signingCommands } from '../support/signing.ts';
import type { SignedBy } from '../support/signing.ts';
import { softwareSshKey } from '../support/software-ssh-key.ts';
import { hasSshKeygen, openSshKeygen } from '../support/ssh-keygen.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/**
 * Bob's agent holds bob's GitHub session and answers as bob; to GitHub it is bob. The policy asks for a signature by a
 * security key that it names for him, which the agent cannot touch.
 */

const BOB_KEY = softwareSshKey('sk-ssh-ed25519@openssh.com');
const DAVE_KEY = softwareSshKey('sk-ecdsa-sha2-nistp256@openssh.com');
const CAROL_KEY = softwareSshKey('sk-ssh-ed25519@openssh.com');
/** Lies on bob's laptop, where the agent works too. */
const LAPTOP_KEY = softwareSshKey('ssh-ed25519');
const AGENTS_KEY = softwareSshKey('sk-ssh-ed25519@openssh.com');

function policyWith(people: readonly string[]) {
  return (firstSha: string): string => `version: 1
scope: { deployments: all, pull-requests: agent-or-infra }
groups:
  maintainers: { min-permission: maintain }
people:
${people.map((line) => `  - ${line}`).join('\n')}
rules:
  - id: signed
    when: { agent: true }
    require: [{ from: maintainers, count: 1, assurance: human-signed }]
baselines: { production: ${firstSha} }
`;
}

const PEOPLE = [
  `{ accounts: [bob], ssh-keys: ['${BOB_KEY.line} bob'] }`,
  `{ accounts: [dave], ssh-keys: ['${DAVE_KEY.line}'], verify-required: true }`,
];

let stage: Stage;
let bob: number;
let dave: number;
/** Stays held. */
let pull: Opened;
/** Held until the honest one. */
let other: Opened;

beforeAll(async () => {
  stage = await openStage({ policy: policyWith(PEOPLE) });
  [bob, dave] = [stage.sandbox.user('bob').id, stage.sandbox.user('dave').id];
  pull = await held();
  other = await held();
});

afterAll(async () => {
  await stage.close();
});

let pulls = 0;

/** One that stays held, and one for each test that releases something: the tests share one App. */
async function held(): Promise<Opened> {
  pulls += 1;
  return agentPullRequest(stage, { branch: `copilot/change-${pulls}`, file: `infra/${pulls}.tf` });
}

function commentOn(pull: Opened, by: SignedBy): string {
  return signedComment(signingCommands(stage, pull.headSha), by);
}

function expectHeld(pull: Opened): void {
  expect(stage.check(pull.headSha)?.conclusion).toBe('action_required');
}

function lastRefusal(): unknown {
  const because: unknown = recordsOf(stage, 'refused').at(-1)?.['because'];
  return Array.isArray(because) ? because[0] : undefined;
}

describe('C25 the reviewer’s own agent answers in his session', () => {
  test('a review, a button and a command without a signature prove too little, and the check says how to sign', async () => {
    await approve(stage, 'bob', pull);
    await stage.press('bob', pull.headSha, 'countersign', 'Approve');
    await approveByCommand(stage, 'bob', pull);
    expectHeld(pull);
    expect(refusals(stage).slice(-3)).toEqual(Array.from({ length: 3 }, () => 'bob assurance-too-low'));
    const summary = stage.check(pull.headSha)?.summary ?? '';
    expect(summary).toContain('### Sign it');
    expect(summary).toContain(`Account ids: bob ${bob}, dave ${dave}.`);
    expect(summary).toMatch(/Who may decide \| any one of @bob, @dave/);
  });

  test.each<[string, Partial<SignedBy>, string, string]>([
    ['by a key in software that the agent can use', { key: LAPTOP_KEY }, 'signature-by-software-key', 'ssh-ed25519'],
    ['by a security key that the policy does not name', { key: AGENTS_KEY }, 'signature-key-not-named', ''],
    ['by the key of somebody else', { key: DAVE_KEY }, 'signature-key-not-named', ''],
    ['that nobody touched the key for', { options: { flags: 0 } }, 'signature-wrong', 'nobody touched'],
    ['that was made for git', { options: { namespace: 'git' } }, 'signature-wrong', 'another namespace'],
    [
      'by another key that says it is bob’s',
      { key: AGENTS_KEY, options: { wire: BOB_KEY.wire } },
      'signature-wrong',
      'does not verify',
    ],
  ])('a signature %s is refused and recorded', async (_, by, code, why) => {
    await say(stage, 'bob', pull, commentOn(pull, { key: BOB_KEY, reviewer: bob, ...by }));
    expectHeld(pull);
    expect(lastRefusal()).toMatchObject({ code });
    expect(JSON.stringify(lastRefusal())).toContain(why);
  });

  test('a signature over another request, or over a statement of another person, is refused', async () => {
    const body = commentOn(other, { key: BOB_KEY, reviewer: bob }).split('\n').slice(1).join('\n');
    const command = commentOn(pull, { key: BOB_KEY, reviewer: bob }).split('\n')[0];
    await say(stage, 'bob', pull, `${command}\n${body}`);
    expect(lastRefusal()).toMatchObject({ code: 'signature-for-other', params: { field: 'request' } });
    await say(stage, 'bob', pull, commentOn(pull, { key: DAVE_KEY, reviewer: dave }));
    expect(lastRefusal()).toMatchObject({ code: 'signature-for-other', params: { field: 'reviewer' } });
    expectHeld(pull);
    expectHeld(other);
  });

  test('half a signature, and two, are refused', async () => {
    const whole = commentOn(pull, { key: BOB_KEY, reviewer: bob });
    await say(stage, 'bob', pull, whole.slice(0, whole.indexOf('-----END')));
    expect(lastRefusal()).toMatchObject({ code: 'signature-unreadable' });
    await say(stage, 'bob', pull, `${whole}${whole}`);
    expect(refusals(stage).slice(-2)).toEqual(['bob signature-unreadable', 'bob signature-unreadable']);
    expectHeld(pull);
  });

  test('a good one that is edited afterwards counts no more; sent again by copy it is a used one (C105)', async () => {
    const mine = await held();
    const text = commentOn(mine, { key: BOB_KEY, reviewer: bob });
    stage.sandbox.webhooks.pause();
    const { id } = await stage.sandbox.as('bob').comment(stage.repo, mine.number, text);
    await stage.sandbox.as('bob').editComment(stage.repo, id, `${text}\n`);
    await stage.sandbox.webhooks.resume();
    await stage.settle();
    expect(lastRefusal()).toMatchObject({ code: 'review-edited' });
    await say(stage, 'bob', mine, text);
    expect(lastRefusal()).toMatchObject({ code: 'signature-replayed' });
    expectHeld(mine);

    await say(stage, 'bob', mine, commentOn(mine, { key: BOB_KEY, reviewer: bob }));
    expect(stage.check(mine.headSha)?.conclusion).toBe('success');
  });

  test('where the policy asks for a PIN, a touch is not enough', async () => {
    const mine = await held();
    await say(stage, 'dave', mine, commentOn(mine, { key: DAVE_KEY, reviewer: dave }));
    expect(lastRefusal()).toMatchObject({ code: 'signature-wrong', params: { login: 'dave' } });
    expect(JSON.stringify(lastRefusal())).toContain('no PIN or fingerprint');
    expectHeld(mine);
    await say(stage, 'dave', mine, commentOn(mine, { key: DAVE_KEY, reviewer: dave, options: { flags: 5 } }));
    expect(stage.check(mine.headSha)?.conclusion).toBe('success');
  });

  test('whoever had a part in the change signs in vain', async () => {
    const mine = await agentPullRequest(stage, { prompter: 'bob', branch: 'copilot/of-bob', file: 'infra/bob.tf' });
    await say(stage, 'bob', mine, commentOn(mine, { key: BOB_KEY, reviewer: bob }));
    expect(lastRefusal()).toMatchObject({ code: 'reviewer-is-party' });
    expectHeld(mine);
  });

  test('honest: bob’s own touch releases, and the record is one that a stranger verifies', async () => {
    const text = commentOn(other, { key: BOB_KEY, reviewer: bob }).replaceAll('\n', '\r\n');
    await say(stage, 'bob', other, text);
    expect(stage.check(other.headSha)?.conclusion).toBe('success');
    expect(stage.check(other.headSha)?.summary).not.toContain('### Sign it');
    expect(recordsOf(stage, 'reviewed').at(-1)).toMatchObject({
      reviewer: { login: 'bob' },
      channel: 'command',
      assurance: 'human-signed',
      counts: true,
      human: { format: 'sshsig' },
    });
    const enrolled = recordsOf(stage, 'credential-enrolled').filter(({ reviewer }) => field(reviewer, 'id') === bob);
    expect(enrolled).toMatchObject([{ source: 'policy', format: 'sshsig' }]);
    expect(enrolled[0]?.['policyDigest']).toBe(recordsOf(stage, 'requested')[0]?.['policyDigest']);
  });

  test('honest: a deployment waits for the signature too, and the log has key, answer and authorisation in this order', async () => {
    const { runId, sha } = await heldDeployment(stage);
    await stage.press('bob', sha, PRODUCTION_CHECK, 'Approve');
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    await say(
      stage,
      'bob',
      pull,
      signedComment(signingCommands(stage, sha, PRODUCTION_CHECK), { key: BOB_KEY, reviewer: bob }),
    );
    expect(jobOf(stage, runId)?.conclusion).toBe('success');
    const kinds = kindsOf(stage);
    const authorised = kinds.indexOf('authorised');
    expect(kinds[authorised - 1]).toBe('reviewed');
    expect(kinds.indexOf('credential-enrolled')).toBeLessThan(authorised - 1);
  });

  test('the commands of the check, run as they stand there with the real ssh-keygen, print what is read', async () => {
    if (!hasSshKeygen()) {
      process.stdout.write('no ssh-keygen here: its commands were not run\n');
      return;
    }
    const keygen = openSshKeygen();
    const home = mkdtempSync(join(tmpdir(), 'countersign-home-'));
    try {
      // This machine has no security key: what is refused in the end is the key, not what was signed or how it was sent.
      keygen.generate('id', ['-t', 'ed25519']);
      const commands = signingCommands(stage, pull.headSha)
        .replace(/^reviewer=\d+/, `reviewer=${bob}`)
        .replace(/^key=\S+/m, `key='${keygen.path('id')}'`);
      const { stdout, status } = spawnSync('bash', ['-c', commands], { env: { ...process.env, TMPDIR: home } });
      expect(status).toBe(0);
      await say(stage, 'bob', pull, stdout.toString());
      expect(lastRefusal()).toMatchObject({ code: 'signature-by-software-key' });
    } finally {
      keygen.close();
      rmSync(home, { recursive: true, force: true });
    }
  });
});

describe('C25 a key that comes and goes with the policy', () => {
  test('bob’s session enrols no key in its own change; a key that leaves the policy signs no more', async () => {
    const { sandbox, repo } = stage;
    const proposed = PEOPLE.with(0, `{ accounts: [bob], ssh-keys: ['${AGENTS_KEY.line}'] }`);
    const [root] = recordsOf(stage, 'requested').map(({ policyCommit }) => String(policyCommit));
    const policy = policyWith(proposed)(String(root));
    await sandbox.as('bob').commit(repo, 'bob/keys', { files: { '.github/countersign.yml': policy }, message: 'Keys' });
    const change = await sandbox.as('bob').openPullRequest(repo, { head: 'bob/keys', title: 'Keys' });
    await stage.settle();
    const mine = await held();
    await say(stage, 'bob', mine, commentOn(mine, { key: AGENTS_KEY, reviewer: bob }));
    expect(lastRefusal()).toMatchObject({ code: 'signature-key-not-named' });
    expect(stage.check(change.headSha)?.conclusion).toBe('action_required');

    // The owners take bob's key out, and give it to carol: it was hers.
    const moved = [`{ accounts: [carol], ssh-keys: ['${CAROL_KEY.line}', '${BOB_KEY.line}'] }`];
    await sandbox.as('alice').commit(repo, 'main', {
      files: { '.github/countersign.yml': policyWith(moved)(String(root)) },
      message: 'The key is of carol',
    });
    await stage.settle();
    await say(stage, 'bob', mine, commentOn(mine, { key: BOB_KEY, reviewer: bob }));
    expect(lastRefusal()).toMatchObject({ code: 'signature-key-not-named' });
    expectHeld(mine);
    const carol = sandbox.user('carol').id;
    await say(stage, 'carol', mine, commentOn(mine, { key: BOB_KEY, reviewer: carol }));
    expect(stage.check(mine.headSha)?.conclusion).toBe('success');
    const kinds = stage.records().map(({ kind }) => kind);
    const ended = kinds.lastIndexOf('credential-revoked');
    expect(ended).toBeGreaterThan(0);
    expect(kinds.indexOf('credential-enrolled', ended)).toBeGreaterThan(ended);
  });
});
