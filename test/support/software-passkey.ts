import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Algorithm, PublicKey } from '../../core/evidence/public-key.ts';
import type { Assertion } from '../../core/evidence/people/webauthn.ts';

export const RP_ID = 'countersign.example';
export const RP_ORIGIN = 'https://countersign.example';

/** UP, UV, and the two of a passkey that is kept in several devices. */
export const HONEST_FLAGS = 0x1d;

/** What an authenticator and a browser put into an assertion; what is left out is honest. */
export interface AssertionOptions {
  readonly rpId?: string;
  readonly flags?: number;
  /** After the counter; CBOR, where it is honest. */
  readonly extensions?: Uint8Array;
  /** Replaces or adds members of clientDataJSON; undefined takes one out. */
  readonly client?: Readonly<Record<string, unknown>>;
  /** Replaces the whole text of clientDataJSON. */
  readonly clientText?: (honest: string) => string;
}

/** An authenticator and a browser in a few lines, with a key of any algorithm that passkeys have. */
export interface SoftwarePasskey {
  readonly key: PublicKey;
  readonly assert: (challenge: Uint8Array, options?: AssertionOptions) => Assertion;
}

const HASHES: Readonly<Record<Algorithm, string | null>> = {
  ed25519: null,
  ed448: null,
  p256: 'sha256',
  p384: 'sha384',
  p521: 'sha512',
  rs256: 'sha256',
  rs512: 'sha512',
};

export function softwarePasskey(algorithm: Algorithm): SoftwarePasskey {
  const { publicKey, privateKey } = keyPair(algorithm);
  const spki = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }));
  return {
    key: { algorithm, spki },
    assert: (challenge, { rpId = RP_ID, flags = HONEST_FLAGS, extensions, client, clientText } = {}) => {
      const members = { type: 'webauthn.get', challenge: base64Url(challenge), origin: RP_ORIGIN, crossOrigin: false };
      const honest = JSON.stringify({ ...members, ...client });
      const clientDataJSON = Buffer.from(clientText === undefined ? honest : clientText(honest));
      const head = Buffer.concat([sha256(rpId), Buffer.of(flags, 0, 0, 0, 0)]);
      const authenticatorData = Buffer.concat([head, extensions ?? Buffer.alloc(0)]);
      const message = Buffer.concat([authenticatorData, sha256(clientDataJSON)]);
      return {
        authenticatorData: Uint8Array.from(authenticatorData),
        clientDataJSON: Uint8Array.from(clientDataJSON),
        signature: Uint8Array.from(sign(HASHES[algorithm], message, privateKey)),
      };
    },
  };
}

function keyPair(algorithm: Algorithm): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  switch (algorithm) {
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    case 'ed448':
      return generateKeyPairSync('ed448');
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' });
    case 'p521':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' });
    case 'rs256':
    case 'rs512':
      return generateKeyPairSync('rsa', { modulusLength: 2_048 });
  }
}

function sha256(bytes: string | Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
