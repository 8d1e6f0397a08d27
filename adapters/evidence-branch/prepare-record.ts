import { GateError } from '../../core/errors.ts';
import { toHex } from '../../core/evidence/bytes.ts';
import type { Sha256 } from '../../core/evidence/bytes.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { belongsTo } from '../../core/evidence/log-opened.ts';
import { factsPath } from '../../core/evidence/layout.ts';
import { parseRecord } from '../../core/evidence/parse-record.ts';
import type { EvidenceRecord } from '../../core/evidence/parse-record.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { SealedInput, Signer, StoredRecord } from '../../core/ports.ts';

/** A record with all its files must fit into one commit. */
export const MAX_COMMIT_BYTES = 1_000_000;

export type KeptRecord = Omit<StoredRecord, 'index'>;

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
  const ids = { host: ref.host, installationId: ref.installationId, repositoryId: ref.id, generation: 1 };
  if (!belongsTo(record, ids)) throw refuse('it is of another repository');
  const given = input.attachments.map(({ path }) => path);
  if (given.toSorted().join('\n') !== record.attachments.toSorted().join('\n')) {
    throw refuse('its files are not exactly the policy and the facts that it names');
  }
  for (const { path, bytes } of input.attachments) {
    if (!path.includes(toHex(sha256(bytes)))) throw refuse('a file does not have the digest that it is named by');
  }
  const signed = await signRecord(input, signer, sha256);
  const kept = record.kind === 'expunged' ? { ...signed, expunges: expungedPath(record) } : signed;
  if (sizeOf(kept) > MAX_COMMIT_BYTES) throw refuse(`with its files it is longer than ${MAX_COMMIT_BYTES} bytes`);
  return kept;
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
export function sizeOf(record: KeptRecord): number {
  return record.attachments.reduce((sum, { bytes }) => sum + bytes.length, record.bytes.length);
}

function refuse(issue: string): GateError {
  return new GateError('ERR_INPUT', `a record cannot be sealed: ${issue}`);
}
