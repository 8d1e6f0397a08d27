import { fromBase64, toHex, utf8 } from '../bytes.ts';
import type { Parsed, Sha256 } from '../bytes.ts';
import { CHECKPOINT_PATH } from '../layout.ts';
import type { LocatedRecord, Refusal } from '../records/located-record.ts';
import type { LogOpened } from '../records/log-opened.ts';
import { parseOrigin, recordKeyName } from '../records/log-origin.ts';
import type { LogOrigin } from '../records/log-origin.ts';
import type { Problem } from '../problem.ts';
import type { PublicKey, Verify } from '../public-key.ts';
import { formatVerifierKey, parseVerifierKey, verifySignature } from './signed-note.ts';
import type { VerifierKey } from './signed-note.ts';
import { isObject } from '../strict-json.ts';

/** Records and checkpoints are signed by different keys, and each is replaced on its own. */
export type KeyRole = 'record' | 'checkpoint';

/** The two keys from one change to the next. */
export interface KeySegment {
  /** They sign the records from this index on, and the checkpoints of this size and larger (a log opens at 0). */
  readonly from: number;
  readonly record: VerifierKey;
  readonly checkpoint: VerifierKey;
}

/** A key that is no longer believed: what it signed of the records `from` to `at` - 1 may be somebody else's. */
export interface RevokedKey {
  readonly role: KeyRole;
  /** vkey */
  readonly key: string;
  readonly from: number;
  /** Index of the `key-changed` that says so. */
  readonly at: number;
  readonly path: string;
}

/** Which key signs what, over the whole life of a log. Plain data: it is handed to worker threads. */
export interface KeySchedule {
  /** Rising by `from`; the first is from 0. */
  readonly segments: readonly [KeySegment, ...KeySegment[]];
  /** Rising by `at`. */
  readonly revoked: readonly RevokedKey[];
}

/** What both keys of a change sign. */
export interface KeyChange {
  readonly origin: string;
  readonly role: KeyRole;
  /** vkeys */
  readonly before: string;
  readonly after: string;
  /** Index of the first record (for a checkpoint key: size after it) that the old key may not vouch for. */
  readonly revokedFrom?: number | undefined;
}

/** Lines that no note and no DSSE payload begins with, so that a signature over them is good for nothing else. */
export function keyChangeText({ origin, role, before, after, revokedFrom }: KeyChange): string {
  return `countersign key change v1\n${origin}\n${role}\n${before}\n${after}\n${revokedFrom ?? '-'}\n`;
}

/**
 * Builds the schedule from the first record and every `key-changed` record. Each change is signed by the key that it
 * replaces and by the new one; that the record itself is signed by the record key then in force is checked with all other
 * records' signatures. A key is used once: one that ever signed for this log, in either role, cannot come in again.
 *
 * Work: two signatures for each change.
 * @param changes `key-changed` records in log order, parsed and otherwise unverified
 */
export async function buildKeySchedule(
  opened: LogOpened,
  changes: readonly LocatedRecord[],
  { sha256, verify }: { readonly sha256: Sha256; readonly verify: Verify },
): Promise<KeySchedule | Problem> {
  const first: KeySegment = { from: 0, record: opened.recordKey, checkpoint: opened.checkpointKey };
  const later: KeySegment[] = [];
  const revoked: RevokedKey[] = [];
  const used = new Set([spkiOf(first.record), spkiOf(first.checkpoint)]);
  const since = { record: 0, checkpoint: 0 };
  for (const { index, path, record } of changes) {
    const refuse = (refusal: Refusal): Problem => ({ ...refusal, path, index });
    const parsed = parseChange(record.predicate, sha256);
    if (!parsed.ok) return refuse({ code: 'key-change-malformed', message: parsed.issue });
    const change = parsed.value;
    const { role, before, after, revokedFrom } = change;
    if (!isOfThisLog(change.ids, opened.ids)) {
      const message = `its keys are named for ${change.origin}, not for ${opened.origin}`;
      return refuse({ code: 'key-change-of-another-log', message });
    }
    const unsigned = await findBadSignature(change, verify);
    if (unsigned !== null) return refuse(unsigned);
    // A rewritten branch's records are carried over into the next generation: there they are history.
    if (change.origin !== opened.origin) continue;
    const current = later.at(-1) ?? first;
    if (formatVerifierKey(before) !== formatVerifierKey(current[role])) {
      const message = `it replaces ${before.name}+${before.id}, but the ${role} key in force is ${current[role].id}`;
      return refuse({ code: 'key-change-not-in-force', message });
    }
    if (used.has(spkiOf(after))) {
      const message = `${after.name}+${after.id} has signed for this log already; a key is used once`;
      return refuse({ code: 'key-change-reuses-key', message });
    }
    if (revokedFrom !== null) {
      if (revokedFrom < since[role] || revokedFrom > index) {
        const message = `it revokes the old key from ${revokedFrom}; that key was in force from ${since[role]} to ${index}`;
        return refuse({ code: 'key-change-revocation', message });
      }
      revoked.push({ role, key: formatVerifierKey(before), from: revokedFrom, at: index, path });
    }
    used.add(spkiOf(after));
    since[role] = index + 1;
    later.push({ ...current, [role]: after, from: index + 1 });
  }
  return { segments: [first, ...later], revoked };
}

/** The key that signs record `index`. */
export function recordKeyAt(schedule: KeySchedule, index: number): VerifierKey {
  return segmentAt(schedule, index).record;
}

