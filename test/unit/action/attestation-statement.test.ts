import { expect, test } from 'vitest';
import { attestationStatement, readStatement } from '../../../action/attestation-statement.ts';
import type { RunnerContext } from '../../../action/runner-context.ts';
import { utf8 } from '../../../core/evidence/bytes.ts';

const runner: RunnerContext = {
  serverUrl: 'https://github.com',
  apiUrl: 'https://api.github.com',
  graphqlUrl: 'https://api.github.com/graphql',
  host: 'github.com',
  repository: { owner: 'acme', name: 'shop', id: 987 },
  ownerId: 123,
  runId: 77,
  attempt: 2,
  job: 'decide',
  sha: 'd'.repeat(40),
  ref: 'refs/heads/main',
  refType: 'branch',
  workflowRef: 'acme/shop/.github/workflows/deploy.yml@refs/heads/main',
  workflowSha: 'd'.repeat(40),
  eventName: 'push',
  headRepositoryId: null,
  pullRequestHeadSha: null,
  workspace: '/work',
  actionRef: null,
  actor: 'carol',
};
const digest = 'a'.repeat(64);
const released = {
  note: 'github.com/1/987/1\n5\nAAAA\n\n— github.com/1/987/1 AAAA\n',
  origin: 'github.com/1/987/1',
  record: { index: 4, kind: 'released', sha256: digest },
  environment: 'production',
  headSha: 'd'.repeat(40),
  approved: [
    { kind: 'plan', name: 'tfplan', sha256: 'b'.repeat(64) },
    { kind: 'artifact', name: 'tfplan', sha256: 'b'.repeat(64) },
    { kind: 'manifest', name: 'k8s/app.yaml', sha256: 'c'.repeat(64) },
    { kind: 'command', name: '{"argv":["deploy","--to","secret-host"]}', sha256: 'e'.repeat(64) },
  ] as const,
  reason: 'all-seats-filled',
};

test('a statement names every approved file once, and nothing of a command', () => {
  const statement = JSON.parse(Buffer.from(attestationStatement(released, runner)).toString());
  expect(statement.subject).toEqual([
    { name: released.origin, digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    { name: 'git+https://github.com/acme/shop', digest: { gitCommit: released.headSha } },
    { name: 'tfplan', digest: { sha256: 'b'.repeat(64) } },
    { name: 'k8s/app.yaml', digest: { sha256: 'c'.repeat(64) } },
  ]);
  expect(JSON.stringify(statement)).not.toContain('secret-host');
});

test('a statement is read back as the release that it names', () => {
  expect(readStatement(attestationStatement(released, runner))).toEqual({
    log: released.origin,
    record: { index: 4, sha256: digest },
    decision: 'release',
  });
});

const text = Buffer.from(attestationStatement(released, runner)).toString();
test.each([
  ['another type of statement', text.replace('Statement/v1', 'Statement/v0.1')],
  ['another type of predicate', text.replace('attestation/v1', 'attestation/v2')],
  ['our own records’ type', text.replace('attestation/v1', 'evidence/v1')],
  ['a decision that is no release', text.replace('"decision": "release"', '"decision": "hold"')],
  ['a digest in capitals', text.replace(digest, digest.toUpperCase())],
  ['a number in quotes', text.replace('"index": 4', '"index": "4"')],
  ['a key twice', text.replace('"log":', '"log": "github.com/1/2/1", "log":')],
  ['half of it', text.slice(0, 200)],
  ['nothing', ''],
])('a statement with %s is none', (_, changed) => {
  expect(changed).not.toBe(text);
  expect(readStatement(utf8(changed))).toBeTypeOf('string');
});
