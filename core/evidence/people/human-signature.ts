import { fromBase64, toHex } from '../bytes.ts';
import type { Sha256 } from '../bytes.ts';
import { parseEnrolment } from './enrolment.ts';
import type { Enrolment } from './enrolment.ts';
import type { LocatedRecord, Refusal } from '../records/located-record.ts';
import type { EvidenceRecord } from '../records/parse-record.ts';
import type { Problem, ProblemCode } from '../problem.ts';
import { parseReviewStatement } from './review-statement.ts';
import type { ReviewStatement } from './review-statement.ts';
import { checkSshSignature, REVIEW_NAMESPACE } from './ssh-signature.ts';
import type { SshCrypto } from './ssh-signature.ts';
import { isObject } from '../strict-json.ts';
import { checkAssertion } from './webauthn.ts';

/*
 * A review that says `human-signed` carries, inside its leaf, what the person signed. The writer of the log holds every
 * other key, so this is the one claim in a record that the writer cannot make up: it must verify, with a credential that
 * was enrolled for this reviewer at an earlier leaf and not revoked before this one. Nothing outside the leaf raises
 * assurance, and nothing inside it does without its signature.
 */

const HUMAN_SIGNED = 'human-signed';

/** What stands in `human` of such a record, decoded. */
interface HumanSignature {
  readonly enrolledDigest: string;
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
  /** null: an SSH signature. */
  readonly webauthn: { readonly authenticatorData: Uint8Array; readonly clientDataJSON: Uint8Array } | null;
}

/**
 * Who may sign from when until when, by digest of the enrolment.
 *
 * A revocation is of the key: it ends every enrolment of it that is in force, or a second enrolment of a stolen key would
 * outlive the first. One key cannot be in force for two people: a signature by it would be by either.
 *
 * @param records every `credential-enrolled` and `credential-revoked` of the log, in log order
 */
export function buildEnrolments(
  records: readonly LocatedRecord[],
  sha256: Sha256,
): ReadonlyMap<string, Enrolment> | Problem {
  const enrolments = new Map<string, Enrolment>();
  /** Key → digests of its enrolments that are in force. */
  const inForce = new Map<string, string[]>();
  for (const located of records) {
    const problem =
      located.record.kind === 'credential-enrolled'
        ? enrol(located, sha256, enrolments, inForce)
        : revoke(located, enrolments, inForce);
    if (problem !== null) return { ...problem, path: located.path, index: located.index };
  }
  return enrolments;
}

function enrol(
  located: LocatedRecord,
  sha256: Sha256,
  enrolments: Map<string, Enrolment>,
  inForce: Map<string, string[]>,
): Refusal | null {
  const parsed = parseEnrolment(located, sha256);
  if (!parsed.ok) return refusal('credential-malformed', `the enrolment is not readable: ${parsed.issue}`);
  const enrolment = parsed.value;
  const name = toHex(enrolment.key.spki);
  const held = inForce.get(name) ?? [];
  // All of them are for one person, so the first speaks for all: a branch may hold thousands, and nobody has checked it yet.
  const [first = enrolment.digest] = held;
  if ((enrolments.get(first) ?? enrolment).reviewerId !== enrolment.reviewerId) {
    return refusal('credential-shared', 'the same public key is enrolled for another person');
  }
  enrolments.set(enrolment.digest, enrolment);
  held.push(enrolment.digest);
  inForce.set(name, held);
  return null;
}

function revoke(
  { index, record }: LocatedRecord,
  enrolments: Map<string, Enrolment>,
  inForce: Map<string, string[]>,
): Refusal | null {
  const digest = record.predicate['enrolledDigest'];
  const named = typeof digest === 'string' ? enrolments.get(digest) : undefined;
  if (named === undefined) return refusal('credential-unknown', 'it revokes a credential that was not enrolled before');
  const name = toHex(named.key.spki);
  for (const each of inForce.get(name) ?? []) {
    const enrolment = enrolments.get(each);
    if (enrolment !== undefined) enrolments.set(each, { ...enrolment, revokedAt: index });
  }
  inForce.delete(name);
  return null;
}

/** Does a record say, anywhere in it, that a person signed? Then it must hold the signature that shows it. */
export function claimsHumanSignature(record: EvidenceRecord): boolean {
  return 'human' in record.predicate || countClaims(record.predicate) > 0;
}

function countClaims(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  for (const [key, member] of Object.entries(value)) {
    if (key === 'assurance' && member === HUMAN_SIGNED) count += 1;
    else if (typeof member === 'object') count += countClaims(member);
  }
  return count;
}

/**
 * Checks a record for which `claimsHumanSignature` is true. The nonce of its statement is answered, because one statement
 * counts once in a log: that is for whoever sees all records to check (`nonce-repeated`).
 *
 * @param index the record's leaf
 * @param enrolments of the whole log
 */
