import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSigstore } from '../../sandbox/sigstore/sigstore.ts';
import { ATTESTING, openAttestedStage } from '../support/attested-stage.ts';
import type { AttestedStage } from '../support/attested-stage.ts';
import { bundleParts, changedStatement, statementIn } from '../support/bundle-parts.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import type { ActionRun } from '../support/runner/run-action.ts';
import type { StandaloneRun } from '../support/standalone-stage.ts';

/** The deciding job signs what it decided without a key, and the gate asks for exactly that signature. */

let world: AttestedStage;
let run: StandaloneRun;
/** Of `run`. */
let decided: ActionRun;
let bundle = '';
let temp = '';

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  world = await openAttestedStage();
  temp = mkdtempSync(join(tmpdir(), 'attest-'));
  run = await world.approved();
  decided = await world.attest(run, { temp });
  bundle = decided.outputs['attestation'] ?? '';
});
afterAll(async () => {
  rmSync(temp, { recursive: true });
  await world.close();
});

describe('the deciding job', () => {
  test('attests the record, the commit and the checkpoint, and puts the bundle into an output and a file', () => {
    expect(decided).toMatchObject({ exitCode: 0, outputs: { decision: 'release' } });
    expect(readFileSync(join(temp, 'countersign-attestation.json'), 'utf8')).toBe(bundle);
    const { subject, predicateType, predicate } = statementIn(bundle);
    const { checkpoint = '', record } = decided.outputs;
    expect(predicateType).toBe('https://countersign.dev/attestation/v1');
    expect(subject).toEqual([
      { name: world.key.split('+')[0], digest: { sha256: sha256(checkpoint) } },
      { name: `git+${world.sandbox.url}/${world.repo}`, digest: { gitCommit: run.sha } },
    ]);
    const files = evidenceFiles(world.sandbox, world.repo);
    const [, released] = [...files].find(([path]) => path.endsWith('-released.json')) ?? [];
    expect(predicate).toEqual({
      log: world.key.split('+')[0],
      checkpoint,
      record: { index: Number(record), kind: 'released', sha256: sha256(released ?? '') },
      runId: run.runId,
      attempt: 1,
      environment: 'production',
      decision: 'release',
      reason: 'all-seats-filled',
    });
  });

  test('has GitHub keep it, where everybody finds it by what is attested', async () => {
    const { sandbox, repo } = world;
    const digest = `sha256:${sha256(decided.outputs['checkpoint'] ?? '')}`;
    const { token } = sandbox.user('alice');
    const found = await fetch(`${sandbox.apiUrl}/repos/${repo}/attestations/${digest}`, {
      headers: { authorization: `bearer ${token}` },
    });
    expect(await found.json()).toMatchObject({ attestations: [{ bundle: JSON.parse(bundle) }] });
    expect(decided.stdout).not.toContain('::warning');
  });

  test('prints no OIDC token and nothing of the key', () => {
    const told = `${decided.stdout}${decided.stderr}${decided.summary}`;
    expect(told).not.toMatch(/eyJ[\w-]+\.eyJ/);
    expect(told).not.toContain(world.signingKeys.split('\n')[1]);
  });
});

