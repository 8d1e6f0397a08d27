import { fromBase64 } from '../../core/evidence/bytes.ts';
import {
  buildEnrolments,
  checkHumanSignature,
  claimsHumanSignature,
} from '../../core/evidence/people/human-signature.ts';
import type { LocatedRecord } from '../../core/evidence/records/located-record.ts';
import { parseRecord } from '../../core/evidence/records/parse-record.ts';
import type { EvidenceRecord } from '../../core/evidence/records/parse-record.ts';
import { untilRevoked } from '../../core/evidence/verify/register.ts';
import { parseReviewStatement } from '../../core/evidence/people/review-statement.ts';
import { isObject } from '../../core/evidence/strict-json.ts';
import type { RecordMark, StoredRecord } from '../../core/ports.ts';
import { distrustedIn, restsOnRevoked } from './distrust.ts';
import type { LogContext } from './log-book.ts';
import type { LogState } from './log-state.ts';

/*
 * Records of people's credentials, and those that people signed with them. Whether one verifies depends on its place: a
 * revocation that gets the lower index makes a signature worthless that was good when it came. So each is checked twice: when
 * it comes, for an answer to whoever brought it, and when it gets its place, because only that counts.
 */

const CREDENTIALS = 'credentials';

/** What the record is found by, or must be the only one to have. */
export function markOf(record: EvidenceRecord): RecordMark | undefined {
  if (isCredential(record)) return { name: CREDENTIALS, isUnique: false };
  const { human } = record.predicate;
  const text = isObject(human) ? human['statement'] : undefined;
  const bytes = typeof text === 'string' ? fromBase64(text) : null;
  const statement = bytes === null ? null : parseReviewStatement(bytes);
  return statement?.ok === true ? { name: `nonce/${statement.value.nonce}`, isUnique: true } : undefined;
}

/** Does it depend on its place whether a verifier takes the record? */
export function isAboutPeople(record: EvidenceRecord): boolean {
  return isCredential(record) || claimsHumanSignature(record);
}

/** The credentials and revocations that stand before the first new record: published ones, then those of the batch. */
export async function credentialsBefore(
  { store, log }: Pick<LogContext, 'store' | 'log'>,
  state: Pick<LogState, 'size'>,
  batch: readonly StoredRecord[],
): Promise<readonly LocatedRecord[]> {
  const published = (await store.marked(log, CREDENTIALS)).flatMap((record) =>
    record.index === null || record.index >= state.size ? [] : locate(record, record.index),
  );
  const pending = batch.flatMap((record, at) => locate(record, state.size + at));
  return [...published, ...pending.filter(({ record }) => isCredential(record))];
}

/** Behind everything that has its place. */
const QUEUED = Number.MAX_SAFE_INTEGER - 1;

/**
 * Why the record can never be sealed, as far as is known when it comes, or null. Enrolments that wait before it count, since
 * they keep their place before it (in a log that continues a rewritten one all of them wait at first); revocations only when
 * they are on the branch: one that waits may come to stand behind it.
 */
export async function findRefusalNow(
  context: LogContext,
  state: LogState,
  kept: Pick<StoredRecord, 'digest' | 'bytes'>,
): Promise<string | null> {
  const [located] = locate(kept, QUEUED + 1);
  if (located === undefined) return null;
  const revoked = await restsOnRevoked(context, state, located.record);
  if (revoked !== null || !isAboutPeople(located.record)) return revoked;
  const before: LocatedRecord[] = [];
  for (const each of await context.store.marked(context.log, CREDENTIALS)) {
    if (each.digest === kept.digest) break;
    const [credential] = locate(each, each.index ?? QUEUED);
    if (credential === undefined) continue;
    const isQueued = each.index === null;
    if (isQueued && credential.record.kind === 'credential-revoked') continue;
    if (isQueued && (await findRefusal(context, state, credential, before)) !== null) continue;
    before.push(credential);
  }
  return findRefusal(context, state, located, before);
}

export function locate({ bytes }: Pick<StoredRecord, 'bytes'>, index: number): LocatedRecord[] {
  const parsed = parseRecord(bytes);
  return parsed.ok ? [{ index, path: '', bytes, record: parsed.value }] : [];
}

/**
 * Why a verifier would refuse the record at this place; null: it would not.
 * @param before credentials and revocations that stand before it, in log order
 */
export async function findRefusal(
  { sha256, sha512, verify }: Pick<LogContext, 'sha256' | 'sha512' | 'verify'>,
  state: Pick<LogState, 'revoked'>,
  located: LocatedRecord,
  before: readonly LocatedRecord[],
): Promise<string | null> {
  const { record, index } = located;
  const enrolments = buildEnrolments(isCredential(record) ? [...before, located] : before, sha256);
  if ('code' in enrolments) return enrolments.message;
  if (!claimsHumanSignature(record)) return null;
  const checked = await checkHumanSignature(record, index, untilRevoked(enrolments, distrustedIn(state)), {
    sha256,
    sha512,
    verify,
  });
  return 'code' in checked ? checked.message : null;
}

function isCredential({ kind }: EvidenceRecord): boolean {
  return kind === 'credential-enrolled' || kind === 'credential-revoked';
}