/** The key that signs the checkpoint of `size` records: the one in force after the last of them. */
export function checkpointKeyFor(schedule: KeySchedule, size: number): VerifierKey {
  return segmentAt(schedule, size).checkpoint;
}

/**
 * May a log with this schedule be believed by somebody who pinned that key? Any checkpoint key that the log ever had will
 * do, because each signed the next one in. But whoever stole one could do that too: what a revoked key signed in is not
 * believed, so from it and from those before it nothing follows. Their owner must be told the newer one by another way than
 * this log.
 */
export function pinProblem({ segments, revoked }: KeySchedule, pinned: VerifierKey): Problem | null {
  const vkey = formatVerifierKey(pinned);
  const segment = segments.findLast(({ checkpoint }) => formatVerifierKey(checkpoint) === vkey);
  if (segment === undefined) {
    const message = segments.some(({ record }) => formatVerifierKey(record) === vkey)
      ? 'the pinned key signs records; pin the one that signs checkpoints'
      : `the pinned key ${pinned.name}+${pinned.id} was never the checkpoint key of this log`;
    return { code: 'key-not-pinned', path: CHECKPOINT_PATH, message };
  }
  const broken = revoked.findLast(({ role, at }) => role === 'checkpoint' && at >= segment.from);
  if (broken === undefined) return null;
  const { key, at, path } = broken;
  const which = key === vkey ? 'the pinned key' : 'a key that the pinned one led to';
  const message = `${which} was revoked at record ${at}; pin the newer one that you are given elsewhere`;
  return { code: 'pinned-key-revoked', path, index: at, message };
}

/** The last segment that begins at or before `from`: bisected, because it is asked for every record. */
function segmentAt({ segments }: KeySchedule, from: number): KeySegment {
  let [found] = segments;
  for (let low = 1, high = segments.length; low < high;) {
    const middle = (low + high) >> 1;
    const segment = segments[middle];
    if (segment !== undefined && segment.from <= from) [found, low] = [segment, middle + 1];
    else high = middle;
  }
  return found;
}

interface ParsedChange extends Omit<KeyChange, 'before' | 'after' | 'revokedFrom'> {
  readonly ids: LogOrigin;
  readonly before: VerifierKey;
  readonly after: VerifierKey;
  readonly revokedFrom: number | null;
  readonly signatures: { readonly before: Uint8Array; readonly after: Uint8Array };
}

function parseChange(predicate: Readonly<Record<string, unknown>>, sha256: Sha256): Parsed<ParsedChange> {
  const { role, revokedFrom, signatures: encoded } = predicate;
  if (role !== 'record' && role !== 'checkpoint')
    return { ok: false, issue: 'its role is neither record nor checkpoint' };
  const before = parseKey(predicate['before'], sha256);
  if (!before.ok) return { ok: false, issue: `the key before: ${before.issue}` };
  const after = parseKey(predicate['after'], sha256);
  if (!after.ok) return { ok: false, issue: `the key after: ${after.issue}` };
  const { name } = before.value;
  if (after.value.name !== name) return { ok: false, issue: 'its two keys have different names' };
  const suffix = role === 'record' ? recordKeyName('') : '';
  const origin = name.slice(0, name.length - suffix.length);
  const ids = parseOrigin(origin);
  if (!ids.ok || origin + suffix !== name) return { ok: false, issue: `a ${role} key cannot be named ${name}` };
  if (revokedFrom !== undefined && !isIndex(revokedFrom)) return { ok: false, issue: 'revokedFrom is not an index' };
  const signatures = isObject(encoded) ? encoded : {};
  const [old, fresh] = [fromText(signatures['before']), fromText(signatures['after'])];
  if (old === null || fresh === null) return { ok: false, issue: 'it has not a signature of each of its keys' };
  return {
    ok: true,
    value: {
      origin,
      ids: ids.value,
      role,
      before: before.value,
      after: after.value,
      revokedFrom: revokedFrom ?? null,
      signatures: { before: old, after: fresh },
    },
  };
}

async function findBadSignature(change: ParsedChange, verify: Verify): Promise<Refusal | null> {
  const { before, after, revokedFrom, signatures } = change;
  const text = keyChangeText({
    ...change,
    before: formatVerifierKey(before),
    after: formatVerifierKey(after),
    revokedFrom: revokedFrom ?? undefined,
  });
  const isSigned = (key: PublicKey, signature: Uint8Array): Promise<boolean> =>
    verifySignature(key, utf8(text), signature, verify);
  if (!(await isSigned(before.key, signatures.before))) {
    return { code: 'key-change-signature', message: 'the key that it replaces has not signed it' };
  }
  if (!(await isSigned(after.key, signatures.after))) {
    return { code: 'key-change-signature', message: 'the new key has not signed it' };
  }
  return null;
}

/** The same repository, and not a generation that is still to come. */
function isOfThisLog(ids: LogOrigin, log: LogOrigin): boolean {
  const isSame =
    ids.host === log.host && ids.installationId === log.installationId && ids.repositoryId === log.repositoryId;
  return isSame && ids.generation <= log.generation;
}

function parseKey(vkey: unknown, sha256: Sha256): Parsed<VerifierKey> {
  return typeof vkey === 'string' ? parseVerifierKey(vkey, sha256) : { ok: false, issue: 'missing' };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function fromText(base64: unknown): Uint8Array | null {
  return typeof base64 === 'string' ? fromBase64(base64) : null;
}

function spkiOf({ key }: VerifierKey): string {
  return toHex(key.spki);
}
