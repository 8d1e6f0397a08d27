import type { Account } from '../actors/account.ts';
import { equalBytes, toBase64, utf8 } from '../evidence/bytes.ts';
import type { Parsed } from '../evidence/bytes.ts';
import { parseReviewStatement } from '../evidence/people/review-statement.ts';
import type { ReviewStatement } from '../evidence/people/review-statement.ts';
import { parseSshKey } from '../evidence/people/ssh-key.ts';
import type { SshKey } from '../evidence/people/ssh-key.ts';
import {
  checkSshSignature,
  namedKey,
  parseArmoredSshSignature,
  REVIEW_NAMESPACE,
} from '../evidence/people/ssh-signature.ts';
import type { SshCrypto } from '../evidence/people/ssh-signature.ts';
import type { RepositoryRef } from '../facts.ts';
import type { HumanProof } from '../review.ts';
import type { Because } from './decision.ts';
import { because } from './reasons.ts';

/*
 * GitHub cannot tell a person from an agent that holds the person's session (attack C25). A signature by a hardware key can:
 * it needs a touch for each. So a comment may hold, below its command, the review statement and the signature over it, as the
 * commands of the check print them.
 */

/** One key of somebody, as the policy in force names it. */
export interface NamedKey {
  readonly key: SshKey;
  /** A touch is not enough: the key must have asked for a PIN or a fingerprint. */
  readonly mustVerifyUser: boolean;
}

export interface SignedAnswer {
  readonly statement: ReviewStatement;
  /** The exact bytes of the statement. */
  readonly bytes: Uint8Array;
  /** SSHSIG without armour. */
  readonly blob: Uint8Array;
}

/** Any line like this in a comment claims a signature, and then it has to be a good one. */
const CLAIM = /-----\s*(?:BEGIN|END) SSH SIGNATURE\s*-----/i;
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';

/**
 * Whether a comment claims to be signed.
 * @param body anybody's
 */
export function claimsSignature(body: string): boolean {
  return CLAIM.test(body);
}

/**
 * Parses what stands below a command: the statement from a line `{` to a line `}`, then one armoured signature, each line
 * whole as it was printed. What else stands there (code fences, words) is nothing.
 *
 * @param body anybody's; line ends may be CR LF, because a web form sends them so
 */
export function parseSignedAnswer(body: string): Parsed<SignedAnswer> {
  const lines = body.split(/\r?\n/);
  const begin = lines.indexOf(BEGIN);
  const end = lines.indexOf(END);
  if (begin < 0 || end < begin || lines.filter((line) => CLAIM.test(line)).length > 2) {
    return { ok: false, issue: `there is not one whole signature from ${BEGIN} to ${END}` };
  }
  const armoured = parseArmoredSshSignature(lines.slice(begin, end + 1).join('\n'));
  if (!armoured.ok) return armoured;
  const before = lines.slice(0, begin);
  const [first, last] = [before.indexOf('{'), before.lastIndexOf('}')];
  if (first < 0 || last < first) return { ok: false, issue: 'the statement does not stand above it' };
  const bytes = utf8(`${before.slice(first, last + 1).join('\n')}\n`);
  const statement = parseReviewStatement(bytes);
  if (!statement.ok) return { ok: false, issue: `the statement above it is not one: ${statement.issue}` };
  return { ok: true, value: { statement: statement.value, bytes, blob: armoured.value } };
}

export interface ExpectedAnswer {
  readonly repository: Pick<RepositoryRef, 'host' | 'installationId' | 'id'>;
  readonly requestDigest: string;
  readonly verdict: 'approve' | 'reject';
  readonly reviewer: Account;
}

/** The first field in which the statement is not one of this answer, or null. The nonce is whatever it is. */
export function findForeignField(statement: ReviewStatement, expected: ExpectedAnswer): string | null {
  const { host, installationId, id } = expected.repository;
  const { repository } = statement;
  if (repository.host !== host || repository.installationId !== installationId || repository.id !== id) {
    return 'repository';
  }
  if (statement.requestDigest !== expected.requestDigest) return 'request';
  if (statement.verdict !== expected.verdict) return 'verdict';
  if (statement.reviewerId !== expected.reviewer.id) return 'reviewer';
  return statement.reasonCommitment === null ? null : 'reason';
}

/**
 * Whether the person behind the account signed exactly this answer. That the statement counts once is for the caller to see.
 *
 * @param keys those that the policy in force names for this account
 * @returns the proof as a record holds it, or why there is none
 */
export async function checkSignedAnswer(
  { statement, bytes, blob }: SignedAnswer,
  expected: ExpectedAnswer,
  keys: readonly NamedKey[],
  crypto: SshCrypto,
): Promise<{ readonly proof: HumanProof } | Because> {
  const { login } = expected.reviewer;
  const foreign = findForeignField(statement, expected);
  if (foreign !== null) return because('signature-for-other', { login, field: foreign });
  const wire = namedKey(blob);
  const signer = wire === null ? null : parseSshKey(wire);
  if (signer === null) return because('signature-unreadable', { login, issue: 'it names no key' });
  if (!signer.ok) return because('signature-unreadable', { login, issue: `it names ${signer.issue}` });
  const { type, application } = signer.value;
  // The policy takes no such key either; asked here too, because all that this proves hangs on it.
  if (application === null) return because('signature-by-software-key', { login, type });
  const named = keys.find(({ key }) => equalBytes(key.wire, signer.value.wire));
  if (named === undefined) return because('signature-key-not-named', { login });
  const signed = { ...named, blob, message: bytes, namespace: REVIEW_NAMESPACE };
  const issue = await checkSshSignature(signed, crypto);
  if (issue !== null) return because('signature-wrong', { login, issue });
  return {
    proof: { publicKey: toBase64(named.key.wire), statement: toBase64(bytes), signature: toBase64(blob) },
  };
}
