import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { randomIds, systemClock } from '../../../adapters/clock.ts';
import { keySigner } from '../../../adapters/signing/key-signer.ts';
import { sha256, verify } from '../../../adapters/signing/node-crypto.ts';
import { createSigningKeyFile, generateSigningKeys, loadSigningKeys } from '../../../adapters/signing/signing-keys.ts';
import type { SigningKeys } from '../../../adapters/signing/signing-keys.ts';
import { verifySignature } from '../../../core/evidence/notes/signed-note.ts';

const message = new TextEncoder().encode('what is signed');

function load(pem: string): SigningKeys {
  const loaded = loadSigningKeys(pem);
  if (!loaded.ok) throw new TypeError(loaded.issue);
  return loaded.value;
}

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const pem = {
  ed25519: (): string => generateKeyPairSync('ed25519').privateKey.export(pkcs8).toString(),
  x25519: (): string => generateKeyPairSync('x25519').privateKey.export(pkcs8).toString(),
  curve: (namedCurve: string): string => generateKeyPairSync('ec', { namedCurve }).privateKey.export(pkcs8).toString(),
  rsa: (): string => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pkcs8).toString(),
  sec1: (): string =>
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      .privateKey.export({ type: 'sec1', format: 'pem' })
      .toString(),
  encrypted: (): string =>
    generateKeyPairSync('ed25519')
      .privateKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString(),
  public: (): string => generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  openssl: (...args: readonly string[]): string => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' }),
};
const p256 = (): string => pem.curve('prime256v1');
const GENPKEY = ['genpkey', '-algorithm', 'EC', '-pkeyopt'];

function sec1Encrypted(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'sec1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
}

function writeBeside(file: string, text: string): string {
  const path = `${file}.compressed`;
  writeFileSync(path, text);
  return path;
}

