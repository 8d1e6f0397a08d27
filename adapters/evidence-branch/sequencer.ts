import { GateError } from '../../core/errors.ts';
import { toHex } from '../../core/evidence/bytes.ts';
import type { StoredRecord } from '../../core/ports.ts';
import { chooseBatch } from './choose-batch.ts';
import { findPlace } from './find-place.ts';
import { closeLog, finishOpening, openNext } from './generation.ts';
import {
  checkCurrent,
  loadPage,
  pendingRecords,
  renderChanges,
  savePage,
  withPending,
  withPublished,
} from './log-book.ts';
import type { LogContext, Page } from './log-book.ts';
import type { LogState, Notice } from './log-state.ts';
import { checkKeys, ownKey } from './log-keys.ts';
import { noticeRecord } from './own-log.ts';
import { signRecord } from './prepare-record.ts';
import { changeRecords, checkRevocations, isRotating, isRotationDue, withRotation } from './rotation.ts';

export type Step =
  /** Records are on the branch now. */
  | 'published'
  /** Nothing waits. */
  | 'idle'
  /** Something else was put right first; go on at once. */
  | 'moved'
  /** Another process is sending a batch: give it time before the branch is looked at. */
  | 'theirs'
  /** The branch had moved: look at it, after a pause. */
  | 'stale'
  /** The branch had not moved, and GitHub said no all the same. */
  | 'refused';

/** Where the next commit goes, or what happened instead. */
type Settled = { readonly base: string | null; readonly page: Page } | Exclude<Step, 'idle' | 'theirs'>;

/**
 * One step of the writer for one log, by docs/design.md section 7. Any process may take it at any time, and any of its awaits
 * may be its last: what matters is stored before it is done. Errors leave the pending batch where it is; the next step,
 * in whatever process, begins by looking at the branch.
 *
 * @param patience `isPatient` false: a batch of another process is taken over at once; `hasLooked` false: this process has
 *   not seen the branch yet and looks at it before it signs anything (a store put back from a backup must not sign a
 *   second tree of a size that was signed before)
 * @throws {GateError} ERR_LOG_DRIFT, ERR_LOG_REFUSED, ERR_LOG_KEYS, ERR_STORE_CONFLICT (another process was faster), ERR_FORGE_*
 */
export async function takeStep(
  context: LogContext,
  { isPatient, hasLooked }: { readonly isPatient: boolean; readonly hasLooked: boolean },
): Promise<Step> {
  const start = await openPage(context);
  if (start === null) return 'moved';
  const { pending, head, notice } = start.state;
  if (isPatient && pending !== null && pending.by !== context.me) return 'theirs';
  // Nothing is in doubt: the commit itself compares the branch with `head`, and that saves a call.
  const isCertain = hasLooked && pending === null && head !== null && notice === null;
  const settled = isCertain ? { base: head, page: start } : await settle(context, start);
  return typeof settled === 'string' ? settled : send(context, settled.page, settled.base);
}

/**
 * Compares the branch with the log and mends it where no new commit is needed for that.
 * @returns `mending`: somebody did something to the branch that a record still has to tell; `rotating`: only a change of
 *   keys has to be told
 */
export async function look(context: LogContext): Promise<'intact' | 'rotating' | 'mending'> {
  const page = await openPage(context);
  if (page !== null) await settle(context, page);
  const { state } = await loadPage(context);
  if (state.notice !== null) return 'mending';
  return isRotating(context, state) ? 'rotating' : 'intact';
}

/**
 * The state of an open log; null: something about its generation had to be done first. What the log has to say of itself is
 * kept as records again each time, because a crash may have come between.
 */
async function openPage(context: LogContext): Promise<Page | null> {
  const page = await loadPage(context);
  checkKeys(page.state, context.keys);
  checkRevocations(context, page.state);
  if (page.state.phase === 'closed') {
    await openNext(context, page.state);
    return null;
  }
  if (page.state.phase === 'opening') {
    await finishOpening(context, page);
    return null;
  }
  await keepChanges(context, page.state);
  if (page.state.notice !== null) await keepNotice(context, page.state, page.state.notice);
  return page;
}

