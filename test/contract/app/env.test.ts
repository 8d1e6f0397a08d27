import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { generateSigningKeys, loadSigningKeys } from '../../../adapters/signing/signing-keys.ts';
import type { EnvFiles } from '../../../app/env-files.ts';
import { readEnv } from '../../../app/env.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const pem = rsa.export({ type: 'pkcs1', format: 'pem' }).toString();
const pkcs8 = rsa.export({ type: 'pkcs8', format: 'pem' }).toString();
const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';

const good = { APP_ID: '42', PRIVATE_KEY: pem, WEBHOOK_SECRET: 'a secret of the operator' };

class MemoryFiles implements EnvFiles {
  readonly files = new Map<string, string>();
  readonly directories: string[] = [];

  exists(path: string): boolean {
    return this.files.has(path);
  }

  readText(path: string): string {
    const text = this.files.get(path);
    if (text === undefined) throw Object.assign(new Error('missing'), { code: 'ENOENT' });
    return text;
  }

  prepareDirectory(path: string): void {
    if (path.startsWith('/denied')) throw Object.assign(new Error('denied'), { code: 'EACCES' });
    this.directories.push(path);
  }

  createSigningKeys(path: string): void {
    if (path.startsWith('full/')) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    this.files.set(path, generateSigningKeys());
  }
}

function withFile(path: string, text: string): MemoryFiles {
  const files = new MemoryFiles();
  files.files.set(path, text);
  return files;
}

