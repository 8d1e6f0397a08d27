import { createHash, generateKeyPairSync, sign } from 'node:crypto';

import { Refused } from '../refused.ts';
import { isRecord } from '../http/body.ts';

export interface Rekor {
  /** SHA-256 of the key. */
  readonly id: Uint8Array;
  readonly publicKey: Uint8Array;
  /** `POST /api/v1/log/entries`. */
  logFirst(body: unknown): unknown;
  /** `POST /api/v2/log/entries`. */
  logSecond(body: unknown): unknown;
}

interface Signed {
  readonly envelope: string;
  readonly payload: Buffer;
  readonly sig: string;
  /** Of version 1 a certificate in PEM, of version 2 in DER; base64 both. */
  readonly verifier: string;
}

/** A public log that takes DSSE envelopes and proves that it has: each is the only entry of a tree of its own. */
export function openRekor(host: string): Rekor {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const id = digest(spki);
  const prove = (entry: Buffer): { readonly root: Buffer; readonly checkpoint: string } => {
    const root = digest(Buffer.concat([Buffer.from([0]), entry]));
    const note = `${host} - 1\n1\n${root.toString('base64')}\n`;
    const signature = Buffer.concat([id.subarray(0, 4), sign('sha256', Buffer.from(note), privateKey)]);
    return { root, checkpoint: `${note}\n— ${host} ${signature.toString('base64')}\n` };
  };
  return {
    id,
    publicKey: spki,
    logFirst: (body) => {
      const { envelope, payload, sig, verifier } = readFirst(body);
      const spec = {
        envelopeHash: { algorithm: 'sha256', value: digest(Buffer.from(envelope)).toString('hex') },
        payloadHash: { algorithm: 'sha256', value: digest(payload).toString('hex') },
        signatures: [{ signature: sig, verifier }],
      };
      const entry = Buffer.from(JSON.stringify({ apiVersion: '0.0.1', kind: 'dsse', spec }));
      const { root, checkpoint } = prove(entry);
      const promised = {
        body: entry.toString('base64'),
        integratedTime: Math.floor(Date.now() / 1000),
        logID: id.toString('hex'),
        logIndex: 0,
      };
      // The promise is over JSON with sorted keys (RFC 8785).
      const said = JSON.stringify({
        body: promised.body,
        integratedTime: promised.integratedTime,
        logID: promised.logID,
        logIndex: 0,
      });
      return {
        [digest(entry).toString('hex')]: {
          ...promised,
          verification: {
            signedEntryTimestamp: sign('sha256', Buffer.from(said), privateKey).toString('base64'),
            inclusionProof: { checkpoint, hashes: [], logIndex: 0, rootHash: root.toString('hex'), treeSize: 1 },
          },
        },
      };
    },
    logSecond: (body) => {
      const { payload, sig, verifier } = readSecond(body);
      const dsseV002 = {
        payloadHash: { algorithm: 'SHA2_256', digest: digest(payload).toString('base64') },
        signatures: [
          {
            content: sig,
            verifier: { keyDetails: 'PKIX_ECDSA_P256_SHA_256', x509Certificate: { rawBytes: verifier } },
          },
        ],
      };
      const entry = Buffer.from(JSON.stringify({ apiVersion: '0.0.2', kind: 'dsse', spec: { dsseV002 } }));
      const { root, checkpoint } = prove(entry);
      return {
        logIndex: '0',
        logId: { keyId: id.toString('base64') },
        kindVersion: { kind: 'dsse', version: '0.0.2' },
        integratedTime: '0',
        inclusionPromise: null,
        inclusionProof: {
          logIndex: '0',
          rootHash: root.toString('base64'),
          treeSize: '1',
          hashes: [],
          checkpoint: { envelope: checkpoint },
        },
        canonicalizedBody: entry.toString('base64'),
      };
    },
  };
}

function readFirst(body: unknown): Signed {
  const proposed = at(at(body, 'spec'), 'proposedContent');
  const [verifier] = listAt(proposed, 'verifiers');
  const envelope = text(at(proposed, 'envelope'));
  return { envelope, verifier: text(verifier), ...signedIn(JSON.parse(envelope)) };
}

function readSecond(body: unknown): Signed {
  const request = at(body, 'dsseRequestV002');
  const [verifier] = listAt(request, 'verifiers');
  if (at(verifier, 'keyDetails') !== 'PKIX_ECDSA_P256_SHA_256') throw new Refused(400, 'unknown kind of key');
  return {
    envelope: '',
    verifier: text(at(at(verifier, 'x509Certificate'), 'rawBytes')),
    ...signedIn(at(request, 'envelope')),
  };
}

function signedIn(envelope: unknown): Pick<Signed, 'payload' | 'sig'> {
  const [signature] = listAt(envelope, 'signatures');
  return { payload: Buffer.from(text(at(envelope, 'payload')), 'base64'), sig: text(at(signature, 'sig')) };
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list = at(value, key);
  return Array.isArray(list) ? list : [];
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Refused(400, 'a field is missing');
  return value;
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
