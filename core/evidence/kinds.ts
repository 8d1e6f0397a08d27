/** Every kind of record that a log of format 1 may hold (docs/evidence-format.md). A verifier refuses any other. */
export const recordKinds = [
  'log-opened',
  'requested',
  'baseline',
  'passed',
  'reviewed',
  'refused',
  'authorised',
  'released',
  'void',
  'misapplied',
  'rejected',
  'withdrawn',
  'superseded',
  'expired',
  'revoked',
  'bypassed',
  'break-glass',
  'outcome',
  'policy-changed',
  'key-changed',
  'credential-enrolled',
  'credential-revoked',
  'expunged',
  'drift',
  'repaired',
  'reconciled',
  'heartbeat',
] as const;

export type RecordKind = (typeof recordKinds)[number];

const known: ReadonlyMap<string, RecordKind> = new Map(recordKinds.map((kind) => [kind, kind]));

/** The kind of that name, or null. */
export function toRecordKind(name: unknown): RecordKind | null {
  return typeof name === 'string' ? (known.get(name) ?? null) : null;
}

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://countersign.dev/evidence/v1';
/** tlog-tiles entry limit; a longer record could not be exported as a C2SP log. */
export const MAX_RECORD_BYTES = 65_535;