describe('a good environment', () => {
  test('needs three variables and keeps to this machine by default', () => {
    const files = new MemoryFiles();
    const reading = readEnv(good, files);
    expect(reading.ok && reading.value).toMatchObject({
      appId: 42,
      privateKey: pkcs8,
      githubHost: 'github.com',
      apiBaseUrl: 'https://api.github.com',
      listen: { host: '127.0.0.1', port: 3000 },
      logLevel: 'info',
      databasePath: 'data/countersign.sqlite',
      createdKeyPath: 'data/signing-key.pem',
      evidenceBranch: 'countersign-evidence',
      publicUrl: null,
      oidcIssuer: GITHUB_ISSUER,
      withoutEffect: [],
    });
    expect(files.directories).toEqual(['./data']);
  });

  test('makes the signing keys once and reads the same ones at the next start', () => {
    const files = new MemoryFiles();
    const first = readEnv(good, files);
    const second = readEnv(good, files);
    expect(second.ok && second.value.createdKeyPath).toBeNull();
    expect(loadSigningKeys(files.readText('data/signing-key.pem')).ok).toBe(true);
    const [one, two] = [first, second].map((reading) => reading.ok && reading.value.signingKeys.record.publicKey.spki);
    expect(one).toBeInstanceOf(Uint8Array);
    expect(one).toEqual(two);
  });

  const keys = generateSigningKeys();
  test.each([
    ['PEM with written-out line ends', { PRIVATE_KEY: pem.replaceAll('\n', String.raw`\n`) }],
    ['base64 of PEM', { PRIVATE_KEY: Buffer.from(pem).toString('base64') }],
    ['PKCS#8', { PRIVATE_KEY: pkcs8 }],
    ['a file', { PRIVATE_KEY: '', PRIVATE_KEY_PATH: '/keys/app.pem' }],
  ])('takes the key of the App as %s', (_title, changed) => {
    const reading = readEnv({ ...good, ...changed }, withFile('/keys/app.pem', pem));
    expect(reading.ok && reading.value.privateKey).toBe(pkcs8);
  });

  test.each([
    ['text', { COUNTERSIGN_SIGNING_KEY: keys }],
    ['text with written-out line ends', { COUNTERSIGN_SIGNING_KEY: keys.replaceAll('\n', String.raw`\n`) }],
    ['a file', { COUNTERSIGN_SIGNING_KEY_PATH: '/keys/signing.pem' }],
  ])('takes the signing keys as %s and makes none', (_title, changed) => {
    const reading = readEnv({ ...good, ...changed }, withFile('/keys/signing.pem', keys));
    expect(reading.ok && reading.value.createdKeyPath).toBeNull();
    expect(reading.ok && reading.value.previousSigningKeys).toBeNull();
  });

  const former = generateSigningKeys('p256');
  test.each([
    ['text', { COUNTERSIGN_PREVIOUS_SIGNING_KEY: former }],
    ['text with written-out line ends', { COUNTERSIGN_PREVIOUS_SIGNING_KEY: former.replaceAll('\n', String.raw`\n`) }],
    ['a file', { COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH: '/keys/former.pem' }],
  ])('takes the keys that the signing keys replace as %s', (_title, changed) => {
    const env = { ...good, COUNTERSIGN_SIGNING_KEY: keys, ...changed };
    const reading = readEnv(env, withFile('/keys/former.pem', former));
    const [now, before] = reading.ok ? [reading.value.signingKeys, reading.value.previousSigningKeys] : [];
    expect(now?.record.publicKey.algorithm).toBe('ed25519');
    expect(before?.record.publicKey.algorithm).toBe('p256');
    expect(reading.ok && reading.value.previousKeysRevokedFrom).toBeNull();
  });

  test('takes, for each repository, the record from which on stolen keys are not believed', () => {
    const revoked = { COUNTERSIGN_PREVIOUS_KEYS_REVOKED_FROM: '67890=120, 5=0' };
    const env = { ...good, COUNTERSIGN_SIGNING_KEY: keys, COUNTERSIGN_PREVIOUS_SIGNING_KEY: former, ...revoked };
    const reading = readEnv(env, new MemoryFiles());
    expect(reading.ok && reading.value.previousKeysRevokedFrom).toEqual(
      new Map([
        [67_890, 120],
        [5, 0],
      ]),
    );
  });

  test.each([
    [{ GHE_HOST: 'Git.Example' }, 'git.example', 'https://git.example/api/v3'],
    [{ GHE_HOST: '127.0.0.1:4444', GHE_PROTOCOL: 'http' }, '127.0.0.1:4444', 'http://127.0.0.1:4444/api/v3'],
  ])('names the API of %o', (changed, host, api) => {
    const reading = readEnv({ ...good, ...changed }, new MemoryFiles());
    expect(reading.ok && [reading.value.githubHost, reading.value.apiBaseUrl]).toEqual([host, api]);
  });

  test.each([
    [{ GHE_HOST: 'git.example:8443' }, null, 'https://git.example:8443/_services/token'],
    [{ COUNTERSIGN_PUBLIC_URL: 'https://gate.example' }, 'https://gate.example', GITHUB_ISSUER],
    [{ COUNTERSIGN_PUBLIC_URL: 'http://127.0.0.1:3000' }, 'http://127.0.0.1:3000', GITHUB_ISSUER],
    [{ COUNTERSIGN_OIDC_ISSUER: 'https://oidc.example/a/b' }, null, 'https://oidc.example/a/b'],
  ])('knows where jobs reach it, and who makes their tokens: %o', (changed, publicUrl, oidcIssuer) => {
    const reading = readEnv({ ...good, ...changed }, new MemoryFiles());
    expect(reading.ok && reading.value).toMatchObject({ publicUrl, oidcIssuer });
  });

  test('says which variables have no effect yet', () => {
    const reading = readEnv(
      { ...good, SLACK_BOT_TOKEN: 'x', TEAMS_TENANT: 'y', GITHUB_CLIENT_ID: 'z' },
      new MemoryFiles(),
    );
    expect(reading.ok && reading.value.withoutEffect).toEqual(['SLACK_BOT_TOKEN', 'TEAMS_TENANT', 'GITHUB_CLIENT_ID']);
  });
});

/** Of the default secret the line may say its name: everybody knows it. */
const SECRETS = ['PRIVATE_KEY', 'COUNTERSIGN_SIGNING_KEY', 'COUNTERSIGN_PREVIOUS_SIGNING_KEY', 'DATABASE_URL'];

