import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { fromHex, toHex, utf8 } from '../../core/evidence/bytes.ts';
import { opensCommitment } from '../../core/evidence/records/commitment.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { Ports } from '../../core/ports.ts';
import { reasonCommitment } from '../../flow/disclosure.ts';
import { expungeFacts, forgetReason } from '../../flow/expunge.ts';
import { keysOf, load } from '../../flow/state.ts';
import type { Disclosure } from '../../flow/state.ts';
import { approve, field, pullRequestOf, recordsOf, releasedBy } from '../support/reviewing.ts';
import type { Opened } from '../support/reviewing.ts';
import { AGENT, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** The log can never forget: what people wrote and who they are beyond id and login stays out of it, or can be taken out. */

let stage: Stage;
let ports: Ports;

afterEach(async () => {
  await stage.close();
});

const REASON = 'Looks good, I asked erika.mustermann@company.example first';
const NAME = 'Erika Mustermann';
const MAIL = 'erika.mustermann@company.example';

/** An agent's pull request in which Erika is named, released by bob, with her address in his reason, and carol. */
async function released(): Promise<Opened> {
  stage = await openStage({
    start: {
      wrapPorts: (given) => {
        ports = given;
        return given;
      },
    },
  });
  for (const login of ['alice', 'dave']) stage.sandbox.collaborator(stage.repo, login, 'admin');
  const message = `Change it for ${NAME} <${MAIL}>\n\nCo-authored-by: ${NAME} <${MAIL}>\n`;
  const pull = await pullRequestOf(stage, AGENT, [{ message, author: { name: NAME, email: MAIL } }]);
  await stage.sandbox.as('bob').review(stage.repo, pull.number, { state: 'APPROVED', body: REASON });
  // Nobody knows whose the mailbox is, which asks for a second person.
  await approve(stage, 'carol', pull);
  expect(releasedBy(stage).toSorted()).toEqual(['bob', 'carol']);
  return pull;
}

function ref(): RepositoryRef {
  const repository = recordsOf(stage, 'requested')[0]?.['repository'];
  const number = (name: string): number => Number(field(repository, name));
  return {
    host: String(field(repository, 'host')),
    installationId: number('installationId'),
    id: number('id'),
    owner: 'acme',
    name: 'shop',
  };
}

/** Files of the evidence branch that hold this text. */
function holding(text: string): readonly string[] {
  const gitDir = stage.sandbox.gitDir(stage.repo);
  const found = spawnSync('git', ['--git-dir', gitDir, 'grep', '-liF', '-e', text, 'countersign-evidence'], {
    encoding: 'utf8',
  });
  return found.stdout.split('\n').filter(Boolean);
}

async function disclosures(): Promise<readonly Disclosure[]> {
  const keys = await keysOf(ports.documents, ref(), 'disclosure');
  const found = await Promise.all(keys.map((key) => load(ports.documents, ref(), 'disclosure', key)));
  return found.flatMap((stored) => (stored === null ? [] : [stored.body]));
}

const saltOf = (disclosure: Disclosure | undefined): Uint8Array => fromHex(disclosure?.salt ?? '') ?? new Uint8Array();
const account = (login: string) => ({ id: stage.sandbox.user(login).id, login, type: 'User' as const });

describe('C112 personal data in evidence', () => {
  test('nobody’s words, name or mail address is on the branch, nor a digest that a guess would confirm', async () => {
    await released();
    expect(holding('bob')).not.toEqual([]);
    for (const text of [REASON, NAME, MAIL, 'Mustermann', 'Looks good']) {
      expect(holding(text), text).toEqual([]);
      expect(holding(toHex(sha256(utf8(text)))), text).toEqual([]);
    }
  });

  test('a reason is confirmed by its salt and exact words, and by nothing less', async () => {
    await released();
    const commitment = String(recordsOf(stage, 'reviewed')[0]?.['reasonCommitment']);
    const kept = (await disclosures()).find((each) => each.reasonCommitment === commitment);
    expect(kept?.texts).toEqual([REASON]);
    expect(opensCommitment(commitment, saltOf(kept), REASON, sha256)).toBe(true);
    expect(opensCommitment(commitment, saltOf(kept), `${REASON}.`, sha256)).toBe(false);
    expect(opensCommitment(commitment, new Uint8Array(32), REASON, sha256)).toBe(false);
    expect(opensCommitment(commitment, new Uint8Array(), REASON, sha256)).toBe(false);
  });

  test('the words of signals stand in the facts as commitments under the salt of that file alone', async () => {
    await released();
    const [requested] = recordsOf(stage, 'requested');
    const { signals, ...others } = stage.facts(requested);
    const page = readFileSync(new URL('../../docs/evidence-format.md', import.meta.url), 'utf8');
    for (const name of Object.keys(others))
      expect(page.slice(page.indexOf('### Facts')), name).toContain(`\`${name}\``);
    const kept = (await disclosures()).find((each) => each.factsDigest === requested?.['factsDigest']);
    const commitments = Array.isArray(signals) ? signals.map((signal) => String(field(signal, 'valueCommitment'))) : [];
    expect(commitments.length).toBeGreaterThan(0);
    for (const commitment of commitments) {
      expect(kept?.texts.some((text) => opensCommitment(commitment, saltOf(kept), text, sha256))).toBe(true);
    }
    const salts = (await disclosures()).map(({ salt }) => salt);
    expect(new Set(salts).size).toBe(salts.length);
  });

  test('the same words for the same request are committed to once, whoever asks again', async () => {
    await released();
    const review = { id: 'review:1', reason: REASON };
    const ask = (request: string, given = review) => reasonCommitment(ports, ref(), request.repeat(64), given);
    const [first, ...again] = await Promise.all([ask('a'), ask('a'), ask('a')]);
    expect(again).toEqual([first, first]);
    const others = [ask('b'), ask('a', { ...review, id: 'review:2' }), ask('a', { ...review, reason: 'Other' })];
    expect(new Set([first, ...(await Promise.all(others))]).size).toBe(4);
    expect(await ask('a', { ...review, reason: '' })).toBeUndefined();
  });
});

describe('C112 taking it out again', () => {
  test('two administrators expunge a facts file: the log says so, still verifies, and goes on', async () => {
    const pull = await released();
    const [requested] = recordsOf(stage, 'requested');
    const factsDigest = String(requested?.['factsDigest']);
    expect((await disclosures()).some((each) => each.factsDigest === factsDigest)).toBe(true);

    const people = { by: account('alice'), approvedBy: account('dave') };
    const sealed = await expungeFacts(ports, ref(), factsDigest, people);
    expect(() => stage.facts(requested)).toThrow('there is no facts/');
    expect(recordsOf(stage, 'expunged')).toMatchObject([
      { expungedDigest: factsDigest, by: { login: 'alice' }, approvedBy: { login: 'dave' } },
    ]);
    expect((await disclosures()).some((each) => each.factsDigest === factsDigest)).toBe(false);

    expect(await expungeFacts(ports, ref(), factsDigest, people)).toEqual(sealed);
    expect(recordsOf(stage, 'expunged')).toHaveLength(1);
    await stage.sandbox
      .as(AGENT)
      .commit(stage.repo, 'change', { files: { 'infra/main.tf': '# again\n' }, message: 'Again' });
    await stage.settle();
    for (const login of ['bob', 'carol']) await approve(stage, login, pull);
    expect(recordsOf(stage, 'released')).toHaveLength(2);
  });

  test('a reviewer’s words are forgotten, and the record stays what it was', async () => {
    await released();
    const before = stage.records();
    const commitment = String(recordsOf(stage, 'reviewed')[0]?.['reasonCommitment']);
    await forgetReason(ports, ref(), commitment, { by: account('alice'), approvedBy: account('dave') });
    expect((await disclosures()).some((each) => each.reasonCommitment === commitment)).toBe(false);
    expect(stage.records()).toEqual(before);
  });

  test('nobody does so alone, without being an administrator, under a login that went to somebody else, or as a bot', async () => {
    await released();
    const factsDigest = String(recordsOf(stage, 'requested')[0]?.['factsDigest']);
    const [alice, dave] = [account('alice'), account('dave')];
    for (const [by, approvedBy] of [
      [alice, { ...alice, login: 'dave' }],
      [alice, account('bob')],
      [account('bob'), dave],
      [alice, { ...dave, id: 4_711 }],
      [alice, { ...dave, type: 'Bot' as const }],
    ] as const) {
      const erasure = { by, approvedBy };
      await expect(expungeFacts(ports, ref(), factsDigest, erasure)).rejects.toMatchObject({ code: 'ERR_INPUT' });
      await expect(forgetReason(ports, ref(), factsDigest, erasure)).rejects.toMatchObject({ code: 'ERR_INPUT' });
    }
    expect(recordsOf(stage, 'expunged')).toEqual([]);
  });

  test('what is not on the branch cannot be expunged, and the log is not held up by the attempt', async () => {
    await released();
    const people = { by: account('alice'), approvedBy: account('dave') };
    const policyDigest = String(recordsOf(stage, 'requested')[0]?.['policyDigest']);
    for (const digest of ['0'.repeat(64), policyDigest]) {
      await expect(expungeFacts(ports, ref(), digest, people)).rejects.toMatchObject({ code: 'ERR_INPUT' });
    }
    await stage.sandbox
      .as(AGENT)
      .commit(stage.repo, 'change', { files: { 'infra/main.tf': '# again\n' }, message: 'Again' });
    await stage.settle();
    expect(recordsOf(stage, 'requested')).toHaveLength(2);
  });
});
