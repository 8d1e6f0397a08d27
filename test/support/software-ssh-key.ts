import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export const SSH_KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;

export type SshKeyType = (typeof SSH_KEY_TYPES)[number];

/** Fields of an SSHSIG; what is left out is honest. */
export interface SshSignOptions {
  readonly magic?: string;
  readonly version?: number;
  /** Wire form of the key that the signature says it is by. */
  readonly wire?: Uint8Array;
  readonly namespace?: string;
  readonly reserved?: string;
  readonly hash?: string;
  /** Of a security key: bit 0 touched, bit 2 person verified. */
  readonly flags?: number;
  readonly counter?: number;
  readonly signatureType?: string;
  /** Changes the value of the signature before it is put into the blob. */
  readonly value?: (value: Buffer) => Buffer;
  readonly trailing?: Uint8Array;
}

/** An SSH key, and for `sk-` types a security key of the touch of nobody, that signs what `ssh-keygen -Y sign` signs. */
export interface SoftwareSshKey {
  readonly type: SshKeyType;
  readonly wire: Uint8Array;
  /** As in an authorized_keys file, without comment. */
  readonly line: string;
  /** The SSHSIG blob, without armour. */
  readonly sign: (message: Uint8Array, options?: SshSignOptions) => Uint8Array;
}

export function softwareSshKey(type: SshKeyType, rsaBits = 2_048, application = 'ssh:'): SoftwareSshKey {
  const { publicKey, privateKey } = keyPair(type, rsaBits);
  const isSecurityKey = type.startsWith('sk-');
  const wire = Buffer.concat([string(type), ...keyFields(type, publicKey), isSecurityKey ? string(application) : none]);
  return {
    type,
    wire: Uint8Array.from(wire),
    line: `${type} ${wire.toString('base64')}`,
    sign: (message, options = {}) => {
      const { namespace = 'review@countersign.dev', reserved = '', hash = 'sha512', flags = 1, counter = 7 } = options;
      const { magic = 'SSHSIG', version = 1, value: change = (value) => value } = options;
      const digest = createHash(hash === 'sha256' ? 'sha256' : 'sha512')
        .update(message)
        .digest();
      const fields = [string(namespace), string(reserved), string(hash)];
      const signed = Buffer.concat([Buffer.from('SSHSIG'), ...fields, string(digest)]);
      const tail = isSecurityKey ? Buffer.concat([Buffer.of(flags), uint32(counter)]) : none;
      const bytes = isSecurityKey ? Buffer.concat([sha256(application), tail, sha256(signed)]) : signed;
      const name = options.signatureType ?? (type === 'ssh-rsa' ? 'rsa-sha2-512' : type);
      const value = change(signatureValue(type, name, privateKey, bytes));
      const signature = Buffer.concat([string(name), string(value), tail]);
      const head = [Buffer.from(magic), uint32(version), string(options.wire ?? wire)];
      return Uint8Array.from(
        Buffer.concat([...head, ...fields, string(signature), options.trailing ?? Buffer.alloc(0)]),
      );
    },
  };
}

/** The armour of `ssh-keygen -Y sign`. */
export function armour(blob: Uint8Array): string {
  const lines =
    Buffer.from(blob)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

const none = Buffer.alloc(0);

function keyPair(type: SshKeyType, modulusLength: number): { publicKey: KeyObject; privateKey: KeyObject } {
  if (type === 'ssh-rsa') return generateKeyPairSync('rsa', { modulusLength });
  if (type.endsWith('ed25519') || type.startsWith('sk-ssh')) return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: `P-${/nistp(\d+)/.exec(type)?.[1]}` });
}

function keyFields(type: SshKeyType, publicKey: KeyObject): readonly Buffer[] {
  const jwk = publicKey.export({ format: 'jwk' });
  const field = (name: string): Buffer => Buffer.from(String(jwk[name]), 'base64url');
  if (type === 'ssh-rsa') return [mpint(field('e')), mpint(field('n'))];
  const curve = /nistp\d+/.exec(type)?.[0];
  if (curve === undefined) return [string(field('x'))];
  return [string(curve), string(Buffer.concat([Buffer.of(4), field('x'), field('y')]))];
}

function signatureValue(type: SshKeyType, name: string, privateKey: KeyObject, bytes: Buffer): Buffer {
  if (type === 'ssh-rsa') {
    const hash = name === 'rsa-sha2-512' ? 'sha512' : name === 'rsa-sha2-256' ? 'sha256' : 'sha1';
    return sign(hash, bytes, privateKey);
  }
  const curve = /nistp(\d+)/.exec(type)?.[1];
  if (curve === undefined) return sign(null, bytes, privateKey);
  const hash = curve === '256' ? 'sha256' : curve === '384' ? 'sha384' : 'sha512';
  const pair = sign(hash, bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const half = pair.length / 2;
  return Buffer.concat([mpint(pair.subarray(0, half)), mpint(pair.subarray(half))]);
}

function string(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function mpint(value: Buffer): Buffer {
  const first = value.findIndex((byte) => byte !== 0);
  const bytes = value.subarray(Math.max(first, 0));
  return string((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sha256(bytes: string | Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
