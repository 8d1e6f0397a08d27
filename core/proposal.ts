import { z } from 'zod';
import { toHex, utf8 } from './evidence/bytes.ts';
import type { Sha256 } from './evidence/bytes.ts';
import { canonicalJson } from './gate/request-digest.ts';

/**
 * What a job says that it is about to run: digests of plans, artifacts, manifests and commands, what is risky in them, and
 * why. Made on the runner, so that no value of a plan ever leaves it (invariant 11); written by the requesting side, so it
 * is shown as its words and only ever binds: what is not among `subjects` does not run.
 */

export const SUBJECTS_MAX = 50;
export const FINDINGS_MAX = 200;
/** Characters of a subject's name. */
export const SUBJECT_NAME_MAX = 1_000;
export const REASON_MAX = 2_000;
/**
 * Of a proposal as JSON, or of a list of them: it reaches the deciding job as one variable of a process, of which Linux starts
 * none with more than 128 KiB.
 */
export const PROPOSAL_MAX_BYTES = 120 * 1024;

const hex64 = z.string().regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in lower-case hex');

function text(maxCharacters: number) {
  return z
    .string()
    .min(1)
    .max(maxCharacters)
    .refine((value) => value.isWellFormed(), 'not well-formed Unicode');
}

/**
 * One thing that will run. `name`: path within the repository with `/`, never absolute and never with `..`; of a command its
 * words as canonical JSON. Another directory is another name, and so another subject (attack C42).
 */
const proposedSubject = z.strictObject({
  kind: z.enum(['plan', 'artifact', 'manifest', 'command']),
  name: text(SUBJECT_NAME_MAX),
  sha256: hex64,
});

/** One risk indicator (docs/design.md 2). No value of a plan stands in it, only addresses and names of attributes. */
const proposedFinding = z.strictObject({
  rule: z
    .string()
    .max(100)
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
  kind: z
    .string()
    .max(100)
    .regex(/^[a-z]+(?:-[a-z]+)*$/),
  level: z.enum(['low', 'medium', 'high', 'critical']),
  where: text(500),
  why: text(500),
  confidence: z.enum(['certain', 'likely', 'possible']),
});

export const proposalSchema = z.strictObject({
  /** Lower case. */
  environment: text(255).refine((name) => name === name.toLowerCase(), 'not in lower case'),
  subjects: z.array(proposedSubject).min(1).max(SUBJECTS_MAX),
  findings: z.array(proposedFinding).max(FINDINGS_MAX),
  /** Findings beyond those that are listed. */
  moreFindings: z.int().nonnegative(),
  /** In the words of the requesting side. */
  reason: z
    .string()
    .max(REASON_MAX)
    .refine((value) => value.isWellFormed(), 'not well-formed Unicode'),
});

export type Proposal = z.infer<typeof proposalSchema>;
export type ProposedSubject = Proposal['subjects'][number];
export type ProposedFinding = Proposal['findings'][number];

/**
 * SHA-256 of the canonical JSON of all that is proposed for one environment of one attempt, in an order that does not depend on who came
 * first; lower-case hex. It is part of the request: a changed plan is a changed request.
 */
export function proposalsDigest(proposals: readonly Proposal[], sha256: Sha256): string {
  const canonical = proposals.map((proposal) => canonicalJson(sorted(proposal))).toSorted();
  return toHex(sha256(utf8(canonicalJson(canonical))));
}

function sorted(proposal: Proposal): Proposal {
  return {
    ...proposal,
    subjects: proposal.subjects.toSorted((one, other) => (canonicalJson(one) < canonicalJson(other) ? -1 : 1)),
    findings: proposal.findings.toSorted((one, other) => (canonicalJson(one) < canonicalJson(other) ? -1 : 1)),
  };
}
