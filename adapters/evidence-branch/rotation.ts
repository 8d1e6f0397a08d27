import { GateError } from '../../core/errors.ts';
import { toBase64, toHex, utf8 } from '../../core/evidence/bytes.ts';
import { keyChangeText } from '../../core/evidence/notes/key-schedule.ts';
import type { StoredRecord } from '../../core/ports.ts';
import { keyChangedRecord } from '../../core/record/key-records.ts';
import type { LogContext } from './log-book.ts';
import { ROLES, ownKey, spkiOf } from './log-keys.ts';
import type { LogState, Rotation } from './log-state.ts';
import { frameOf } from './own-log.ts';

/** The keys of this process are not the ones in force, and nobody has begun to change them. A log is opened first. */
export function isRotationDue({ keys }: LogContext, state: LogState): boolean {
  return state.size > 0 && state.rotation === null && ROLES.some((role) => keys[role][0].vkey !== state.keys[role]);
}

/** A change of keys is still to be told on the branch. */
export function isRotating(context: LogContext, state: LogState): boolean {
  return state.rotation !== null || isRotationDue(context, state);
}

/**
 * The state in which the log goes over to this process's keys: each change signed by the old key and the new one. Whoever
 * stores it first decides, because the same change need not have the same bytes twice (P-256).
 * @throws {GateError} ERR_LOG_KEYS when the new key could not sign all that the old one may have signed; when the old ones
 *   are revoked from where a verifier would not take it
 */
export async function withRotation(context: LogContext, state: LogState): Promise<LogState> {
  const { keys, clock } = context;
  const revokedFrom = revocationIn(context, state);
  const changes: Rotation['changes'] = [];
  for (const role of ROLES) {
    const before = ownKey(keys, role, state.keys[role]);
    const [after] = keys[role];
    if (after.vkey === before.vkey) continue;
    // A rewritten branch makes every record be signed again: a shorter limit would leave a log that cannot be.
    if (after.signer.maxMessageBytes < before.signer.maxMessageBytes) {
      throw refuse(
        `the new ${role} key cannot sign texts as long as the old one; use a P-256 key, which signs their digest`,
      );
    }
    const vkeys = { before: before.vkey, after: after.vkey };
    const text = utf8(keyChangeText({ origin: state.origin, role, ...vkeys, revokedFrom: revokedFrom ?? undefined }));
    const [old, fresh] = await Promise.all([before.signer.sign(text), after.signer.sign(text)]);
    const signatures = { before: toBase64(old), after: toBase64(fresh) };
    changes.push({ role, ...vkeys, signatures });
  }
  return { ...state, rotation: { atMs: clock.now(), revokedFrom, changes } };
}

/** @throws {GateError} ERR_LOG_KEYS where the operator's index is missing, or a verifier would refuse the log for it */
function revocationIn({ keys, log, revocations }: LogContext, state: LogState): number | null {
  if (revocations === null) return null;
  const roles = ROLES.filter((role) => keys[role][0].vkey !== state.keys[role]);
  const first = Math.max(...roles.map((role) => state.since[role]));
  // The change comes behind what is on its way; one that comes later still may be revoked from there.
  const last = state.size + (state.pending?.digests.length ?? 0);
  const from = revocations.get(log.repositoryId);
  if (from !== undefined && from >= first && from <= last) return from;
  const given = from === undefined ? 'none is given for this log' : `${from} is given`;
  throw refuse(
    `the previous keys of ${state.origin} are to be revoked from a record on, and ${given}; name one from ${first} to ${last}`,
  );
}

/**
 * A revocation that comes too late must not be taken for one that was made.
 * @throws {GateError} ERR_LOG_KEYS when the log has gone over from the previous keys without revoking them
 */
export function checkRevocations({ keys, log, revocations }: LogContext, { retired, revoked, origin }: LogState): void {
  if (revocations?.has(log.repositoryId) !== true) return;
  for (const role of ROLES) {
    for (const replaced of keys[role].slice(1).map(spkiOf)) {
      if (!retired.includes(replaced) || revoked.some(({ key }) => key === replaced)) continue;
      throw refuse(
        `${origin} went over from the previous ${role} key without revoking it, and that cannot be made up for; unset the revocation`,
      );
    }
  }
}

/** A change of keys as a record of the log. */
export interface ChangeRecord {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly change: Rotation['changes'][number];
}

/** The `key-changed` records that are not on the branch yet, in their order. */
export function changeRecords(
  { log, sha256 }: Pick<LogContext, 'log' | 'sha256'>,
  { rotation }: Pick<LogState, 'rotation'>,
): readonly ChangeRecord[] {
  return (rotation?.changes ?? []).map((change) => {
    const bytes = keyChangedRecord(frameOf(log, rotation?.atMs ?? 0, sha256), {
      ...change,
      revokedFrom: rotation?.revokedFrom ?? null,
    });
    return { bytes, digest: toHex(sha256(bytes)), change };
  });
}

/** What a state says of its keys once these records, which come next, are on the branch. */
export function keysAfter(
  context: LogContext,
  state: LogState,
  records: readonly Pick<StoredRecord, 'digest'>[],
): Pick<LogState, 'keys' | 'rotation' | 'retired' | 'since' | 'revoked'> {
  const { rotation } = state;
  let { keys, retired, since, revoked } = state;
  if (rotation === null) return { keys, rotation, retired, since, revoked };
  const indices = new Map(records.map(({ digest }, at) => [digest, state.size + at]));
  const left: Rotation['changes'] = [];
  for (const { digest, change } of changeRecords(context, state)) {
    const { role, before, after } = change;
    const at = indices.get(digest);
    if (at === undefined) {
      left.push(change);
      continue;
    }
    keys = { ...keys, [role]: after };
    const key = spkiOf(ownKey(context.keys, role, before));
    retired = [...retired, key];
    since = { ...since, [role]: at + 1 };
    if (rotation.revokedFrom !== null) revoked = [...revoked, { role, key, from: rotation.revokedFrom, at }];
  }
  return { keys, rotation: left.length === 0 ? null : { ...rotation, changes: left }, retired, since, revoked };
}

function refuse(message: string): GateError {
  return new GateError('ERR_LOG_KEYS', message);
}
