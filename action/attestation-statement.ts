import { z } from 'zod';
import { toHex, utf8 } from '../core/evidence/bytes.ts';
import { parseStrictJson, renderJson } from '../core/evidence/strict-json.ts';
import type { ProposedSubject } from '../core/proposal.ts';
import { sha256 } from '../adapters/signing/node-crypto.ts';
import type { RunnerContext } from './runner-context.ts';

/** Of the same family as records (core/evidence/kinds.ts); `gh attestation verify --predicate-type` asks for it. */
export const ATTESTATION_TYPE = 'https://countersign.dev/attestation/v1';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** A release that stands in the log, as far as a signature over it names it. */
export interface Attestable {
  /** Signed checkpoint of the log with the record in it. */
  readonly note: string;
  /** Of the log. */
  readonly origin: string;
  readonly record: { readonly index: number; readonly kind: string; readonly sha256: string };
  /** Lower case. */
  readonly environment: string;
  readonly headSha: string;
  /** Everything that was approved. Of a command not even the digest is named: its words may be nobody's business. */
  readonly approved: readonly ProposedSubject[];
  /** Code of the reason that decided. */
  readonly reason: string;
}

/**
 * What is signed: in-toto Statement v1. Its subjects are what somebody may hold in their hand and ask about: the checkpoint,
 * the commit, and every file that was approved. No person's words stand in it.
 */
export function attestationStatement(attestable: Attestable, runner: RunnerContext): Uint8Array {
  const { note, origin, record, environment, headSha, approved, reason } = attestable;
  const { owner, name } = runner.repository;
  const files = approved.filter(({ kind }) => kind !== 'command');
  const subject = [
    { name: origin, digest: { sha256: toHex(sha256(utf8(note))) } },
    { name: `git+${runner.serverUrl}/${owner}/${name}`, digest: { gitCommit: headSha } },
    // The same file may be a plan and an artifact; a name stands once.
    ...new Map(files.map((file) => [file.name, { name: file.name, digest: { sha256: file.sha256 } }])).values(),
  ];
  const { runId, attempt } = runner;
  const predicate = { log: origin, checkpoint: note, record, runId, attempt, environment, decision: 'release', reason };
  return utf8(renderJson({ _type: STATEMENT_TYPE, subject, predicateType: ATTESTATION_TYPE, predicate }));
}

const statement = z.object({
  _type: z.literal(STATEMENT_TYPE),
  predicateType: z.literal(ATTESTATION_TYPE),
  predicate: z.object({
    log: z.string().min(1).max(500),
    record: z.object({
      index: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
    decision: z.literal('release'),
  }),
});

export type StatedRelease = z.output<typeof statement>['predicate'];

/** Bytes that were verified, read once; a string says what is wrong with them. */
export function readStatement(payload: Uint8Array): StatedRelease | string {
  const parsed = parseStrictJson(payload);
  if (!parsed.ok) return parsed.issue;
  const read = statement.safeParse(parsed.value);
  return read.success ? read.data.predicate : (read.error.issues[0]?.path.join('.') ?? 'a field');
}
