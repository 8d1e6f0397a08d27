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
 * @throws {GateError} ERR_LOG_REFUSED when the new key could not sign all that the old one may have signed
 */
export async function withRotation({ keys, clock }: LogContext, state: LogState): Promise<LogState> {
  const changes: Rotation['changes'] = [];
  for (const role of ROLES) {
    const before = ownKey(keys, role, state.keys[role]);
    const [after] = keys[role];
    if (after.vkey === before.vkey) continue;
    // A rewritten branch makes every record be signed again: a shorter limit would leave a log that cannot be.
    if (after.signer.maxMessageBytes < before.signer.maxMessageBytes) {
      throw new GateError(
        'ERR_LOG_REFUSED',
        `the new ${role} key cannot sign texts as long as the old one; use a P-256 key, which signs their digest`,
      );
    }
    const text = utf8(keyChangeText({ origin: state.origin, role, before: before.vkey, after: after.vkey }));
    const [old, fresh] = await Promise.all([before.signer.sign(text), after.signer.sign(text)]);
    const signatures = { before: toBase64(old), after: toBase64(fresh) };
    changes.push({ role, before: before.vkey, after: after.vkey, signatures });
  }
  return { ...state, rotation: { atMs: clock.now(), changes } };
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
    const bytes = keyChangedRecord(frameOf(log, rotation?.atMs ?? 0, sha256), { ...change, revokedFrom: null });
    return { bytes, digest: toHex(sha256(bytes)), change };
  });
}

/** What a state says of its keys once these records, which come next, are on the branch. */
export function keysAfter(
  context: LogContext,
  state: LogState,
  records: readonly Pick<StoredRecord, 'digest'>[],
): Pick<LogState, 'keys' | 'rotation' | 'retired'> {
  const { rotation } = state;
  let { keys, retired } = state;
  if (rotation === null) return { keys, rotation, retired };
  const there = new Set(records.map(({ digest }) => digest));
  const left: Rotation['changes'] = [];
  for (const { digest, change } of changeRecords(context, state)) {
    const { role, before, after } = change;
    if (!there.has(digest)) {
      left.push(change);
      continue;
    }
    keys = { ...keys, [role]: after };
    retired = [...retired, spkiOf(ownKey(context.keys, role, before))];
  }
  return { keys, rotation: left.length === 0 ? null : { ...rotation, changes: left }, retired };
}