test('a log that was begun is never continued with another key', () => {
  const reading = readEnv(good, withFile('data/countersign.sqlite', ''));
  expect(reading).toMatchObject({ ok: false, line: expect.stringContaining('data/signing-key.pem is gone') });
});

describe('a bad environment is refused with one line that names the variable and never its value', () => {
  const rows: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    ['no secret', { WEBHOOK_SECRET: '' }, /WEBHOOK_SECRET is missing/],
    ['a short secret', { WEBHOOK_SECRET: 'fifteen letters' }, /WEBHOOK_SECRET is shorter than 16/],
    ['the default secret of Probot', { WEBHOOK_SECRET: 'development' }, /WEBHOOK_SECRET is the well-known default/],
    ['no App id', { APP_ID: '' }, /APP_ID is missing/],
    ['an App id that is no number', { APP_ID: 'Iv1.abc' }, /APP_ID is no number/],
    ['no key', { PRIVATE_KEY: '' }, /PRIVATE_KEY is missing/],
    ['a key that is none', { PRIVATE_KEY: 'hello' }, /PRIVATE_KEY holds no RSA private key/],
    ['a key of another kind', { PRIVATE_KEY: ed25519 }, /PRIVATE_KEY holds no RSA private key/],
    [
      'a key file that is not there',
      { PRIVATE_KEY: '', PRIVATE_KEY_PATH: '/none' },
      /PRIVATE_KEY_PATH names a file .*ENOENT/,
    ],
    [
      'a key file with something else',
      { PRIVATE_KEY: '', PRIVATE_KEY_PATH: '/other' },
      /PRIVATE_KEY_PATH holds no RSA/,
    ],
    ['a data directory that cannot be written', { COUNTERSIGN_DATA_DIR: '/denied/x' }, /COUNTERSIGN_DATA_DIR .*EACCES/],
    ['no room for the signing key', { COUNTERSIGN_DATA_DIR: 'full' }, /COUNTERSIGN_SIGNING_KEY_PATH .*ENOSPC/],
    ['a signing key that is none', { COUNTERSIGN_SIGNING_KEY: 'x' }, /COUNTERSIGN_SIGNING_KEY holds no key/],
    ['one signing key instead of two', { COUNTERSIGN_SIGNING_KEY: ed25519 }, /COUNTERSIGN_SIGNING_KEY holds no key/],
    ['one signing key twice', { COUNTERSIGN_SIGNING_KEY: ed25519 + ed25519 }, /COUNTERSIGN_SIGNING_KEY holds no key/],
    ['RSA keys for signing', { COUNTERSIGN_SIGNING_KEY: pkcs8 + pkcs8 }, /COUNTERSIGN_SIGNING_KEY holds no key/],
    [
      'a signing key file that is not there',
      { COUNTERSIGN_SIGNING_KEY_PATH: '/none' },
      /COUNTERSIGN_SIGNING_KEY_PATH .*ENOENT/,
    ],
    [
      'former signing keys that are none',
      { COUNTERSIGN_PREVIOUS_SIGNING_KEY: 'x' },
      /COUNTERSIGN_PREVIOUS_SIGNING_KEY holds no key/,
    ],
    [
      'a file of former signing keys that is not there',
      { COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH: '/none' },
      /COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH .*ENOENT/,
    ],
    [
      'a revocation of keys that are not given',
      { COUNTERSIGN_PREVIOUS_KEYS_REVOKED_FROM: '5=1' },
      /COUNTERSIGN_PREVIOUS_KEYS_REVOKED_FROM is set without/,
    ],
    ...['120', '5=', '5=-1', '5=1,5=2', '5=1;6=2', '05=1', '5=1.5'].map(
      (value): [string, Record<string, string>, RegExp] => [
        `a revocation from "${value}"`,
        { COUNTERSIGN_PREVIOUS_SIGNING_KEY: generateSigningKeys(), COUNTERSIGN_PREVIOUS_KEYS_REVOKED_FROM: value },
        /COUNTERSIGN_PREVIOUS_KEYS_REVOKED_FROM is no list such as/,
      ],
    ),
    ['PostgreSQL', { DATABASE_URL: 'postgres://user:pass@db.example/x' }, /DATABASE_URL is not supported yet/],
    [
      'a policy of the organisation',
      { COUNTERSIGN_ORG_POLICY: 'acme/x:y' },
      /COUNTERSIGN_ORG_POLICY is not supported yet/,
    ],
    ['a webhook proxy', { WEBHOOK_PROXY_URL: 'https://smee.example/x' }, /WEBHOOK_PROXY_URL is not supported yet/],
    ...[
      'https://gate.example/',
      'https://gate.example/x',
      'http://gate.example',
      'HTTPS://gate.example',
      'gate.example',
    ].map((address): readonly [string, Record<string, string>, RegExp] => [
      `the address ${address}`,
      { COUNTERSIGN_PUBLIC_URL: address },
      /COUNTERSIGN_PUBLIC_URL is no address that this version takes/,
    ]),
    [
      'an issuer in clear text',
      { COUNTERSIGN_OIDC_ISSUER: 'http://oidc.example' },
      /COUNTERSIGN_OIDC_ISSUER is no address that this version takes/,
    ],
    [
      'an issuer on a port that is none',
      { COUNTERSIGN_OIDC_ISSUER: 'https://oidc.example:99999' },
      /COUNTERSIGN_OIDC_ISSUER is no address that this version takes/,
    ],
    ['a port that is none', { PORT: '70000' }, /PORT is no port number/],
    ['a port with letters', { PORT: '3000x' }, /PORT is no port number/],
    ['a host with a path', { GHE_HOST: 'git.example/api' }, /GHE_HOST is no host name/],
    ['a host with a scheme', { GHE_HOST: 'https://git.example' }, /GHE_HOST is no host name/],
    ['a host with a user', { GHE_HOST: 'user@git.example' }, /GHE_HOST is no host name/],
    ['a host port that is none', { GHE_HOST: 'git.example:99999' }, /GHE_HOST is no host name/],
    [
      'tokens in clear',
      { GHE_HOST: 'git.example', GHE_PROTOCOL: 'http' },
      /GHE_PROTOCOL is http for a host that is not/,
    ],
    ['a host that only looks local', { GHE_HOST: '127.0.0.1.example', GHE_PROTOCOL: 'http' }, /GHE_PROTOCOL/],
    ['a protocol that is none', { GHE_PROTOCOL: 'ftp' }, /GHE_PROTOCOL is neither/],
    ['a log level that is none', { LOG_LEVEL: 'loud' }, /LOG_LEVEL is none of/],
    ['a branch that climbs', { COUNTERSIGN_EVIDENCE_BRANCH: 'a/../b' }, /COUNTERSIGN_EVIDENCE_BRANCH/],
    ['a branch that is a full ref', { COUNTERSIGN_EVIDENCE_BRANCH: 'refs/heads/x' }, /COUNTERSIGN_EVIDENCE_BRANCH/],
    ['a branch like an option', { COUNTERSIGN_EVIDENCE_BRANCH: '-f' }, /COUNTERSIGN_EVIDENCE_BRANCH/],
    ['a branch that git refuses', { COUNTERSIGN_EVIDENCE_BRANCH: 'x.lock' }, /COUNTERSIGN_EVIDENCE_BRANCH/],
  ];

  test.each(rows)('%s', (_title, changed, expected) => {
    const reading = readEnv({ ...good, ...changed }, withFile('/other', 'text'));
    expect(reading).toMatchObject({ ok: false, line: expect.stringMatching(expected) });
    if (reading.ok) return;
    expect(reading.line).not.toContain('\n');
    const told = Object.entries(changed).filter(
      ([name, value]) => SECRETS.includes(name) && value.length > 1 && reading.line.includes(value),
    );
    expect(told).toEqual([]);
  });
});
