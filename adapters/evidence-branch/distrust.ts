import type { EvidenceRecord } from '../../core/evidence/records/parse-record.ts';
import type { DistrustedRange } from '../../core/evidence/verify/log-semantics.ts';
import type { LogContext } from './log-book.ts';
import type { LogState } from './log-state.ts';

interface Revoked {
  readonly revoked: readonly LogState['revoked'][number][];
}

/** Records whose signature is not believed any more, because the record key that made it was revoked from before them on. */
export function distrustedIn({ revoked }: Revoked): readonly DistrustedRange[] {
  return revoked.filter(({ role }) => role === 'record');
}

/** @param index of a record; null and undefined: it is not on the branch, and gets the signature of a key that is believed */
export function isDistrusted(state: Revoked, index: number | null | undefined): boolean {
  return typeof index === 'number' && distrustedIn(state).some(({ from, at }) => from <= index && index < at);
}

/** Why a verifier would refuse a release behind the revocation of the key that signed its authorisation; null: it would not. */
export async function restsOnRevoked(
  { store, log }: Pick<LogContext, 'store' | 'log'>,
  state: Revoked,
  { kind, predicate }: EvidenceRecord,
): Promise<string | null> {
  const { authorisedDigest } = predicate;
  if (kind !== 'released' || typeof authorisedDigest !== 'string' || state.revoked.length === 0) return null;
  const authorised = await store.record(log, authorisedDigest);
  return isDistrusted(state, authorised?.index) ? 'it rests on an authorisation by a key that is revoked since' : null;
}
