import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { sha256, sha512, verify } from '../../../adapters/signing/node-crypto.ts';
import { fromBase64, utf8 } from '../../../core/evidence/bytes.ts';
import { parseSshKey } from '../../../core/evidence/people/ssh-key.ts';
import {
  checkSshSignature,
  parseArmoredSshSignature,
  REVIEW_NAMESPACE,
} from '../../../core/evidence/people/ssh-signature.ts';
import { softwareSshKey, SSH_KEY_TYPES } from '../../support/software-ssh-key.ts';
import type { SoftwareSshKey, SshKeyType, SshSignOptions } from '../../support/software-ssh-key.ts';
import { hasSshKeygen, openSshKeygen } from '../../support/ssh-keygen.ts';

/** Our check of SSH signatures and OpenSSH's own, side by side: ours never accepts what OpenSSH refuses. */

const message = utf8('a review statement\n');
const MADE_BY_OPENSSH: readonly (readonly [string, readonly string[]])[] = [
  ['ed25519', ['-t', 'ed25519']],
  ['ecdsa-256', ['-t', 'ecdsa', '-b', '256']],
  ['ecdsa-384', ['-t', 'ecdsa', '-b', '384']],
  ['ecdsa-521', ['-t', 'ecdsa', '-b', '521']],
  ['rsa-2048', ['-t', 'rsa', '-b', '2048']],
  ['rsa-3072', ['-t', 'rsa', '-b', '3072']],
];

async function weAccept(line: string, blob: Uint8Array, text = message): Promise<boolean> {
  const key = parseSshKey(fromBase64(line.split(' ')[1] ?? '') ?? new Uint8Array());
  if (!key.ok) throw new TypeError(key.issue);
  const signed = { blob, message: text, namespace: REVIEW_NAMESPACE, key: key.value };
  return (await checkSshSignature(signed, { sha256, sha512, verify })) === null;
}

function blobOf(armoured: string): Uint8Array {
  const parsed = parseArmoredSshSignature(armoured);
  if (!parsed.ok) throw new TypeError(parsed.issue);
  return parsed.value;
}

const keys = new Map(SSH_KEY_TYPES.map((type) => [type, softwareSshKey(type)]));
const keygen = openSshKeygen();

afterAll(() => keygen.close());

function keyOf(type: SshKeyType): SoftwareSshKey {
  return keys.get(type) ?? softwareSshKey(type);
}

async function bothSay(key: SoftwareSshKey, blob: Uint8Array, text = message) {
  return {
    ours: await weAccept(key.line, blob, text),
    openSsh: keygen.accepts(key.line, REVIEW_NAMESPACE, text, blob),
  };
}

/** No cases where OpenSSH is not installed; the test at the end says so. */
function compared<T>(cases: readonly T[]): readonly T[] {
  return hasSshKeygen() ? cases : [];
}

const refusedByBoth: readonly (readonly [string, SshKeyType, SshSignOptions])[] = [
  ['another namespace', 'ssh-ed25519', { namespace: 'git' }],
  ['another key', 'ssh-ed25519', { wire: softwareSshKey('ssh-ed25519').wire }],
  ['version 2', 'ssh-ed25519', { version: 2 }],
  ['another hash', 'ssh-ed25519', { hash: 'sha1' }],
  ['trailing bytes', 'ssh-ed25519', { trailing: Uint8Array.of(0) }],
  ['another type', 'ssh-ed25519', { signatureType: 'ssh-rsa' }],
  ['SHA-1', 'ssh-rsa', { signatureType: 'ssh-rsa' }],
  ['a long RSA value', 'ssh-rsa', { value: (value) => Buffer.concat([Buffer.of(0), value]) }],
  ['a third number', 'ecdsa-sha2-nistp256', { value: (value) => Buffer.concat([value, Buffer.alloc(4)]) }],
  ['other magic', 'sk-ssh-ed25519@openssh.com', { magic: 'SSHSIX' }],
];

/** OpenSSH leaves it to its caller to ask for a touch, and takes a version before the first. */
const refusedByUs: readonly (readonly [string, SshKeyType, SshSignOptions])[] = [
  ['of version 0', 'ssh-ed25519', { version: 0 }],
  ['without a touch', 'sk-ssh-ed25519@openssh.com', { flags: 0 }],
  ['without a touch', 'sk-ecdsa-sha2-nistp256@openssh.com', { flags: 0 }],
];

describe('SSH signatures, beside ssh-keygen', () => {
  test.each(compared(MADE_BY_OPENSSH))('%s: what it signs is accepted, and for nothing else', async (name, args) => {
    const line = keygen.generate(name, args);
    for (const hash of ['sha256', 'sha512']) {
      const blob = blobOf(keygen.sign(name, REVIEW_NAMESPACE, message, ['-O', `hashalg=${hash}`]));
      expect(await weAccept(line, blob)).toBe(true);
      expect(await weAccept(line, blob, utf8('another statement\n'))).toBe(false);
    }
    expect(await weAccept(line, blobOf(keygen.sign(name, 'git', message)))).toBe(false);
  });

  test.each(compared(SSH_KEY_TYPES))('%s: what a software key signs, both accept', async (type) => {
    const key = keyOf(type);
    for (const hash of ['sha256', 'sha512']) {
      expect(await bothSay(key, key.sign(message, { hash }))).toEqual({ ours: true, openSsh: true });
    }
    const other = utf8('another statement\n');
    expect(await bothSay(key, key.sign(message), other)).toEqual({ ours: false, openSsh: false });
  });

  test.each(compared(refusedByBoth))('a signature with %s, both refuse (%s)', async (_, type, options) => {
    const key = keyOf(type);
    expect(await bothSay(key, key.sign(message, options))).toEqual({ ours: false, openSsh: false });
  });

  test.each(compared(refusedByUs))('a signature %s (%s) OpenSSH accepts and we do not', async (_, type, options) => {
    const key = keyOf(type);
    expect(await bothSay(key, key.sign(message, options))).toEqual({ ours: false, openSsh: true });
  });

  test.each(compared(SSH_KEY_TYPES))('%s: a changed byte, both refuse', async (type) => {
    const key = keyOf(type);
    const blob = key.sign(message);
    // The last byte of the version: OpenSSH takes 0 for it.
    const position = fc.nat(blob.length - 1).filter((at) => at !== 9);
    await fc.assert(
      fc.asyncProperty(position, fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = blob.with(at, (blob[at] ?? 0) ^ change);
        expect(await bothSay(key, changed)).toEqual({ ours: false, openSsh: false });
      }),
      { numRuns: 25 },
    );
  });

  test('with or without ssh-keygen, software keys of every type are accepted', async () => {
    if (!hasSshKeygen()) console.warn('ssh-keygen is not on this machine: our check of SSH signatures stands alone');
    for (const key of keys.values()) expect(await weAccept(key.line, key.sign(message))).toBe(true);
  });
});
