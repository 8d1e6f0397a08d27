import { equalBytes, utf8 } from '../bytes.ts';
import type { Parsed } from '../bytes.ts';
import { isObject, parseCanonicalJson, renderJson } from '../strict-json.ts';

/** Keeps a statement from being read as anything else that a person may sign with the same key. */
export const REVIEW_TYPE = 'https://countersign.dev/review/v1';

/** What a person signs: one answer to one request, and nothing that could be moved to another. */
export interface ReviewStatement {
  readonly repository: { readonly host: string; readonly installationId: number; readonly id: number };
  /** SHA-256, hex: everything that the person was shown is in it. */
  readonly requestDigest: string;
  readonly verdict: 'approve' | 'reject';
  readonly reviewerId: number;
  /** SHA-256 of salt and reason, hex; null: no reason was given. */
  readonly reasonCommitment: string | null;
  /** 16 random bytes, hex: no two answers have the same statement. */
  readonly nonce: string;
}

/** The exact bytes that are signed. One statement has one form (canonical JSON, members in this order). */
export function buildReviewStatement(statement: ReviewStatement): Uint8Array {
  const { repository, requestDigest, verdict, reviewerId, reasonCommitment, nonce } = statement;
  const { host, installationId, id } = repository;
  return utf8(
    renderJson({
      _type: REVIEW_TYPE,
      repository: { host, installationId, id },
      requestDigest,
      verdict,
      reviewer: { id: reviewerId },
      reasonCommitment,
      nonce,
    }),
  );
}

/**
 * Parses the bytes of a statement; they must be exactly those that `buildReviewStatement` gives for what they say, so an
 * unknown or missing member, another order or another spelling is refused: a person signs no more than this verifier reads.
 */
export function parseReviewStatement(bytes: Uint8Array): Parsed<ReviewStatement> {
  const parsed = parseCanonicalJson(bytes);
  if (!parsed.ok) return parsed;
  const json = parsed.value;
  if (!isObject(json) || json['_type'] !== REVIEW_TYPE) return { ok: false, issue: `its _type is not ${REVIEW_TYPE}` };
  const statement = toStatement(json);
  if (statement === null) return { ok: false, issue: 'a member is missing or has another shape' };
  if (!equalBytes(buildReviewStatement(statement), bytes)) {
    return { ok: false, issue: 'it has other members than a review statement, or in another order' };
  }
  return { ok: true, value: statement };
}

function toStatement(json: Readonly<Record<string, unknown>>): ReviewStatement | null {
  const { repository, requestDigest, verdict, reviewer, reasonCommitment, nonce } = json;
  if (!isObject(repository) || !isObject(reviewer)) return null;
  const { host, installationId, id } = repository;
  const reviewerId = reviewer['id'];
  if (typeof host !== 'string' || !isId(installationId) || !isId(id) || !isId(reviewerId)) return null;
  if (!isHex(requestDigest, 64) || !isHex(nonce, 32)) return null;
  if (verdict !== 'approve' && verdict !== 'reject') return null;
  if (reasonCommitment !== null && !isHex(reasonCommitment, 64)) return null;
  return {
    repository: { host, installationId, id },
    requestDigest,
    verdict,
    reviewerId,
    reasonCommitment,
    nonce,
  };
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isHex(value: unknown, digits: number): value is string {
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value);
}
