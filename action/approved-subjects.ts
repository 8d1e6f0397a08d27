import { z } from 'zod';
import { fromUtf8 } from '../core/evidence/bytes.ts';
import { because } from '../core/gate/reasons.ts';
import { proposalSchema } from '../core/proposal.ts';
import type { ProposedSubject } from '../core/proposal.ts';
import { ActionFailure } from './failure.ts';

const factsSchema = z.object({ proposals: z.array(proposalSchema) });

/**
 * Everything that was approved to run, from the facts file of the record.
 * @param bytes their SHA-256 stands in the record
 * @param environment lower case; what was proposed for another one is not approved for this one
 * @throws {ActionFailure} `facts-unreadable`
 */
export function approvedSubjects(bytes: Uint8Array, environment: string, record: number): readonly ProposedSubject[] {
  const parsed = factsSchema.safeParse(parseJson(fromUtf8(bytes) ?? ''));
  if (!parsed.success) {
    const what = `${parsed.error.issues[0]?.path.join('.') ?? 'a field'} has a form that this version does not know`;
    throw new ActionFailure(because('facts-unreadable', { record, what }));
  }
  return parsed.data.proposals
    .filter((proposal) => proposal.environment === environment)
    .flatMap(({ subjects }) => subjects);
}

/**
 * Is all that the job is about to run among what was approved, and does it say what that is?
 * @param present digested just now from what is on the disk
 * @throws {ActionFailure} `subjects-not-named`, `subject-differs`, `subject-elsewhere`, `subject-not-approved`
 */
export function checkSubjects(present: readonly ProposedSubject[], approved: readonly ProposedSubject[]): void {
  const [first] = approved;
  if (first !== undefined && present.length === 0) {
    throw new ActionFailure(because('subjects-not-named', { count: approved.length, name: first.name }));
  }
  for (const { kind, name, sha256 } of present) {
    const ofKind = approved.filter((each) => each.kind === kind);
    const named = ofKind.filter((each) => each.name === name);
    if (named.some((each) => each.sha256 === sha256)) continue;
    const [other] = named;
    if (other !== undefined) {
      throw new ActionFailure(because('subject-differs', { name, found: sha256, expected: other.sha256 }));
    }
    const elsewhere = ofKind.find((each) => each.sha256 === sha256);
    if (elsewhere !== undefined) {
      throw new ActionFailure(because('subject-elsewhere', { name, found: elsewhere.name }));
    }
    throw new ActionFailure(because('subject-not-approved', { name, kind }));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
