import { sha256, sha512, verifyOnPool } from '../../adapters/signing/node-crypto.ts';
import { toBase64, toHex, utf8 } from '../../core/evidence/bytes.ts';
import type { RecordKind } from '../../core/evidence/kinds.ts';
import { recordPath } from '../../core/evidence/layout.ts';
import type { LocatedRecord } from '../../core/evidence/records/located-record.ts';
import { parseRecord } from '../../core/evidence/records/parse-record.ts';
import { buildReviewStatement } from '../../core/evidence/people/review-statement.ts';
import type { ReviewStatement } from '../../core/evidence/people/review-statement.ts';
import { verifyLog } from '../../core/evidence/verify/verify-log.ts';
import type { VerifyResult } from '../../core/evidence/verify/verify-log.ts';
import { createLog, memorySource, recordBytes, sampleRepository } from './evidence-log.ts';
import { RP_ID, RP_ORIGIN } from './software-passkey.ts';
import type { AssertionOptions, SoftwarePasskey } from './software-passkey.ts';
import type { SoftwareSshKey, SshSignOptions } from './software-ssh-key.ts';

/** Records of people who sign, as the writer would make them, and with every field open to forgery. */

type Fields = Readonly<Record<string, unknown>>;

export interface Person {
  readonly id: number;
  readonly login: string;
}

export const DAVE: Person = { id: 1_004, login: 'dave' };
export const EVE: Person = { id: 1_005, login: 'eve' };
export const REQUEST = 'a'.repeat(64);

/** Whatever a person signs with: how it is enrolled, and what it puts into `human`. */
export interface Signer {
  readonly credential: Fields;
  readonly sign: (statement: Uint8Array) => Fields;
}

export function passkeySigner(passkey: SoftwarePasskey, options?: AssertionOptions): Signer {
  const { algorithm, spki } = passkey.key;
  const credentialIdDigest = toHex(sha256(spki));
  const webauthn = { credentialIdDigest, algorithm, publicKey: toBase64(spki), rpId: RP_ID, origins: [RP_ORIGIN] };
  return {
    credential: { format: 'webauthn', webauthn },
    sign: (statement) => {
      const { signature, authenticatorData, clientDataJSON } = passkey.assert(sha256(statement), options);
      return {
        format: 'webauthn',
        signature: toBase64(signature),
        authenticatorData: toBase64(authenticatorData),
        clientDataJSON: toBase64(clientDataJSON),
      };
    },
  };
}

export function sshSigner(key: SoftwareSshKey, options?: SshSignOptions): Signer {
  return {
    credential: { format: 'sshsig', sshsig: { publicKey: toBase64(key.wire) } },
    sign: (statement) => ({ format: 'sshsig', signature: toBase64(key.sign(statement, options)) }),
  };
}

/** @param second when it was sealed; two records of one log need two */
export function enrolledRecord(signer: Signer, second: number, reviewer = DAVE, fields: Fields = {}): Uint8Array {
  const given = { reviewer, enrolledBy: reviewer, source: 'signed-in', ...signer.credential };
  return recordBytes('credential-enrolled', { ...given, ...fields }, second);
}

export function revokedRecord(enrolled: Uint8Array, second: number): Uint8Array {
  const because = [{ code: 'credential-withdrawn', params: {} }];
  return recordBytes('credential-revoked', { enrolledDigest: toHex(sha256(enrolled)), because }, second);
}

export interface ReviewOptions {
  readonly signer: Signer;
  /** Bytes of the record that enrols the signer. */
  readonly enrolled: Uint8Array;
  readonly second: number;
  readonly kind?: RecordKind;
  readonly reviewer?: Person;
  /** What is signed, where it differs from what the record says. */
  readonly statement?: Partial<ReviewStatement>;
  /** The bytes that are signed, instead of a statement. */
  readonly signed?: Uint8Array;
  /** Members of `human`, changed after signing. */
  readonly human?: Fields;
  /** Fields of the record; undefined takes one out. */
  readonly fields?: Fields;
}

/** A `reviewed` record that its reviewer signed. */
export function signedReview(options: ReviewOptions): Uint8Array {
  const { signer, enrolled, second, kind = 'reviewed', reviewer = DAVE } = options;
  const nonce = toHex(sha256(utf8(`nonce ${second}`))).slice(0, 32);
  const said = { requestDigest: REQUEST, verdict: 'approve', reasonCommitment: null } as const;
  const statement =
    options.signed ??
    buildReviewStatement({
      ...said,
      repository: sampleRepository,
      reviewerId: reviewer.id,
      nonce,
      ...options.statement,
    });
  const { format, ...parts } = signer.sign(statement);
  const enrolledDigest = toHex(sha256(enrolled));
  const human = { format, enrolledDigest, statement: toBase64(statement), ...parts, ...options.human };
  const answer = {
    requestDigest: REQUEST,
    headSha: 'b'.repeat(40),
    reviewId: `review:${second}`,
    channel: 'check-button',
    verdict: 'approve',
    reviewer,
    bound: { requestDigest: REQUEST },
    givenAt: '2026-11-21T04:33:12.123Z',
    assurance: 'human-signed',
    human,
    counts: true,
    because: [{ code: 'review-counts', params: { login: reviewer.login, seat: 'maintainers/1' } }],
  };
  return recordBytes(kind, { ...answer, ...options.fields }, second);
}

/** The record as the verifier hands it on. @throws {TypeError} when it is none */
export function located(bytes: Uint8Array, index: number): LocatedRecord {
  const parsed = parseRecord(bytes);
  if (!parsed.ok) throw new TypeError(parsed.issue);
  const { kind, at } = parsed.value;
  return { index, path: recordPath(index, kind, at), bytes, record: parsed.value };
}

/** What `countersign verify --key` says of a log of these records: whoever holds all keys of the log sealed them. */
export async function verdictOnRecords(records: readonly Uint8Array[], files: Fields = {}): Promise<VerifyResult> {
  const log = createLog();
  await log.append([log.opening()]);
  for (const record of records) await log.append([record]);
  for (const [path, text] of Object.entries(files)) log.files.set(path, utf8(String(text)));
  return verifyLog(memorySource(log.files), { checkpointKey: log.pin, sha256, sha512, verify: verifyOnPool });
}
