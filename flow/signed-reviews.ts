import type { RepositoryRef } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import { checkSignedAnswer, findForeignField, parseSignedAnswer } from '../core/gate/signed-answer.ts';
import type { ExpectedAnswer, NamedKey } from '../core/gate/signed-answer.ts';
import type { PolicyState } from '../core/policy/requirement.ts';
import { parseSshKeyLine } from '../core/policy/ssh-key-line.ts';
import type { ReadPorts } from '../core/ports.ts';
import type { Review } from '../core/review.ts';
import { resolveAccount } from './people.ts';
import type { Answered } from './reviews.ts';
import { load, save } from './state.ts';
import type { Answers } from './state.ts';

/** Keys with which people may sign, by account id. */
export type Signers = ReadonlyMap<number, readonly NamedKey[]>;

/**
 * The keys that the policy in force names, for every account of their holder. The policy stands on the default branch, where
 * a change of it is judged by the policy before it: whoever only holds somebody's session enrols no key there (attack C25).
 */
export async function signersOf(ports: ReadPorts, ref: RepositoryRef, state: PolicyState): Promise<Signers> {
  const signers = new Map<number, readonly NamedKey[]>();
  const people = state.kind === 'in-force' ? (state.policy.people ?? []) : [];
  for (const { accounts, 'ssh-keys': lines = [], 'verify-required': mustVerifyUser = false } of people) {
    const keys = lines.flatMap((line): readonly NamedKey[] => {
      const parsed = parseSshKeyLine(line);
      return parsed.ok ? [{ key: parsed.value, mustVerifyUser }] : [];
    });
    if (keys.length === 0) continue;
    for (const account of accounts) {
      const { id } = await resolveAccount(ports, ref, account);
      if (id !== null) signers.set(id, [...(signers.get(id) ?? []), ...keys]);
    }
  }
  return signers;
}

/**
 * Judges the signature that an approval claims, with the keys of now. A claim that does not hold is no plain approval either:
 * the answer is void, with the reason.
 */
export async function judgeSignature(
  ports: ReadPorts,
  ref: RepositoryRef,
  requestDigest: string,
  signers: Signers,
  answered: Answered,
): Promise<Answered> {
  const { claimed, ...review } = answered.review;
  if (claimed === undefined || answered.voided !== null) return answered;
  const { login, id } = review.reviewer;
  const parsed = parseSignedAnswer(claimed);
  if (!parsed.ok) return { review, voided: because('signature-unreadable', { login, issue: parsed.issue }) };
  const expected = expectedOf(ref, requestDigest, review);
  const checked = await checkSignedAnswer(parsed.value, expected, signers.get(id) ?? [], ports);
  if ('code' in checked) return { review, voided: checked };
  const first = await load(ports.documents, ref, 'nonce', parsed.value.statement.nonce);
  if (first?.body.answerId !== review.id) return { review, voided: because('signature-replayed', { login }) };
  return { review: { ...review, assurance: 'human-signed', proof: checked.proof }, voided: null };
}

/**
 * Remembers with which answer a signed statement came first, for as long as there is a log: whoever copies it later, into
 * another comment or for a request that comes back, has copied a used one. Called before the answer is kept.
 */
export async function claimStatement(
  ports: ReadPorts,
  ref: RepositoryRef,
  requestDigest: string,
  answer: Answers[number],
): Promise<void> {
  const parsed = answer.signed === null ? null : parseSignedAnswer(answer.signed);
  // Of somebody else's statement nobody makes a used one by copying it.
  if (parsed?.ok !== true) return;
  const { statement } = parsed.value;
  if (findForeignField(statement, expectedOf(ref, requestDigest, answer)) !== null) return;
  if ((await load(ports.documents, ref, 'nonce', statement.nonce)) !== null) return;
  await save(ports.documents, ref, 'nonce', statement.nonce, { body: { answerId: answer.id }, version: 0 });
}

function expectedOf(
  repository: RepositoryRef,
  requestDigest: string,
  { verdict, reviewer }: Pick<Review, 'verdict' | 'reviewer'>,
): ExpectedAnswer {
  return { repository, requestDigest, verdict, reviewer };
}
