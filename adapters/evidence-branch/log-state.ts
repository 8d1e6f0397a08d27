import { z } from 'zod';

import { GateError } from '../../core/errors.ts';
import { fromBase64 } from '../../core/evidence/bytes.ts';
import type { LogState as TreeState } from '../../core/evidence/records/render-batch.ts';
import { decodeEdge } from '../../core/evidence/tree/tree-edge.ts';

const commit = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const root = z.string().refine((text) => fromBase64(text)?.length === 32);
const size = z.int().nonnegative();

/**
 * What the writer knows of one log, as one JSON text in the Store, changed only by compare and set.
 *
 * The sequence of digests numbered 0 … size-1 in the Store, followed by `pending.digests`, only ever grows at its end.
 * Everything that is ever signed is a prefix of it: that is why no two checkpoints of one log can contradict each other,
 * whoever crashes, whatever lands (docs/decisions/0003-evidence-writer.md).
 */
const logState = z.strictObject({
  origin: z.string(),
  /** Verifier keys in force after the records that are on the branch: at first those that `log-opened` names. */
  keys: z.strictObject({ record: z.string(), checkpoint: z.string() }),
  /**
   * Keys that give way to others, as `key-changed` records tell and will tell it, in their order: both signatures are kept,
   * so that the records are the same in every process and after every crash. Those that are on the branch are gone from here.
   */
  rotation: z
    .strictObject({
      atMs: z.int(),
      /** Index from which on the keys before were not alone ours; null where they are only replaced. */
      revokedFrom: size.nullable().default(null),
      changes: z
        .array(
          z.strictObject({
            role: z.enum(['record', 'checkpoint']),
            before: z.string(),
            after: z.string(),
            signatures: z.strictObject({ before: z.string(), after: z.string() }),
          }),
        )
        .min(1),
    })
    .nullable()
    .default(null),
  /** SubjectPublicKeyInfo, in hex, of every key that was replaced: none of them may come back. */
  retired: z.array(z.string()).default([]),
  /** Index from which on each key is in force. */
  since: z.strictObject({ record: size, checkpoint: size }).default({ record: 0, checkpoint: 0 }),
  /**
   * Those of them (SubjectPublicKeyInfo, in hex) that were revoked: what one signed of the records `from` to `at` - 1 is not
   * believed. A log that continues a rewritten one knows that they were, and distrusts nothing by it: there they are history.
   */
  revoked: z
    .array(z.strictObject({ role: z.enum(['record', 'checkpoint']), key: z.string(), from: size, at: size }))
    .default([]),
  /** With `previous` it makes `log-opened` the same record in every process and after every crash. */
  openedAtMs: z.int(),
  previous: z.strictObject({ origin: z.string(), size, root }).nullable(),
  /**
   * `opening`: its first record, and those of the generation before, are still being queued; nothing else may be.
   * `closed`: the branch was rewritten and the next generation continues; nothing may be published under this one.
   */
  phase: z.enum(['opening', 'open', 'closed']),
  /** Records that are known to be on the branch, and the tree over them. */
  size,
  edge: z.array(z.string()),
  /** Commit whose tree is exactly that state; null: nothing was published yet. */
  head: commit.nullable(),
  /** What may be on its way: `base` is the commit that it is put on, `by` the process that sends it. */
  pending: z.strictObject({ base: commit.nullable(), digests: z.array(digest).min(1), by: z.string() }).nullable(),
  /** The largest tree whose checkpoint may have been signed: size + pending records. Stored before the signature. */
  signed: z.strictObject({ size, root }),
  /** Something that somebody did to the branch and that a record still has to tell. */
  notice: z
    .strictObject({
      what: z.enum(['foreign-commit', 'rolled-back', 'deleted', 'rewritten']),
      expectedHead: commit,
      foundHead: commit.nullable(),
      atMs: z.int(),
    })
    .nullable(),
});

export type LogState = z.infer<typeof logState>;
export type Rotation = NonNullable<LogState['rotation']>;
export type Notice = NonNullable<LogState['notice']>;

/** @throws {GateError} ERR_STORE_UNAVAILABLE when the text is not what this version wrote */
export function parseLogState(body: string): LogState {
  const parsed = logState.safeParse(parseJson(body));
  if (!parsed.success) throw unreadable();
  return parsed.data;
}

/** The tree part, as `core/evidence` takes it. */
export function treeOf(state: LogState): TreeState {
  const edge = decodeEdge(state.edge);
  if (!edge.ok) throw unreadable();
  return { origin: state.origin, size: state.size, edge: edge.value };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function unreadable(): GateError {
  return new GateError('ERR_STORE_UNAVAILABLE', 'the stored state of the evidence log cannot be read');
}