describe('the signing keys', () => {
  test('each sign what the matching public key verifies, and nothing else', async () => {
    const { record, checkpoint } = load(generateSigningKeys());
    const signature = await record.sign(message);
    expect(signature).toHaveLength(64);
    expect(verify(record.publicKey, message, signature)).toBe(true);
    expect(verify(checkpoint.publicKey, message, signature)).toBe(false);
    expect(verify(record.publicKey, new TextEncoder().encode('something else'), signature)).toBe(false);
  });

  test('sign the same bytes for the same message, because a batch may have to be sent twice', async () => {
    const { checkpoint } = load(generateSigningKeys());
    expect(await checkpoint.sign(message)).toEqual(await checkpoint.sign(message));
  });

  test('are read from a file with Windows line ends and text around the blocks', () => {
    const text = generateSigningKeys();
    const { record } = load(text);
    expect(load(`made on Friday\n${text.replaceAll('\n', '\r\n')}`).record.publicKey).toEqual(record.publicKey);
  });

  test('agree with OpenSSL', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-key-'));
    const path = join(folder, 'keys.pem');
    createSigningKeyFile(path);
    const { record } = load(readFileSync(path, 'utf8'));
    // OpenSSL reads the first block only: the record key.
    const der = execFileSync('openssl', ['pkey', '-in', path, '-pubout', '-outform', 'DER']);
    expect(new Uint8Array(der)).toEqual(record.publicKey.spki);
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['two Ed25519 keys', generateSigningKeys(), 'ed25519', 'ed25519'],
    ['two P-256 keys', generateSigningKeys('p256'), 'p256', 'p256'],
    ['an Ed25519 key for records and a P-256 key for checkpoints', pem.ed25519() + p256(), 'ed25519', 'p256'],
    ['a P-256 key for records and an Ed25519 key for checkpoints', p256() + pem.ed25519(), 'p256', 'ed25519'],
    [
      'keys made by openssl',
      pem.openssl('genpkey', '-algorithm', 'ed25519') + pem.openssl(...GENPKEY, 'ec_paramgen_curve:P-256'),
      'ed25519',
      'p256',
    ],
  ])('may be %s', async (_what, text, ...algorithms) => {
    const { record, checkpoint } = load(text);
    expect([record.publicKey.algorithm, checkpoint.publicKey.algorithm]).toEqual(algorithms);
    for (const signer of [record, checkpoint]) {
      expect(await verifySignature(signer.publicKey, message, await signer.sign(message), verify)).toBe(true);
    }
  });

  test.each([
    ['an empty text', '', 'no PEM block'],
    ['one key', pem.ed25519(), '1 keys and not two'],
    ['three keys', pem.ed25519() + generateSigningKeys(), '3 keys and not two'],
    ['one Ed25519 key twice', pem.ed25519().repeat(2), 'the same'],
    ['one P-256 key twice', p256().repeat(2), 'the same'],
    ['a first key of another kind', pem.x25519() + pem.ed25519(), 'first key (records) is of the kind x25519'],
    ['a second key of another kind', pem.ed25519() + pem.x25519(), 'second key (checkpoints) is of the kind x25519'],
    ['an RSA key', pem.rsa() + pem.ed25519(), 'first key (records) is of the kind rsa'],
    ['a key on secp256k1', p256() + pem.curve('secp256k1'), 'second key (checkpoints) is on the curve secp256k1'],
    ['a key on P-384', pem.curve('secp384r1') + p256(), 'first key (records) is on the curve secp384r1'],
    ['a key on P-521', pem.curve('secp521r1') + p256(), 'is on the curve secp521r1'],
    [
      'a curve that is spelt out',
      pem.openssl(...GENPKEY, 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit') + p256(),
      'first key (records)',
    ],
    ['a key in SEC1', pem.sec1() + p256(), 'block "EC PRIVATE KEY" is in the older SEC1 form'],
    [
      'what openssl ecparam writes',
      pem.openssl('ecparam', '-name', 'prime256v1', '-genkey'),
      'block "EC PARAMETERS" is no key',
    ],
    ['an encrypted key', pem.encrypted() + pem.ed25519(), 'block "ENCRYPTED PRIVATE KEY" is encrypted'],
    ['a key encrypted in the older way', sec1Encrypted() + p256(), 'block "EC PRIVATE KEY"'],
    ['a public key', pem.public() + pem.ed25519(), 'block "PUBLIC KEY" is the public half'],
    ['an SSH key', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n', 'key for SSH'],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'no private key in PKCS#8'],
    ['damaged base64', generateSigningKeys().replace('MC4C', 'AAAA'), 'first key (records) is damaged'],
    ['a block cut short', pem.ed25519() + pem.ed25519().slice(0, 60), '1 keys and not two'],
  ])('refuse %s in one clear line that does not quote it', (_what, text, issue) => {
    const loaded = loadSigningKeys(text);
    const said = loaded.ok ? 'accepted' : loaded.issue;
    expect(said).toContain(issue);
    expect(said).not.toMatch(/\n|MC4C|MIG|AAAA/);
  });

  test('with a compressed public point inside are refused: one key would have two names', () => {
    const text = p256();
    const file = join(mkdtempSync(join(tmpdir(), 'countersign-key-')), 'key.pem');
    writeFileSync(file, text);
    const compressed = pem.openssl('ec', '-in', file, '-conv_form', 'compressed');
    const again = pem.openssl('pkcs8', '-topk8', '-nocrypt', '-in', writeBeside(file, compressed));
    rmSync(dirname(file), { recursive: true });
    expect(again).not.toBe(text);
    const loaded = loadSigningKeys(again + pem.ed25519());
    expect(loaded.ok ? 'accepted' : loaded.issue).toContain('first key (records) is not in the usual form');
  });

  test('are written for their owner only, and never over a file that is there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-key-'));
    const path = join(folder, 'keys.pem');
    createSigningKeyFile(path);
    const before = readFileSync(path, 'utf8');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(() => createSigningKeyFile(path)).toThrow('EEXIST');
    expect(readFileSync(path, 'utf8')).toBe(before);
    rmSync(folder, { recursive: true });
  });

  test('a signer is made of an Ed25519 or P-256 private key only', () => {
    expect(() => keySigner(generateKeyPairSync('ed25519').publicKey)).toThrow(TypeError);
    expect(() => keySigner(generateKeyPairSync('x25519').privateKey)).toThrow(TypeError);
    expect(() => keySigner(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)).toThrow(TypeError);
  });
});

describe('crypto for core', () => {
  test('verify answers false for keys and signatures of a wrong length', () => {
    const { publicKey } = keySigner(generateKeyPairSync('ed25519').privateKey);
    expect(verify({ ...publicKey, spki: publicKey.spki.slice(1) }, message, new Uint8Array(64))).toBe(false);
    expect(verify(publicKey, message, new Uint8Array(63))).toBe(false);
    expect(verify({ ...publicKey, algorithm: 'p256' }, message, new Uint8Array(64))).toBe(false);
  });

  test('sha256 is SHA-256', () => {
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(Buffer.from(sha256(new Uint8Array())).toString('hex')).toBe(empty);
  });

  test('the clock counts milliseconds and a nonce is 128 random bits in hex', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
    expect(randomIds.nonce()).toMatch(/^[0-9a-f]{32}$/);
    expect(randomIds.nonce()).not.toBe(randomIds.nonce());
  });
});