export async function checkHumanSignature(
  record: EvidenceRecord,
  index: number,
  enrolments: ReadonlyMap<string, Enrolment>,
  crypto: SshCrypto,
): Promise<{ readonly nonce: string } | Refusal> {
  const misplaced = findMisplaced(record);
  if (misplaced !== null) return misplaced;
  const human = parseHuman(record.predicate['human']);
  if ('code' in human) return human;
  const parsed = parseReviewStatement(human.statement);
  if (!parsed.ok) {
    return refusal('review-statement-malformed', `what was signed is no review statement: ${parsed.issue}`);
  }
  const statement = parsed.value;
  const field = findDifference(statement, record);
  if (field !== null) {
    return refusal('review-statement-differs', `what was signed has another ${field} than the record`);
  }
  const enrolment = findEnrolment(human, statement, index, enrolments);
  if ('code' in enrolment) return enrolment;
  const issue = await checkSigned(human, enrolment, crypto);
  if (issue !== null) return refusal('human-signature-wrong', `the human signature does not hold: ${issue}`);
  return { nonce: statement.nonce };
}

/** Only an answer of a person can be signed by one, and it says so once, where readers look. */
function findMisplaced({ kind, predicate }: EvidenceRecord): Refusal | null {
  const isHere = predicate['assurance'] === HUMAN_SIGNED;
  if ((kind !== 'reviewed' && kind !== 'refused') || countClaims(predicate) > (isHere ? 1 : 0)) {
    return refusal('human-signature-misplaced', 'it says "human-signed" where nothing can show it');
  }
  if (!isHere) return refusal('human-signature-misplaced', 'it holds a human signature and does not claim one');
  return 'human' in predicate
    ? null
    : refusal('human-signature-missing', 'it claims to be signed by a person and holds no signature');
}

const SSHSIG_FIELDS = ['enrolledDigest', 'format', 'signature', 'statement'];
const WEBAUTHN_FIELDS = ['authenticatorData', 'clientDataJSON', ...SSHSIG_FIELDS];

function parseHuman(value: unknown): HumanSignature | Refusal {
  if (!isObject(value)) return refusal('human-signature-malformed', '"human" is not an object');
  const { format, enrolledDigest } = value;
  const fields = format === 'webauthn' ? WEBAUTHN_FIELDS : format === 'sshsig' ? SSHSIG_FIELDS : [];
  // Exactly these: a second signature in it that nobody checks would be read as one that somebody did.
  if (Object.keys(value).sort().join() !== fields.join() || typeof enrolledDigest !== 'string') {
    return refusal('human-signature-malformed', '"human" has not exactly the members of its format');
  }
  const [statement, signature] = [fromText(value['statement']), fromText(value['signature'])];
  const [authenticatorData, clientDataJSON] = [fromText(value['authenticatorData']), fromText(value['clientDataJSON'])];
  if (statement === null || signature === null) return notBase64();
  if (format === 'sshsig') return { enrolledDigest, statement, signature, webauthn: null };
  if (authenticatorData === null || clientDataJSON === null) return notBase64();
  return { enrolledDigest, statement, signature, webauthn: { authenticatorData, clientDataJSON } };
}

function fromText(value: unknown): Uint8Array | null {
  return typeof value === 'string' ? fromBase64(value) : null;
}

function notBase64(): Refusal {
  return refusal('human-signature-malformed', 'a member of "human" is not base64');
}

/** The first field in which statement and record differ, or null. */
function findDifference(statement: ReviewStatement, { repository, predicate }: EvidenceRecord): string | null {
  const { host, installationId, id } = statement.repository;
  const isHere = repository.host === host && repository.installationId === installationId && repository.id === id;
  if (!isHere) return 'repository';
  if (predicate['requestDigest'] !== statement.requestDigest) return 'requestDigest';
  if (predicate['verdict'] !== statement.verdict) return 'verdict';
  const reviewer = predicate['reviewer'];
  if (!isObject(reviewer) || reviewer['id'] !== statement.reviewerId) return 'reviewer';
  const commitment = predicate['reasonCommitment'] ?? null;
  return commitment === statement.reasonCommitment ? null : 'reasonCommitment';
}

function findEnrolment(
  human: HumanSignature,
  { reviewerId }: ReviewStatement,
  index: number,
  enrolments: ReadonlyMap<string, Enrolment>,
): Enrolment | Refusal {
  const enrolment = enrolments.get(human.enrolledDigest);
  if (enrolment === undefined) return refusal('credential-unknown', 'it names a credential that was never enrolled');
  if (enrolment.index >= index) {
    return refusal('credential-enrolled-later', `its credential was enrolled only afterwards, at ${enrolment.index}`);
  }
  if (enrolment.reviewerId !== reviewerId) {
    return refusal('credential-of-another', 'its credential is enrolled for another person');
  }
  if (enrolment.revokedAt !== null && enrolment.revokedAt < index) {
    return refusal('credential-revoked', `its credential was revoked before, at ${enrolment.revokedAt}`);
  }
  return enrolment;
}

async function checkSigned(human: HumanSignature, enrolment: Enrolment, crypto: SshCrypto): Promise<string | null> {
  const { statement, signature, webauthn } = human;
  const { sha256 } = crypto;
  if (enrolment.format === 'webauthn') {
    if (webauthn === null) return 'the credential is a passkey, and this is an SSH signature';
    const { key, rpId, origins } = enrolment;
    const expected = { challenge: sha256(statement), rpId, origins, key };
    return checkAssertion({ ...webauthn, signature }, expected, crypto);
  }
  if (webauthn !== null) return 'the credential is an SSH key, and this was signed with a passkey';
  const signed = { blob: signature, message: statement, namespace: REVIEW_NAMESPACE, key: enrolment.ssh };
  return checkSshSignature(signed, crypto);
}

function refusal(code: ProblemCode, message: string): Refusal {
  return { code, message };
}
