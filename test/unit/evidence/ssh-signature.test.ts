import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, sha512, verify } from '../../../adapters/signing/node-crypto.ts';
import { equalBytes, utf8 } from '../../../core/evidence/bytes.ts';
import { parseSshKey } from '../../../core/evidence/people/ssh-key.ts';
import type { SshKey } from '../../../core/evidence/people/ssh-key.ts';
import {
  checkSshSignature,
  namedKey,
  parseArmoredSshSignature,
  REVIEW_NAMESPACE,
} from '../../../core/evidence/people/ssh-signature.ts';
import { armour, softwareSshKey, SSH_KEY_TYPES } from '../../support/software-ssh-key.ts';
import type { SoftwareSshKey, SshKeyType, SshSignOptions } from '../../support/software-ssh-key.ts';

const message = utf8('a review statement\n');
const keys = new Map(SSH_KEY_TYPES.map((type) => [type, softwareSshKey(type)]));

function keyOf(type: SshKeyType): SoftwareSshKey {
  return keys.get(type) ?? softwareSshKey(type);
}

function parsed(wire: Uint8Array): SshKey {
  const key = parseSshKey(wire);
  if (!key.ok) throw new TypeError(key.issue);
  return key.value;
}

function check(wire: Uint8Array, blob: Uint8Array, text = message): Promise<string | null> {
  const signed = { blob, message: text, namespace: REVIEW_NAMESPACE, key: parsed(wire) };
  return checkSshSignature(signed, { sha256, sha512, verify });
}

const ED25519 = keyOf('ssh-ed25519');
const ECDSA = keyOf('ecdsa-sha2-nistp256');
const RSA = keyOf('ssh-rsa');
const TOUCHED = keyOf('sk-ssh-ed25519@openssh.com');

/** An `mpint` pair with a zero in front of r: the same number, written in another way. */
function padded(value: Buffer): Buffer {
  const length = value.readUInt32BE(0);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length + 1);
  return Buffer.concat([head, Buffer.of(0), value.subarray(4)]);
}

describe('an SSH signature', () => {
  test.each(SSH_KEY_TYPES)('%s: an honest one is accepted, with either hash', async (type) => {
    const key = keyOf(type);
    expect(await check(key.wire, key.sign(message))).toBeNull();
    expect(await check(key.wire, key.sign(message, { hash: 'sha256' }))).toBeNull();
    expect(await check(key.wire, key.sign(message), utf8('another statement\n'))).toContain('does not verify');
  });

  test('an RSA key may sign with either hash of RFC 8332', async () => {
    expect(await check(RSA.wire, RSA.sign(message, { signatureType: 'rsa-sha2-256' }))).toBeNull();
  });

  test.each<[string, SoftwareSshKey, SshSignOptions, string]>([
    ['of something else', ED25519, { magic: 'SSHSIX' }, 'not an SSH signature'],
    ['of version 0', ED25519, { version: 0 }, 'another version'],
    ['of version 2', ED25519, { version: 2 }, 'another version'],
    ['that says another key', ED25519, { wire: softwareSshKey('ssh-ed25519').wire }, 'another key than the enrolled'],
    ['that says no key', ED25519, { wire: new Uint8Array() }, 'another key than the enrolled'],
    ['for git', ED25519, { namespace: 'git' }, 'another namespace'],
    ['for a file', ED25519, { namespace: 'file' }, 'another namespace'],
    ['for no namespace', ED25519, { namespace: '' }, 'another namespace'],
    ['for a longer namespace', ED25519, { namespace: `${REVIEW_NAMESPACE}\0` }, 'another namespace'],
    ['with reserved bytes', ED25519, { reserved: 'x' }, 'reserved field is not empty'],
    ['with another hash', ED25519, { hash: 'sha1' }, 'neither sha256 nor sha512'],
    ['with no hash', ED25519, { hash: '' }, 'neither sha256 nor sha512'],
    ['with trailing bytes', ED25519, { trailing: Uint8Array.of(0) }, 'something follows it'],
    ['with a second blob', ED25519, { trailing: ED25519.sign(message) }, 'something follows it'],
    ['of another type', ED25519, { signatureType: 'ecdsa-sha2-nistp256' }, 'does not sign in the way'],
    ['of its sk- type', ED25519, { signatureType: 'sk-ssh-ed25519@openssh.com' }, 'does not sign in the way'],
    ['with a short value', ED25519, { value: (value) => value.subarray(1) }, 'not one of an ssh-ed25519 key'],
    ['with no value', ED25519, { value: () => Buffer.alloc(0) }, 'not one of an ssh-ed25519 key'],
    ['on SHA-1', RSA, { signatureType: 'ssh-rsa' }, 'rests on SHA-1'],
    ['with a short RSA value', RSA, { value: (value) => value.subarray(1) }, 'not one of an ssh-rsa key'],
    ['with a padded RSA value', RSA, { value: (value) => Buffer.concat([Buffer.of(0), value]) }, 'not one of an ssh'],
    ['with a padded number', ECDSA, { value: padded }, 'not one of an ecdsa-sha2-nistp256 key'],
    ['with a third number', ECDSA, { value: (v) => Buffer.concat([v, Buffer.alloc(4)]) }, 'not one of an ecdsa'],
    ['with vast numbers', ECDSA, { value: () => padded(Buffer.alloc(200, 0)) }, 'not one of an ecdsa'],
    ['without a touch', TOUCHED, { flags: 0 }, 'nobody touched'],
    ['without a touch, of a verified person', TOUCHED, { flags: 4 }, 'nobody touched'],
  ])('%s is refused with its own words', async (_, key, options, words) => {
    expect(await check(key.wire, key.sign(message, options))).toContain(words);
  });

  test('a security key may count as it likes and verify its person', async () => {
    for (const options of [{ counter: 0 }, { counter: 0xff_ff_ff_ff }, { flags: 5 }]) {
      expect(await check(TOUCHED.wire, TOUCHED.sign(message, options))).toBeNull();
    }
  });

  test.each(SSH_KEY_TYPES)('%s: any byte changed, cut or added anywhere is refused', async (type) => {
    const key = keyOf(type);
    const blob = key.sign(message);
    for (let at = 0; at < blob.length; at += 1) {
      expect(await check(key.wire, blob.with(at, (blob[at] ?? 0) ^ 0x01))).not.toBeNull();
      expect(await check(key.wire, blob.slice(0, at))).not.toBeNull();
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(blob.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        expect(await check(key.wire, blob.with(at, (blob[at] ?? 0) ^ change))).not.toBeNull();
      }),
    );
  });

  test('arbitrary bytes are refused and never crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await check(ED25519.wire, bytes)).not.toBeNull();
        expect(parseSshKey(bytes).ok).toBe(false);
      }),
    );
  });
});

