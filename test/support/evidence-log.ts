import { createECDH, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256, sha512, verifyOnPool } from '../../adapters/signing/node-crypto.ts';
import { toHex, utf8 } from '../../core/evidence/bytes.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { toCanonicalP256 } from '../../core/evidence/notes/ecdsa-signature.ts';
import { PREDICATE_TYPE, STATEMENT_TYPE } from '../../core/evidence/kinds.ts';
import type { RecordKind } from '../../core/evidence/kinds.ts';
import { factsPath, policyPath } from '../../core/evidence/layout.ts';
import type { ListedFile } from '../../core/evidence/verify/log-listing.ts';
import { recordKeyName } from '../../core/evidence/records/log-origin.ts';
import { logKeyOf } from '../../core/evidence/public-key.ts';
import type { PublicKey } from '../../core/evidence/public-key.ts';
import { renderBatch } from '../../core/evidence/records/render-batch.ts';
import type { File, LogState } from '../../core/evidence/records/render-batch.ts';
import { formatVerifierKey, signNote, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { renderJson } from '../../core/evidence/strict-json.ts';
import { emptyEdge } from '../../core/evidence/tree/tree-edge.ts';
import type { LogSource } from '../../core/evidence/verify/log-source.ts';

export { sha256, sha512, verifyOnPool };

export const sampleOrigin = 'github.com/12345/67890/1';
export const sampleRepository = { host: 'github.com', installationId: 12_345, id: 67_890 };

/** What a log is signed with. */
export type LogAlgorithm = 'ed25519' | 'p256';

export interface FixedKey {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
  /** In the one form that a log's signatures have. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** A key that is the same in every run: its secret is 32 equal bytes. */
export function fixedKey(fill: number, algorithm: LogAlgorithm = 'ed25519'): FixedKey {
  const secret = Buffer.alloc(32, fill);
  const privateKey = algorithm === 'ed25519' ? ed25519Secret(secret) : p256Secret(secret);
  const publicKey = logKeyOf(Uint8Array.from(createPublicKey(privateKey).export({ format: 'der', type: 'spki' })));
  if (publicKey === null) throw new TypeError('no key of a log');
  return {
    privateKey,
    publicKey,
    sign: (message) =>
      algorithm === 'ed25519'
        ? Uint8Array.from(sign(null, message, privateKey))
        : toCanonicalP256(sign('sha256', message, privateKey)),
  };
}

function ed25519Secret(secret: Uint8Array): KeyObject {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  return createPrivateKey({ key: Buffer.concat([prefix, secret]), format: 'der', type: 'pkcs8' });
}

function p256Secret(secret: Buffer): KeyObject {
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(secret);
  const point = pair.getPublicKey();
  const text = (bytes: Buffer): string => bytes.toString('base64url');
  const jwk = { kty: 'EC', crv: 'P-256', d: text(secret), x: text(point.subarray(1, 33)), y: text(point.subarray(33)) };
  return createPrivateKey({ key: jwk, format: 'jwk' });
}

/** Bytes of a record; `at` counts seconds from a fixed evening, so that a long log crosses midnight. */
export function recordBytes(
  kind: RecordKind,
  fields: Readonly<Record<string, unknown>>,
  second: number,
  repository = sampleRepository,
): Uint8Array {
  const at = new Date(Date.UTC(2026, 10, 21, 23, 59, 0, 123) + second * 1000).toISOString();
  return utf8(
    renderJson({
      _type: STATEMENT_TYPE,
      subject: [{ name: 'request', digest: { sha256: toHex(sha256(utf8(`request ${second}`))) } }],
      predicateType: PREDICATE_TYPE,
      predicate: { kind, at, repository, ...fields },
    }),
  );
}

/** One log in the making, with everything that a test may want to forge. */
export interface LogBuilder {
  readonly origin: string;
  readonly files: Map<string, Uint8Array>;
  readonly keys: { readonly record: VerifierKey; readonly checkpoint: VerifierKey };
  /** The vkey that an auditor pins. */
  readonly pin: VerifierKey;
  /** Bytes of the records appended so far. */
  readonly records: Uint8Array[];
  state(): LogState;
  /** Appends one commit's records. */
  append(records: readonly Uint8Array[], attachments?: readonly File[]): Promise<void>;
  signRecord(bytes: Uint8Array): Uint8Array;
  /** The signed note over any text, by the checkpoint key. */
  signNote(text: string): Promise<string>;
  /** Bytes of the `log-opened` record for these keys. */
  opening(fields?: Readonly<Record<string, unknown>>): Uint8Array;
}

export function createLog(
  origin = sampleOrigin,
  fills: readonly [number, number] = [1, 2],
  algorithm: LogAlgorithm = 'ed25519',
): LogBuilder {
  const record = fixedKey(fills[0], algorithm);
  const checkpoint = fixedKey(fills[1], algorithm);
  const keys = {
    record: toVerifierKey(recordKeyName(origin), record.publicKey, sha256),
    checkpoint: toVerifierKey(origin, checkpoint.publicKey, sha256),
  };
  const files = new Map<string, Uint8Array>();
  const records: Uint8Array[] = [];
  let state: LogState = { origin, size: 0, edge: emptyEdge };
  const signRecord = (bytes: Uint8Array): Uint8Array => record.sign(preAuthEncoding(PAYLOAD_TYPE, bytes));
  const signText = (text: string): Promise<string> => signNote(text, keys.checkpoint, checkpoint.sign);
  return {
    origin,
    files,
    keys,
    pin: keys.checkpoint,
    records,
    state: () => state,
    signRecord,
    signNote: signText,
    opening: (fields = {}) => {
      const named = { record: formatVerifierKey(keys.record), checkpoint: formatVerifierKey(keys.checkpoint) };
      const [host = '', installationId, id, generation] = origin.split('/');
      const log = { format: 1, origin, generation: Number(generation), keys: named, ...fields };
      return recordBytes('log-opened', { log }, 0, { host, installationId: Number(installationId), id: Number(id) });
    },
    append: async (batch, attachments = []) => {
      const rendered = await renderBatch({
        state,
        keys,
        records: batch.map((bytes) => ({ bytes, signature: signRecord(bytes) })),
        attachments,
        sha256,
        signCheckpoint: signText,
      });
      for (const path of rendered.deletions) files.delete(path);
      for (const { path, bytes } of rendered.additions) files.set(path, bytes);
      records.push(...batch);
      state = rendered.state;
    },
  };
}

/**
 * A log as the App would write it: deployments of one environment, each requested, reviewed, authorised and released
 * (every fifth time voided and authorised afresh), in commits of growing size, with policy, facts and README.
 * @param size number of records, at least 1
 */
export async function sampleLog(size: number, batchSize = 4, log = createLog()): Promise<LogBuilder> {
  const policy = utf8('version: 1\nscope: { deployments: all }\n');
  const facts = utf8(renderJson({ commits: [], note: 'redacted' }));
  const policyDigest = toHex(sha256(policy));
  const factsDigest = toHex(sha256(facts));
  const attachments = [
    { path: policyPath(policyDigest), bytes: policy },
    { path: factsPath(factsDigest), bytes: facts },
  ];
  const all: Uint8Array[] = [log.opening()];
  for (let run = 1; all.length < size; run += 1) {
    const gate = { runId: run, attempt: 1, environment: 'production', opening: 1 };
    const add = (kind: RecordKind, fields: Readonly<Record<string, unknown>>): string => {
      const bytes = recordBytes(kind, { ...fields, number: all.length }, all.length);
      all.push(bytes);
      return toHex(sha256(bytes));
    };
    add('requested', { gate, policyDigest, request: { factsDigest } });
    add('reviewed', { gate, reviewer: { id: 7, login: 'kim' }, verdict: 'approve', note: 'größer als gedacht ✓' });
    let authorisedDigest = add('authorised', { gate, notAfter: '2026-11-22T00:10:00.000Z' });
    if (run % 5 === 0) {
      add('void', { gate, authorisedDigest, reason: 'jobs-changed' });
      authorisedDigest = add('authorised', { gate, notAfter: '2026-11-22T00:20:00.000Z' });
    }
    add('released', { gate, authorisedDigest, how: 'answered' });
  }
  const records = all.slice(0, size);
  for (let start = 0, batch = 1; start < records.length; batch = Math.min(batch + 1, batchSize)) {
    const slice = records.slice(start, start + batch);
    const isNamed = slice.some((bytes) => Buffer.from(bytes).includes(policyDigest));
    await log.append(slice, isNamed ? attachments : []);
    start += slice.length;
  }
  log.files.set('README.md', utf8('# Evidence\n'));
  return log;
}

/** The files as a source for `verifyLog`; modes other than 100644 by path. */
export function memorySource(
  files: ReadonlyMap<string, Uint8Array>,
  modes: ReadonlyMap<string, string> = new Map(),
): LogSource {
  return {
    list: () =>
      Promise.resolve([...files.keys()].map((path): ListedFile => ({ path, mode: modes.get(path) ?? '100644' }))),
    read: (path) => {
      const bytes = files.get(path);
      return bytes === undefined ? Promise.reject(new Error(`no file ${path}`)) : Promise.resolve(bytes);
    },
  };
}

/** Writes the files below a folder. */
export async function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    await chmod(join(folder, path), 0o644);
  }
}
