import type { GateErrorCode } from '../errors.ts';
import { ACTION_REASONS } from './action-reasons.ts';
import { API_REASONS } from './api-reasons.ts';
import { ATTESTATION_REASONS } from './attestation-reasons.ts';
import type { Because } from './decision.ts';
import { DECISION_REASONS } from './decision-reasons.ts';
import { EVENT_REASONS } from './event-reasons.ts';
import { GATE_REASONS } from './gate-reasons.ts';
import { PROPOSAL_REASONS } from './proposal-reasons.ts';
import { REVIEW_REASONS } from './review-reasons.ts';
import type { ParamsOf, Reason } from './reason.ts';
import { SIGNATURE_REASONS } from './signature-reasons.ts';
import { STANDALONE_REASONS } from './standalone-reasons.ts';
import { VERIFY_REASONS } from './verify-reasons.ts';

/**
 * The closed registry: every code that Countersign says or records, with its sentence and its way out. Codes are kept for
 * ever, because records name them; `docs/reasons.md` lists them and a test holds the two against each other.
 */
export const REASONS = {
  ...DECISION_REASONS,
  ...REVIEW_REASONS,
  ...SIGNATURE_REASONS,
  ...EVENT_REASONS,
  ...PROPOSAL_REASONS,
  ...API_REASONS,
  ...ACTION_REASONS,
  ...GATE_REASONS,
  ...VERIFY_REASONS,
  ...STANDALONE_REASONS,
  ...ATTESTATION_REASONS,
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;

/** Makes a `Because`; the compiler asks for exactly the parameters of the code's sentence. */
export function because<Code extends ReasonCode>(
  code: Code,
  params: Readonly<Record<ParamsOf<(typeof REASONS)[Code]['text']>, string | number>>,
): Because {
  return { code, params };
}

/** The sentence of a reason in plain text, on one line; Markdown and HTML are escaped by whoever renders it. */
export function explain({ code, params }: Because): string {
  return REASONS[code].sentence(params);
}

/** What a port's failure means for the request that it stopped: always a hold, each with a reason of its own (C113). */
const REASON_OF_ERROR = {
  ERR_FORGE_UNAVAILABLE: 'forge-unavailable',
  ERR_FORGE_RATE_LIMITED: 'forge-rate-limited',
  ERR_FORGE_FORBIDDEN: 'forge-forbidden',
  ERR_FORGE_NOT_FOUND: 'forge-not-found',
  ERR_FORGE_REFUSED: 'forge-refused',
  ERR_FORGE_SHAPE: 'forge-shape-unknown',
  ERR_FORGE_TRUNCATED: 'list-truncated',
  ERR_LOG_DRIFT: 'evidence-drift',
  ERR_LOG_BUSY: 'evidence-busy',
  ERR_LOG_REFUSED: 'evidence-unavailable',
  ERR_LOG_KEYS: 'signing-keys-refused',
  ERR_SIGNER_UNAVAILABLE: 'signer-unavailable',
  ERR_STORE_CONFLICT: 'store-conflict',
  ERR_STORE_UNAVAILABLE: 'store-unavailable',
  ERR_STORE_LOST: 'store-lost',
  ERR_STORE_FORGED: 'store-forged',
  ERR_INPUT: 'input-refused',
} as const satisfies Record<GateErrorCode, ReasonCode>;

/** @param what a phrase of ours, never text of an outside error or of the requesting side */
export function becauseOfError(code: GateErrorCode, what: string): Because {
  return { code: REASON_OF_ERROR[code], params: { what } };
}
