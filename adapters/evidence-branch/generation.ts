import { GateError } from '../../core/errors.ts';
import { toBase64 } from '../../core/evidence/bytes.ts';
import { emptyRoot } from '../../core/evidence/tree/merkle.ts';
import { parseRecord } from '../../core/evidence/records/parse-record.ts';
import type { LogId, StoredRecord } from '../../core/ports.ts';
import { isSameRepository, readCheckpoint } from './find-place.ts';
import { growTree, savePage } from './log-book.ts';
import type { LogContext, Page } from './log-book.ts';
import { ownKey, ownKeys, renamed } from './log-keys.ts';
import type { LogState } from './log-state.ts';
import { openedRecord, originOf } from './own-log.ts';
import { placementOf, signRecord } from './prepare-record.ts';

/** What is known before a log has a number and, with it, an origin and key names. */
export type RepositoryContext = Omit<LogContext, 'log' | 'keys'> & { readonly log: Omit<LogId, 'generation'> };

const CARRY_PAGE = 100;
/** A number on the branch may be anybody's: what is larger than this is not continued. */
const MAX_GENERATION = 1_000_000;

/**
 * Begins the first log that this store has of a repository. Where the branch holds a log already (of an earlier
 * installation, say), the new one names it as `previous`, under a number of its own.
 *
 * @throws {GateError} ERR_LOG_DRIFT when our own key signed what is there: this store has lost that log, and a second one
 *   under the same name and key would be two truths
 */
export async function openFirst(context: RepositoryContext): Promise<void> {
  const found = await context.branch.head();
  const ours = context.ring.map(({ checkpoint }) => checkpoint.publicKey);
  const there = found === null ? null : await readCheckpoint(context, found, ours);
  // Another process may have begun it while the branch was read: then what is there is ours.
  if ((await context.store.latest(context.log)) !== null) return;
  if (there !== null && there.signedBy !== null) {
    throw new GateError(
      'ERR_LOG_DRIFT',
      'the branch holds a log that our key signed and that this store does not know',
    );
  }
  const isContinued =
    there !== null && isSameRepository(there.ids, context.log) && there.ids.generation < MAX_GENERATION;
  const log: LogId = { ...context.log, generation: isContinued ? there.ids.generation + 1 : 1 };
  const { record, checkpoint } = ownKeys(originOf(log), context.ring, context.sha256);
  await open(context, log, {
    keys: { record: record[0].vkey, checkpoint: checkpoint[0].vkey },
    retired: [],
    revoked: [],
    openedAtMs: context.clock.now(),
    previous: there === null ? null : { origin: there.origin, size: there.size, root: there.root },
    notice: null,
  });
}

/** Closes a log whose branch was rewritten, for good: from here on no process can publish under it. */
export async function closeLog(context: LogContext, page: Page, foundHead: string | null): Promise<void> {
  const { state } = page;
  if (state.head === null) throw new TypeError('a log without a commit cannot have been rewritten');
  const notice = { what: 'rewritten', expectedHead: state.head, foundHead, atMs: context.clock.now() } as const;
  await savePage(context, page, { ...state, phase: 'closed', notice });
}

/**
 * Begins the generation after a closed one, with the keys that were in force: going over to others is a step of its own, told
 * by a record that both sign. Every process makes the same state: it does not matter who is first.
 */
export async function openNext(context: LogContext, closed: LogState): Promise<void> {
  const { origin, size, notice, retired, revoked } = closed;
  if (notice === null) throw new GateError('ERR_STORE_UNAVAILABLE', 'a log was closed without saying why');
  const { root } = growTree(closed, [], context.sha256);
  const log: LogId = { ...context.log, generation: context.log.generation + 1 };
  await open(context, log, {
    keys: renamed(closed.keys, context.keys, ownKeys(originOf(log), context.ring, context.sha256)),
    retired,
    revoked: revoked.map((each) => ({ ...each, from: 0, at: 0 })),
    openedAtMs: notice.atMs,
    previous: { origin, size, root },
    notice,
  });
}

/**
 * Queues `log-opened`, and behind it every record of the closed generation, in its order: a new log without them would hold
 * releases whose authorisation it does not know. First come those that say which files were expunged: without them a record
 * that names such a file would not verify. Repeating it changes nothing, and processes that do it at once keep one order,
 * because each keeps what comes first before what comes later.
 */
export async function finishOpening(context: LogContext, page: Page): Promise<void> {
  const { log, store, keys, sha256 } = context;
  const opened = { bytes: openedRecord(log, page.state, sha256), attachments: [] };
  const { signer } = ownKey(keys, 'record', page.state.keys.record);
  await store.keep(log, await signRecord(opened, signer, sha256));
  for (const isFirst of [true, false]) {
    for await (const { digest, bytes, signature, attachments } of recordsBefore(context)) {
      const parsed = parseRecord(bytes);
      if (!parsed.ok) throw new GateError('ERR_STORE_UNAVAILABLE', 'the store changed a record');
      if (isFirst && parsed.value.kind !== 'expunged') continue;
      await store.keep(log, { digest, bytes, signature, attachments, ...placementOf(parsed.value), isCarried: true });
    }
  }
  await savePage(context, page, { ...page.state, phase: 'open' });
}

/** Everything that the generation before has published or queued; its record 0 opened it, this one has its own. */
async function* recordsBefore({ log, store }: LogContext): AsyncGenerator<StoredRecord> {
  const before: LogId = { ...log, generation: log.generation - 1 };
  for (let from = 1; ; from += CARRY_PAGE) {
    const records = await store.published(before, from, CARRY_PAGE);
    yield* records;
    if (records.length < CARRY_PAGE) break;
  }
  yield* await store.queued(before, Number.MAX_SAFE_INTEGER);
}

async function open(
  context: RepositoryContext,
  log: LogId,
  given: Pick<LogState, 'keys' | 'retired' | 'revoked' | 'openedAtMs' | 'previous' | 'notice'>,
): Promise<void> {
  const state: LogState = {
    origin: originOf(log),
    rotation: null,
    since: { record: 0, checkpoint: 0 },
    phase: 'opening',
    size: 0,
    edge: [],
    head: null,
    pending: null,
    signed: { size: 0, root: toBase64(emptyRoot(context.sha256)) },
    ...given,
  };
  try {
    await context.store.advance(log, JSON.stringify(state), 0, []);
  } catch (error) {
    // Another process began it first: that one's state counts.
    if (!(error instanceof GateError && error.code === 'ERR_STORE_CONFLICT')) throw error;
  }
}