describe('the wire form of an SSH key', () => {
  test.each(SSH_KEY_TYPES)('%s: read whole, and refused when it is cut or longer', (type) => {
    const { wire } = keyOf(type);
    expect(parseSshKey(wire)).toMatchObject({ ok: true, value: { type, wire } });
    expect(parseSshKey(Uint8Array.of(...wire, 0)).ok).toBe(false);
    for (let length = 0; length < wire.length; length += 1) expect(parseSshKey(wire.slice(0, length)).ok).toBe(false);
  });

  test.each([
    ['of 1,024 bits', softwareSshKey('ssh-rsa', 1_024).wire],
    ['of an application that a web site could ask for', softwareSshKey(TOUCHED.type, 0, 'https://github.com').wire],
    ['whose application is no text', TOUCHED.wire.with(TOUCHED.wire.length - 4, 0xff)],
    ['of a curve that its name does not say', Uint8Array.from(Buffer.from(ECDSA.wire).fill('nistp384', 27, 35))],
    ['of a type that is no longer made', Uint8Array.from(Buffer.from(ED25519.wire).fill('ssh-dss', 4, 11))],
    ['of a certificate', utf8('\0\0\0\x20ssh-ed25519-cert-v01@openssh.com')],
  ])('a key %s is refused', (_, wire) => {
    expect(parseSshKey(wire).ok).toBe(false);
  });
});

describe('armour', () => {
  const blob = ED25519.sign(message);
  const text = armour(blob);
  const lines = text.trimEnd().split('\n');

  test.each([
    ['as ssh-keygen writes it', text],
    ['without the last line end', text.trimEnd()],
    ['with the line ends of a web form', text.replaceAll('\n', '\r\n')],
    ['in one line of base64', [lines[0], lines.slice(1, -1).join(''), lines.at(-1)].join('\n')],
  ])('is taken %s', (_, armoured) => {
    const found = parseArmoredSshSignature(armoured);
    expect(found.ok && equalBytes(found.value, blob)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['no header', lines.slice(1).join('\n')],
    ['no footer', lines.slice(0, -1).join('\n')],
    ['nothing in it', [lines[0], lines.at(-1)].join('\n')],
    ['an empty line in it', [lines[0], '', ...lines.slice(1)].join('\n')],
    ['something before it', `x\n${text}`],
    ['something after it', `${text}x`],
    ['two signatures', `${text}${text}`],
    ['another kind of armour', text.replaceAll('SSH SIGNATURE', 'OPENSSH PRIVATE KEY')],
    ['a character that is none of base64', text.replace('\nU1NI', '\nU1N!')],
    ['padding in its middle', text.replace('\nU1NI', '\nU1N=')],
    ['white space in a line', text.replace('\nU1NI', '\nU1N I')],
  ])('is refused with %s', (_, armoured) => {
    expect(parseArmoredSshSignature(armoured).ok).toBe(false);
  });
});

describe('an SSH signature that must show who was there', () => {
  test.each<[string, SoftwareSshKey, number, string | null]>([
    ['touched after a PIN or fingerprint', TOUCHED, 5, null],
    ['touched only', TOUCHED, 1, 'no PIN or fingerprint showed who touched the security key'],
    ['unlocked and not touched', TOUCHED, 4, 'nobody touched the security key'],
    ['in software', ED25519, 5, 'no PIN or fingerprint showed who touched the security key'],
  ])('%s', async (_, key, flags, issue) => {
    const blob = key.sign(message, { flags });
    const signed = { blob, message, namespace: REVIEW_NAMESPACE, key: parsed(key.wire), mustVerifyUser: true };
    expect(await checkSshSignature(signed, { sha256, sha512, verify })).toBe(issue);
  });

  test('names its key, and nothing that is no signature does', () => {
    expect(namedKey(TOUCHED.sign(message))).toEqual(TOUCHED.wire);
    for (const blob of [new Uint8Array(), utf8('SSHSIG'), TOUCHED.sign(message, { version: 2 }), TOUCHED.wire]) {
      expect(namedKey(blob)).toBeNull();
    }
  });
});
