import { describe, expect, test } from 'vitest';
import { issuerOf, judgeSigner, judgeStatement } from '../../../action/judge-attestation.ts';
import type { SignerIdentity } from '../../../adapters/sigstore/verify-bundle.ts';

const sha = 'c'.repeat(40);
const workflow = `countersign/countersign/.github/workflows/countersign.yml@${sha}`;
const job = {
  serverUrl: 'https://github.com',
  host: 'github.com',
  repository: { owner: 'acme', name: 'shop', id: 987 },
  ownerId: 123,
  runId: 77,
  attempt: 2,
};
const signer: SignerIdentity = {
  subject: `https://github.com/${workflow}`,
  issuer: 'https://token.actions.githubusercontent.com',
  runnerEnvironment: 'github-hosted',
  sourceRepositoryId: '987',
  sourceOwnerId: '123',
  runInvocation: 'https://github.com/acme/shop/actions/runs/77/attempts/2',
};
const judge = (change: Partial<SignerIdentity>, attested: object = {}): string | undefined =>
  judgeSigner({ ...signer, ...change }, { workflow, ...attested }, job)?.code;

describe('who signed', () => {
  test('is the one whom the policy trusts, where everything is the same', () => {
    expect(judge({})).toBeUndefined();
    expect(judge({ runnerEnvironment: 'self-hosted' }, { runners: 'self-hosted' })).toBeUndefined();
  });

  const repository = 'https://github.com/acme/shop/actions/runs';
  test.each<[string, Partial<SignerIdentity>, string]>([
    ['another issuer', { issuer: 'https://accounts.google.com' }, 'issuer'],
    ['an issuer whose name goes on', { issuer: `${signer.issuer}/acme` }, 'issuer'],
    ['another commit', { subject: `https://github.com/${workflow.replace(sha, 'd'.repeat(40))}` }, 'signer'],
    ['a branch', { subject: `https://github.com/${workflow.replace(sha, 'refs/heads/main')}` }, 'signer'],
    ['another file', { subject: `https://github.com/${workflow.replace('countersign.yml', 'ci.yml')}` }, 'signer'],
    ['a name that has ours within it', { subject: `https://evil.example/?${signer.subject ?? ''}` }, 'signer'],
    ['a name that begins with ours', { subject: `${signer.subject ?? ''}0` }, 'signer'],
    ['another case of letters', { subject: signer.subject?.toUpperCase() ?? null }, 'signer'],
    ['another repository', { sourceRepositoryId: '9870' }, 'repository'],
    ['another owner', { sourceOwnerId: '12' }, 'owner'],
    ['another run', { runInvocation: `${repository}/7/attempts/2` }, 'run'],
    ['another attempt', { runInvocation: `${repository}/77/attempts/1` }, 'run'],
    ['an attempt that begins like ours', { runInvocation: `${repository}/77/attempts/21` }, 'run'],
    ['a runner of their own', { runnerEnvironment: 'self-hosted' }, 'runner'],
  ])('is not trusted with %s', (_, change, what) => {
    expect(judge(change)).toBe(`attestation-${what}-differs`);
  });

  test('is not trusted with the other kind of runner either, once the policy names one', () => {
    expect(judge({}, { runners: 'self-hosted' })).toBe('attestation-runner-differs');
  });

  test.each(Object.keys(signer))('is not trusted where the certificate does not say its %s', (field) => {
    expect(judge({ [field]: null })).toBe('attestation-identity-unclear');
  });

  test.each([
    ['github.com', 'https://github.com', 'https://token.actions.githubusercontent.com'],
    ['acme.ghe.com', 'https://acme.ghe.com', 'https://token.actions.acme.ghe.com'],
    ['git.acme.example', 'https://git.acme.example', 'https://git.acme.example/_services/token'],
    ['evilghe.com', 'https://evilghe.com', 'https://evilghe.com/_services/token'],
  ])('is known on %s by the issuer of its tokens', (host, serverUrl, issuer) => {
    expect(issuerOf({ host, serverUrl })).toBe(issuer);
  });
});

describe('what was signed', () => {
  const digest = 'a'.repeat(64);
  const relied = { origin: 'github.com/1/987/1', record: 4, digest };
  const said = { log: relied.origin, record: { index: 4, sha256: digest }, decision: 'release' as const };

  test.each([
    ['the same record', said, undefined],
    ['another log', { ...said, log: 'github.com/1/987/2' }, 'attestation-log-differs'],
    ['another number', { ...said, record: { index: 5, sha256: digest } }, 'attestation-record-differs'],
    ['another digest', { ...said, record: { index: 4, sha256: 'b'.repeat(64) } }, 'attestation-record-differs'],
  ])('is held against the record that the gate relies on: %s', (_, statement, code) => {
    expect(judgeStatement(statement, relied)?.code).toBe(code);
  });
});
