import { commitmentOf } from '../core/evidence/records/commitment.ts';
import { fromHex, toHex, utf8 } from '../core/evidence/bytes.ts';
import { GateError } from '../core/errors.ts';
import type { RepositoryRef } from '../core/facts.ts';
import { canonicalJson } from '../core/gate/request-digest.ts';
import type { Ports, RecordPorts } from '../core/ports.ts';
import type { Review } from '../core/review.ts';
import { load, save } from './state.ts';
import type { Disclosure } from './state.ts';

/**
 * What a reviewer wrote, as a record holds it: only a commitment to it (invariant 11). Salt and words are stored first, so
 * that the same words for the same request give the same commitment on every try. Undefined: nothing was written.
 */
export async function reasonCommitment(
  ports: RecordPorts,
  ref: RepositoryRef,
  requestDigest: string,
  review: Pick<Review, 'id' | 'reason'>,
): Promise<string | undefined> {
  if (review.reason === '') return undefined;
  const reason = review.reason.toWellFormed();
  const key = `reason/${nameOf(ports, canonicalJson([requestDigest, review.id, reason]))}`;
  const kept = await keepDisclosure(ports, ref, key, (salt) => ({
    texts: [reason],
    factsDigest: null,
    reasonCommitment: commitmentOf(salt, reason, ports.sha256),
    requestDigest,
  }));
  return kept.reasonCommitment ?? undefined;
}

/**
 * The disclosure under this name, made with a new salt when there is none: a retry and a second worker get the one that was
 * there first.
 */
export async function keepDisclosure(
  ports: RecordPorts,
  ref: RepositoryRef,
  key: string,
  make: (salt: Uint8Array) => Omit<Disclosure, 'salt'>,
): Promise<Disclosure> {
  const found = await load(ports.documents, ref, 'disclosure', key);
  if (found !== null) return found.body;
  const salt = newSalt(ports);
  const body = { salt: toHex(salt), ...make(salt) };
  try {
    return (await save(ports.documents, ref, 'disclosure', key, { body, version: 0 })).body;
  } catch (error) {
    if (!(error instanceof GateError && error.code === 'ERR_STORE_CONFLICT')) throw error;
    const first = await load(ports.documents, ref, 'disclosure', key);
    if (first === null) throw error;
    return first.body;
  }
}

export function saltOf({ salt }: Disclosure): Uint8Array {
  return fromHex(salt) ?? new Uint8Array();
}

/** A name by which the same thing is found again; only in the store, where the thing itself stands beside it. */
export function nameOf({ sha256 }: Pick<Ports, 'sha256'>, text: string): string {
  return toHex(sha256(utf8(text)));
}

/** 32 random bytes: two nonces of 128 bits. */
function newSalt({ ids }: Pick<Ports, 'ids'>): Uint8Array {
  return fromHex(ids.nonce() + ids.nonce()) ?? new Uint8Array();
}
