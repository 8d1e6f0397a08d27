import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { randomIds, systemClock } from '../../../adapters/clock.ts';
import { keySigner } from '../../../adapters/signing/key-signer.ts';
import { sha256, verify } from '../../../adapters/signing/node-crypto.ts';
import { createSigningKeyFile, generateSigningKeys, loadSigningKeys } from '../../../adapters/signing/signing-keys.ts';
import type { SigningKeys } from '../../../adapters/signing/signing-keys.ts';

const message = new TextEncoder().encode('what is signed');

function load(pem: string): SigningKeys {
  const loaded = loadSigningKeys(pem);
  if (!loaded.ok) throw new TypeError(loaded.issue);
  return loaded.value;
}
const pemOf = (type: 'ed25519' | 'x25519'): string => {
  const pair = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};

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
    const pem = generateSigningKeys();
    const { record } = load(pem);
    expect(load(`made on Friday\n${pem.replaceAll('\n', '\r\n')}`).record.publicKey).toEqual(record.publicKey);
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
    ['an empty text', '', 'no PEM block'],
    ['one key', pemOf('ed25519'), '1 keys and not two'],
    ['three keys', pemOf('ed25519') + generateSigningKeys(), '3 keys and not two'],
    ['one key twice', pemOf('ed25519').repeat(2), 'the same'],
    ['a first key of another kind', pemOf('x25519') + pemOf('ed25519'), 'first key (records)'],
    ['a second key of another kind', pemOf('ed25519') + pemOf('x25519'), 'second key (checkpoints)'],
    ['a public key', generateSigningKeys().replaceAll('PRIVATE', 'PUBLIC'), 'block "PUBLIC KEY"'],
    ['damaged base64', generateSigningKeys().replace('MC4C', 'AAAA'), 'first key (records)'],
  ])('refuse %s in one clear line that does not quote it', (_what, pem, issue) => {
    const loaded = loadSigningKeys(pem);
    const said = loaded.ok ? 'accepted' : loaded.issue;
    expect(said).toContain(issue);
    expect(said).not.toMatch(/\n|MC4C/);
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

  test('a signer is made of an Ed25519 private key only', () => {
    const pair = generateKeyPairSync('ed25519');
    expect(() => keySigner(pair.publicKey)).toThrow(TypeError);
    expect(() => keySigner(generateKeyPairSync('x25519').privateKey)).toThrow(TypeError);
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
