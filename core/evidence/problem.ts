/** Why a log does not verify. Closed; docs/evidence-format.md says what each means. */
export type ProblemCode =
  | 'unknown-path'
  | 'not-a-plain-file'
  | 'path-twice'
  | 'attributes-changed'
  | 'file-missing'
  | 'checkpoint-malformed'
  | 'checkpoint-signature'
  | 'checkpoint-of-another-log'
  | 'record-missing'
  | 'record-beyond-checkpoint'
  | 'record-malformed'
  | 'record-misplaced'
  | 'record-of-another-repository'
  | 'record-repeated'
  | 'record-signature'
  | 'record-not-in-tree'
  | 'log-opened-misplaced'
  | 'log-opened-malformed'
  | 'key-not-pinned'
  | 'pinned-key-revoked'
  | 'key-change-malformed'
  | 'key-change-of-another-log'
  | 'key-change-not-in-force'
  | 'key-change-reuses-key'
  | 'key-change-revocation'
  | 'key-change-signature'
  | 'signatures-missing'
  | 'signatures-overlap'
  | 'signatures-malformed'
  | 'signatures-misplaced'
  | 'signature-wrong'
  | 'tile-wrong'
  | 'tile-unexpected'
  | 'root-differs'
  | 'attachment-missing'
  | 'attachment-changed'
  | 'attachment-not-referenced'
  | 'attachment-not-expunged'
  | 'expunged-malformed'
  | 'not-in-log'
  | 'proof-malformed'
  | 'proof-wrong'
  | 'witness-signature'
  | 'witness-missing'
  | 'witnessed-not-of-this-log'
  | 'changed-while-reading'
  | 'since-malformed'
  | 'since-signature'
  | 'since-of-another-log'
  | 'since-is-newer'
  | 'since-is-not-a-prefix'
  | 'authorised-without-gate'
  | 'gate-already-authorised'
  | 'not-authorised'
  | 'authorised-for-another-gate'
  | 'released-twice'
  | 'authorised-by-revoked-key'
  | 'credential-malformed'
  | 'credential-shared'
  | 'credential-unknown'
  | 'credential-enrolled-later'
  | 'credential-revoked'
  | 'credential-of-another'
  | 'human-signature-missing'
  | 'human-signature-misplaced'
  | 'human-signature-malformed'
  | 'human-signature-wrong'
  | 'review-statement-malformed'
  | 'review-statement-differs'
  | 'nonce-repeated';

/** The first thing that is wrong with a log, in log order. */
export interface Problem {
  readonly code: ProblemCode;
  /** The file that is bad; of a missing file the path that it should have, as far as that is known. */
  readonly path: string;
  /** Leaf index, where one record is meant. */
  readonly index?: number;
  /** One sentence for a person. */
  readonly message: string;
}

/** A problem with one record: everything before it can still be checked. */
export type RecordProblem = Problem & { readonly index: number };
