import { z } from 'zod';
import { toHex } from '../core/evidence/bytes.ts';
import type { RecordKind } from '../core/evidence/kinds.ts';
import type { LocatedRecord } from '../core/evidence/records/located-record.ts';
import { because } from '../core/gate/reasons.ts';
import { sha256 } from '../adapters/signing/node-crypto.ts';
import { ActionFailure } from './failure.ts';

/*
 * What the gate reads of records. Further fields are allowed, because a newer writer may add some; a field that is needed and has
 * another shape refuses.
 */

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const commit = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .refine((text) => !Number.isNaN(Date.parse(text)));
const gate = z.object({
  runId: z.int().positive(),
  attempt: z.int().positive(),
  environment: z.string().min(1),
  opening: z.int().positive(),
});

const letsGo = {
  requestDigest: hex64,
  gate,
  headSha: commit,
  seats: z
    .array(z.object({ reviewer: z.object({ id: z.int().positive(), login: z.string().min(1) }) }))
    .min(1)
    .refine((seats) => new Set(seats.map(({ reviewer }) => reviewer.id)).size === seats.length),
  factsDigest: hex64,
};

const anchorSchema = z.union([
  z.object({ kind: z.literal('authorised'), notAfter: instant, ...letsGo }),
  // The Action alone has no answer of GitHub to wait for: one record is both.
  z.object({ kind: z.literal('released'), how: z.literal('workflow'), sealedBy: z.literal('workflow'), ...letsGo }),
]);

/** A record that lets a job go: `authorised`, or `released` by a workflow. */
export interface Anchor {
  readonly located: LocatedRecord;
  /** SHA-256 of the record, lower-case hex. */
  readonly digest: string;
  readonly fields: z.output<typeof anchorSchema>;
}

/** null: the record is of another kind. @throws {ActionFailure} `evidence-record-unreadable` */
export function toAnchor(located: LocatedRecord): Anchor | null {
  const { kind, predicate } = located.record;
  const isAnchor = kind === 'authorised' || (kind === 'released' && predicate['how'] === 'workflow');
  if (!isAnchor) return null;
  const parsed = anchorSchema.safeParse(predicate);
  if (!parsed.success) throw unreadable(located, parsed.error.issues[0]?.path.join('.') ?? 'its fields');
  return { located, digest: toHex(sha256(located.bytes)), fields: parsed.data };
}

const laterSchema = z.object({
  gate: gate.optional(),
  requestDigest: z.string().optional(),
  authorisedDigest: z.string().optional(),
  releasedDigest: z.string().optional(),
  role: z.string().optional(),
  revokedFrom: z.int().nonnegative().optional(),
});

export type LaterFields = z.output<typeof laterSchema> & { readonly kind: RecordKind };

/** What any record says of a gate, a request or a key. @throws {ActionFailure} `evidence-record-unreadable` */
export function toLater(located: LocatedRecord): LaterFields {
  const parsed = laterSchema.safeParse(located.record.predicate);
  if (!parsed.success) throw unreadable(located, parsed.error.issues[0]?.path.join('.') ?? 'its fields');
  return { ...parsed.data, kind: located.record.kind };
}

const requestedSchema = z.object({
  requestDigest: hex64,
  code: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{8}$/),
  request: z.object({ kind: z.literal('deployment'), gate, headSha: commit }),
  seats: z.array(z.object({ group: z.string() })),
});

export type Requested = z.output<typeof requestedSchema>;

/** A request for a deployment, or null for anything else: it only helps to explain, so no shape of it refuses. */
export function toRequested({ record }: LocatedRecord): Requested | null {
  if (record.kind !== 'requested') return null;
  const parsed = requestedSchema.safeParse(record.predicate);
  return parsed.success ? parsed.data : null;
}

function unreadable({ index }: LocatedRecord, what: string): ActionFailure {
  return new ActionFailure(because('evidence-record-unreadable', { record: index, what }));
}
