import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SigstoreError } from '../../../adapters/sigstore/ask-service.ts';
import { githubInstance } from '../../../adapters/sigstore/instance.ts';
import { signStatement } from '../../../adapters/sigstore/sign-statement.ts';
import { verifyBundle } from '../../../adapters/sigstore/verify-bundle.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { startSigstore } from '../../../sandbox/sigstore/sigstore.ts';
import type { Sigstore, SigstoreFault, SigstoreService } from '../../../sandbox/sigstore/sigstore.ts';
import { idTokenOf } from '../../support/id-token.ts';
import type { IdToken } from '../../support/id-token.ts';

/** Our three requests against a Fulcio, a Rekor and a timestamp authority, and the library that judges what came of them. */

let sandbox: Sandbox;
let sigstore: Sigstore;
let token: IdToken;

beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.user('alice');
  sandbox.repo('alice/shop', { by: 'alice' });
  const run = await sandbox
    .as('alice')
    .dispatch('alice/shop', { name: 'Deploy', jobs: [{ name: 'go', manual: true }] });
  token = await idTokenOf(sandbox, run.id, 'go');
  sigstore = await startSigstore(sandbox);
});
afterAll(async () => {
  await sigstore.close();
  await sandbox.close();
});

const STATEMENT = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');
const HASTY = { tries: 2, timeoutMs: 150, firstPauseMs: 1 };

type Kind = 'timestamp' | 'log' | 'log of version 2';
const sign = (kind: Kind, patience = { ...HASTY, timeoutMs: 5_000 }, who = token): Promise<string> => {
  const { url } = sigstore;
  const rekor = { url, version: kind === 'log of version 2' ? (2 as const) : (1 as const) };
  const instance = {
    fulcioUrl: url,
    rekor: kind === 'timestamp' ? null : rekor,
    tsaUrl: kind === 'log' ? null : url,
  };
  return signStatement(STATEMENT, instance, who, patience);
};

describe('a signature without a key', () => {
  test.each<[Kind]>([['timestamp'], ['log'], ['log of version 2']])('verifies with a %s', async (kind) => {
    const root = sigstore.trustedRoot({ rekor: kind !== 'timestamp' });
    const checked = verifyBundle(await sign(kind), root);
    expect(checked).toMatchObject({
      kind: 'verified',
      identity: {
        subject: `${sandbox.url}/alice/shop/.github/workflows/deploy.yml@refs/heads/main`,
        issuer: sandbox.oidcIssuer,
        runnerEnvironment: 'github-hosted',
        runInvocation: expect.stringMatching(/\/alice\/shop\/actions\/runs\/\d+\/attempts\/1$/),
      },
    });
    expect(checked.kind === 'verified' ? Buffer.from(checked.payload) : null).toEqual(STATEMENT);
  });

  test('needs an entry of the log where the root has one, and no timestamp makes up for it', async () => {
    const bundle = await sign('timestamp');
    expect(verifyBundle(bundle, sigstore.trustedRoot())).toEqual({ kind: 'not-verified', what: 'TLOG_ERROR' });
  });

  test('is not helped by a second root that knows the log but not the certificate', async () => {
    const other = await startSigstore(sandbox);
    await other.close();
    const roots = [other.trustedRoot(), other.trustedRoot({ rekor: false })].join('\n');
    expect(verifyBundle(await sign('log'), roots)).toMatchObject({ kind: 'not-verified' });
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['another kind of file', '{"mediaType":"application/json","certificateAuthorities":[{}]}'],
    [
      'no authority',
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","certificateAuthorities":[]}',
    ],
    [
      'an authority without a certificate',
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","certificateAuthorities":[{}]}',
    ],
  ])('is judged by no root with %s in it', async (_, root) => {
    expect(verifyBundle(await sign('timestamp'), root)).toMatchObject({ kind: 'root-unreadable' });
  });
});

describe('a service that does not do its part', () => {
  const services: readonly [SigstoreService, string][] = [
    ['fulcio', 'Fulcio'],
    ['rekor', 'Rekor'],
    ['tsa', 'the timestamp authority'],
  ];
  const faults: readonly [SigstoreFault, string][] = [
    ['hang', 'it did not answer in time'],
    ['drop', 'it gave no whole answer'],
    ['cut', 'it gave no whole answer'],
    [403, 'it answered 403'],
    [503, 'it answered 503'],
  ];
  const cases = services.flatMap(([service, name]) =>
    faults.map(([fault, why]) => [name, fault, service, why] as const),
  );

  test.each(cases)('%s, %s: there is no signature, and it is told why', async (name, fault, service, why) => {
    sigstore.fault(service, fault);
    const asked = sigstore.asked.length;
    const failed = await sign('log of version 2', fault === 'hang' ? HASTY : undefined).catch(
      (error: unknown) => error,
    );
    sigstore.fault(service, null);
    expect(failed).toBeInstanceOf(SigstoreError);
    expect(failed).toMatchObject({ service: name, message: why });
    // What was refused is not asked again.
    if (service === 'fulcio') expect(sigstore.asked.length - asked).toBe(fault === 403 ? 1 : 2);
  });

  test('Fulcio gives none on a token for another audience, or of another issuer', async () => {
    const other = { ...token, idToken: token.idToken.replace(/\.[^.]+$/, `.${'A'.repeat(342)}`) };
    await expect(sign('timestamp', undefined, other)).rejects.toThrow('it answered 401');
  });

  test.each([
    ['leads the token elsewhere', 307, '', 'it gave no whole answer'],
    ['answers no JSON', 201, 'hello', 'its answer has a form that is not known'],
    ['answers another form', 201, '{"chain":[]}', 'its answer has a form that is not known'],
    [
      'answers no certificate',
      201,
      JSON.stringify({ signedCertificateEmbeddedSct: { chain: { certificates: ['x'] } } }),
      'its answer holds no certificate',
    ],
    ['answers without end', 201, ' '.repeat(300 * 1024), 'its answer is too long'],
  ])('a Fulcio that %s gets nowhere', async (_, status, body, why) => {
    let visits = 0;
    const server = createServer((request, response) => {
      visits += 1;
      request.resume();
      response.writeHead(status, { location: '/elsewhere' }).end(body);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const instance = { fulcioUrl: `http://127.0.0.1:${port}`, rekor: null, tsaUrl: sigstore.url };
    await expect(signStatement(STATEMENT, instance, token, { ...HASTY, tries: 1 })).rejects.toThrow(why);
    expect(visits).toBe(1);
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
});

test.each([
  ['github.com', { fulcioUrl: 'https://fulcio.githubapp.com', rekor: null, tsaUrl: 'https://timestamp.githubapp.com' }],
  ['acme.ghe.com', { fulcioUrl: 'https://fulcio.acme.ghe.com', rekor: null, tsaUrl: 'https://timestamp.acme.ghe.com' }],
  ['git.acme.example', null],
  ['githubapp.com', null],
])('GitHub’s own Sigstore of %s', (host, instance) => {
  expect(githubInstance(host)).toEqual(instance);
});