/** Compares log and branch, and mends what can be mended without a new commit. */
async function settle(context: LogContext, page: Page): Promise<Settled> {
  const { state } = page;
  const pending = await pendingRecords(context, state);
  const place = await findPlace(context, state, pending);
  // What a newer state explains is no attack: the branch may have been moved by another process of ours meanwhile.
  if (place.kind !== 'ready') await checkCurrent(context, page);
  switch (place.kind) {
    case 'ready':
      return { base: place.base, page };
    case 'published':
      await publish(context, page, pending.slice(0, place.count), place.head);
      return 'published';
    case 'foreign': {
      // Before the first record there is nothing of ours that could have been changed: the log begins on top.
      const { head } = state;
      const next =
        head === null ? page : await tell(context, page, { what: 'foreign-commit', head, found: place.head });
      return { base: place.head, page: next };
    }
    case 'rolled-back':
    case 'deleted': {
      const found = place.kind === 'deleted' ? null : place.head;
      if (state.head === null) throw new TypeError('a log without a commit cannot have lost one');
      await tell(context, page, { what: place.kind, head: state.head, found });
      if (await context.branch.restore(state.head, found)) return 'moved';
      return whyNot(context, found);
    }
    case 'rewritten':
      await closeLog(context, page, place.head);
      return 'moved';
    case 'drift':
      throw new GateError(
        'ERR_LOG_DRIFT',
        'the branch holds records that our key signed and that this store does not know',
      );
  }
}

/** Stores and sends the batch: stored first, then signed, then sent. */
async function send(context: LogContext, settled: Page, base: string | null): Promise<Step> {
  const { branch } = context;
  const page = isRotationDue(context, settled.state) ? await goOver(context, settled) : settled;
  const { records, resigned } = await chooseBatch(context, page.state);
  if (records.length === 0) return 'idle';
  const stored = await savePage(context, page, withPending(context, page.state, base, records), resigned);
  const { head, size } = stored.state;
  const changes = await renderChanges(context, stored.state, records);
  const headline = `Countersign: records ${size} to ${size + records.length - 1} [skip ci]`;
  const commit =
    base !== null && base === head
      ? await branch.commit(base, headline, changes)
      : await branch.replace({ parent: base, from: head, headline, changes });
  if (commit === null) return whyNot(context, base);
  await publish(context, stored, records, commit);
  return 'published';
}

/** A write changed nothing: had the branch moved, or is it closed to us? */
async function whyNot({ branch }: LogContext, expected: string | null): Promise<'refused' | 'stale'> {
  return (await branch.head()) === expected ? 'refused' : 'stale';
}

/** In one transaction: the records get their numbers and the state moves on. */
async function publish(context: LogContext, page: Page, records: readonly StoredRecord[], head: string): Promise<void> {
  const { store, log, sha256 } = context;
  const { state } = page;
  const told = state.notice === null ? null : toHex(sha256(noticeRecord(log, state.notice, sha256)));
  const isTold = records.some(({ digest }) => digest === told);
  const next = { ...withPublished(context, state, records, head), notice: isTold ? null : state.notice };
  const numbers = records.map(({ digest }, at) => ({ digest, index: state.size + at }));
  await store.advance(log, JSON.stringify(next), page.version, numbers);
}

/** Stores what has to be told before anything is mended, so that no crash can swallow it; one notice at a time. */
async function tell(
  context: LogContext,
  page: Page,
  { what, head, found }: { readonly what: Notice['what']; readonly head: string; readonly found: string | null },
): Promise<Page> {
  if (page.state.notice !== null) return page;
  const notice: Notice = { what, expectedHead: head, foundHead: found, atMs: context.clock.now() };
  const told = await savePage(context, page, { ...page.state, notice });
  await keepNotice(context, told.state, notice);
  return told;
}

/** From here on no process with the old keys alone takes part. */
async function goOver(context: LogContext, page: Page): Promise<Page> {
  const rotating = await savePage(context, page, await withRotation(context, page.state));
  await keepChanges(context, rotating.state);
  return rotating;
}

async function keepChanges(context: LogContext, state: LogState): Promise<void> {
  for (const { bytes } of changeRecords(context, state)) await keep(context, state, bytes);
}

async function keepNotice(context: LogContext, state: LogState, notice: Notice): Promise<void> {
  await keep(context, state, noticeRecord(context.log, notice, context.sha256));
}

async function keep({ store, log, keys, sha256 }: LogContext, state: LogState, bytes: Uint8Array): Promise<void> {
  const { signer } = ownKey(keys, 'record', state.keys.record);
  await store.keep(log, await signRecord({ bytes, attachments: [] }, signer, sha256));
}
