import { GateError } from '../../core/errors.ts';
import { toHex } from '../../core/evidence/bytes.ts';
import type { Sha256 } from '../../core/evidence/bytes.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { belongsTo } from '../../core/evidence/records/log-opened.ts';
import { factsPath } from '../../core/evidence/layout.ts';
import { parseRecord } from '../../core/evidence/records/parse-record.ts';
import type { EvidenceRecord } from '../../core/evidence/records/parse-record.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { KeptRecord, SealedInput, Signer, StoredRecord } from '../../core/ports.ts';
import { markOf } from './people-records.ts';

/** A record with all its files must fit into one commit. */
export const MAX_COMMIT_BYTES = 1_000_000;

/**
 * Checks one record as strictly as a verifier will, because what is once on the branch stays there: canonical bytes, this
 * repository, and exactly the files that it names, each by its digest. Then signs it with the record key; that signature
 * says nothing about the tree, so it may be made before anything is stored.
 *
 * @throws {GateError} ERR_INPUT
 */
export async function prepareRecord(
  input: SealedInput,
  ref: Pick<RepositoryRef, 'host' | 'installationId' | 'id'>,
  signer: Signer,
  sha256: Sha256,
): Promise<KeptRecord> {
  const parsed = parseRecord(input.bytes);
  if (!parsed.ok) throw refuse(parsed.issue);
  const record = parsed.value;
  if (record.kind === 'log-opened') throw refuse('only the log itself opens a log');
  if (record.kind === 'key-changed') throw refuse('only the log itself changes its keys');
  if (isTooLong(input.bytes, signer)) {
    throw refuse(
      `the record key cannot sign ${input.bytes.length} bytes; name large parts by digest (facts), or use a P-256 key`,
    );
  }
  const ids = { host: ref.host, installationId: ref.installationId, repositoryId: ref.id, generation: 1 };
  if (!belongsTo(record, ids)) throw refuse('it is of another repository');
  const given = input.attachments.map(({ path }) => path);
  if (given.toSorted().join('\n') !== record.attachments.toSorted().join('\n')) {
    throw refuse('its files are not exactly the policy and the facts that it names');
  }
  for (const { path, bytes } of input.attachments) {
    if (!path.includes(toHex(sha256(bytes)))) throw refuse('a file does not have the digest that it is named by');
  }
  const kept = { ...(await signRecord(input, signer, sha256)), ...placementOf(record) };
  if (sizeOf(kept) > MAX_COMMIT_BYTES) throw refuse(`with its files it is longer than ${MAX_COMMIT_BYTES} bytes`);
  return kept;
}

/** What the store has to know of a record beside its bytes. */
export function placementOf(record: EvidenceRecord): Pick<KeptRecord, 'mark' | 'expunges'> {
  const mark = markOf(record);
  return record.kind === 'expunged' ? { mark, expunges: expungedPath(record) } : { mark };
}

/** Some services sign no longer messages than so: what is signed is the pre-authentication encoding. */
export function isTooLong(bytes: Uint8Array, { maxMessageBytes }: Signer): boolean {
  return preAuthEncoding(PAYLOAD_TYPE, bytes).length > maxMessageBytes;
}

export async function signRecord(input: SealedInput, signer: Signer, sha256: Sha256): Promise<KeptRecord> {
  const signature = await signer.sign(preAuthEncoding(PAYLOAD_TYPE, input.bytes));
  return { digest: toHex(sha256(input.bytes)), bytes: input.bytes, signature, attachments: input.attachments };
}

function expungedPath({ predicate }: EvidenceRecord): string {
  const { expungedDigest } = predicate;
  if (typeof expungedDigest !== 'string' || !/^[0-9a-f]{64}$/.test(expungedDigest)) {
    throw refuse('it names no facts file by its digest');
  }
  return factsPath(expungedDigest);
}

/** Bytes that the record brings into a commit. */
export function sizeOf(record: Pick<StoredRecord, 'bytes' | 'attachments'>): number {
  return record.attachments.reduce((sum, { bytes }) => sum + bytes.length, record.bytes.length);
}

export function refuse(issue: string): GateError {
  return new GateError('ERR_INPUT', `a record cannot be sealed: ${issue}`);
}