describe('the gate', () => {
  test('passes with it', async () => {
    expect(await world.gateWith(run, bundle)).toMatchObject({ exitCode: 0, outputs: { reason: 'gate-passed' } });
  });

  test.each([
    ['without one', () => '', 'attestation-missing'],
    ['with half of it', () => bundle.slice(0, bundle.length / 2), 'attestation-unreadable'],
  ])('stops the job %s', async (_, attestation, reason) => {
    const stopped = await world.gateWith(run, attestation());
    expect(stopped).toMatchObject({ exitCode: 1, outputs: { reason, decision: 'hold' } });
  });

  const gate = async (attestation: string): Promise<string | undefined> =>
    (await world.gate(run, { inputs: { attestation } })).code;
  const tampered = (change: (parts: ReturnType<typeof bundleParts>) => void): string => {
    const parts = bundleParts(bundle);
    change(parts);
    return JSON.stringify(parts);
  };

  test('stops it with a statement, a signature, a log entry or a certificate that was changed', async () => {
    expect(await gate(bundle)).toBe('gate-passed');
    const other = Buffer.from(changedStatement(bundle, { attempt: 2 })).toString('base64');
    const entry = (parts: ReturnType<typeof bundleParts>): object => parts.verificationMaterial.tlogEntries[0] ?? {};
    const changes: readonly ((parts: ReturnType<typeof bundleParts>) => void)[] = [
      ({ dsseEnvelope }) => Object.assign(dsseEnvelope, { payload: other }),
      ({ dsseEnvelope }) => Object.assign(dsseEnvelope.signatures[0], { sig: Buffer.alloc(70).toString('base64') }),
      (parts) => Object.assign(entry(parts), { integratedTime: '1' }),
      (parts) => Object.assign(parts.verificationMaterial, { tlogEntries: [] }),
      (parts) =>
        Object.assign(parts.verificationMaterial, {
          timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'AAAA' }] },
        }),
    ];
    const found = [];
    for (const change of changes) found.push(await gate(tampered(change)));
    expect(found).toEqual([
      ...Array.from({ length: 4 }, () => 'attestation-does-not-verify'),
      'attestation-unreadable',
    ]);
    const key = tampered(({ verificationMaterial: material }) => {
      Object.assign(material, { certificate: undefined, publicKey: { hint: 'mine' } });
    });
    expect(await gate(key)).toBe('attestation-unreadable');
    expect(await gate(bundle.replace('{', '{"mediaType":"x",'))).toBe('attestation-unreadable');
  });

  test('stops it with what another repository, run or job of the same run has signed', async () => {
    const { sandbox, workflow } = world;
    const statement = changedStatement(bundle, {});
    const other = await world.approved();
    expect(await gate(await world.signAs(other.runId, 'decide', statement))).toBe('attestation-run-differs');
    // The protected job itself, and any other of this run: they are not written in the trusted workflow.
    expect(await gate(await world.signAs(run.runId, 'deploy', statement))).toBe('attestation-signer-differs');
    sandbox.repo('acme/other', { by: 'alice', private: true });
    const jobs = [{ name: 'decide', manual: true, calledWorkflow: { ref: workflow, sha: 'c'.repeat(40) } }];
    const foreign = await sandbox.as('alice').dispatch('acme/other', { name: 'Mine', jobs });
    expect(await gate(await world.signAs(foreign.id, 'decide', statement))).toBe('attestation-repository-differs');
    // What the public log would show of a private repository is never sent there.
    const said = await world.decide(
      { runId: foreign.id, sha: '' },
      {
        inputs: { attest: 'public-good' },
        env: world.idTokenEnv(foreign.id, 'decide'),
        permissions: ATTESTING,
      },
    );
    expect(said).toMatchObject({ passed: false, code: 'attest-would-publish' });
  });

  test('stops it with the right signer’s word about another record, log or decision', async () => {
    const { record } = statementIn(bundle).predicate;
    const signed = async (change: Readonly<Record<string, unknown>>): Promise<string | undefined> =>
      gate(await world.signAs(run.runId, 'decide', changedStatement(bundle, change)));
    expect(await signed({})).toBe('gate-passed');
    expect(await signed({ record: { ...record, sha256: 'a'.repeat(64) } })).toBe('attestation-record-differs');
    expect(await signed({ record: { ...record, index: 0 } })).toBe('attestation-record-differs');
    expect(await signed({ log: 'github.com/1/2/1' })).toBe('attestation-log-differs');
    expect(await signed({ decision: 'hold' })).toBe('attestation-statement-unreadable');
  });

  test('believes the roots and the workflow of the policy on the default branch alone', async () => {
    const { sandbox, sigstore } = world;
    const another = await startSigstore(sandbox);
    await world.trustAttested({ root: another.trustedRoot() });
    expect(await gate(bundle)).toBe('attestation-does-not-verify');
    await another.close();
    await world.trustAttested({ root: `${another.trustedRoot()}\n${sigstore.trustedRoot()}\n` });
    expect(await gate(bundle)).toBe('gate-passed');
    await world.trustAttested({ root: '{}' });
    expect(await gate(bundle)).toBe('attestation-root-unreadable');
    await world.trustAttested({ workflow: `${world.workflow.slice(0, -1)}d` });
    expect(await gate(bundle)).toBe('attestation-signer-differs');
    await world.trustAttested({ more: '    runners: self-hosted' });
    expect(await gate(bundle)).toBe('attestation-runner-differs');
    await world.trustAttested();
  });

  test('attests for its own workflow that it passed, also where GitHub may not keep that', async () => {
    const permissions = { contents: 'read', 'id-token': 'write' } as const;
    const passed = await world.gateWith(run, bundle, { permissions, inputs: { attest: 'own' } });
    expect(passed).toMatchObject({ exitCode: 0, outputs: { reason: 'gate-passed' } });
    expect(passed.stdout).toMatch(/::warning .*GitHub does not keep the attestation/);
    const own = passed.outputs['attestation'] ?? '';
    expect(statementIn(own).predicate.record).toEqual(statementIn(bundle).predicate.record);
    expect(await gate(own)).toBe('attestation-signer-differs');
  });

  test('stops it where the root is not there', async () => {
    const { sandbox, repo } = world;
    await sandbox.as('alice').commit(repo, 'main', { files: { '.github/sigstore.jsonl': null }, message: 'Tidy up' });
    expect(await gate(bundle)).toBe('attestation-root-unreadable');
    await world.trustAttested();
  });
});

describe('a decision that cannot be attested', () => {
  test('fails the job and stays in the log, and no other job of the attempt attests it', async () => {
    const other = await world.approved();
    world.sigstore.fault('fulcio', 403);
    const failed = await world.attest(other);
    world.sigstore.fault('fulcio', null);
    expect(failed).toMatchObject({ exitCode: 1, outputs: { reason: 'attestation-failed', decision: 'hold' } });
    expect(failed.outputs['attestation']).toBe('');
    expect(failed.stdout).toContain('Fulcio did not sign it: it answered 403');
    const env = world.idTokenEnv(other.runId, 'decide');
    const again = await world.decide(other, { inputs: { attest: 'own' }, env, permissions: ATTESTING });
    expect(again).toMatchObject({ passed: false, decision: 'hold', code: 'attest-decided-elsewhere' });
    expect(again.record).toBe(Number(failed.outputs['record']));
  });

  test('is not even made without id-token: write', async () => {
    const other = await world.approved();
    const before = world.sandbox.branchHead(world.repo, 'countersign-evidence');
    const { 'id-token': _, ...permissions } = ATTESTING;
    expect((await world.attest(other, { permissions })).outputs['reason']).toBe('oidc-missing');
    expect(world.sandbox.branchHead(world.repo, 'countersign-evidence')).toBe(before);
  });

  test.each([
    ['github', 'attest-instance-missing'],
    ['somewhere', 'action-input-refused'],
  ])('is not made by %s', async (attest, code) => {
    const env = world.idTokenEnv(run.runId, 'decide');
    expect(await world.decide(run, { inputs: { attest }, env, permissions: ATTESTING })).toMatchObject({
      passed: false,
      code,
    });
  });
});
