import { z } from 'zod';
import type { TeamMembers } from '../core/actors/team-members.ts';
import { GateError } from '../core/errors.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { Role, Source } from '../core/parties/party.ts';
import type { DocumentKey, DocumentStore, DocumentWrite } from '../core/ports.ts';
import { proposalSchema } from '../core/proposal.ts';
import type { Proposal } from '../core/proposal.ts';
import { RESULTS } from '../core/record/release-schemas.ts';

/**
 * What the flow remembers between two looks. GitHub and the evidence branch are the truth about what happened; these
 * documents remember what this App meant to do, so that a crash at any step is resumed and never guessed (invariant 1).
 */

const hex40 = z.string().regex(/^[0-9a-f]{40}$/);
const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const account = z.strictObject({
  id: z.int(),
  login: z.string(),
  type: z.enum(['User', 'Bot', 'Organization', 'Mannequin', 'Unknown']),
});
const job = z.strictObject({ id: z.int().positive(), name: z.string() });

export type KnownJob = z.infer<typeof job>;

const authorisation = z.strictObject({
  /** Counts from 1 within the gate: a void one may be followed by another. */
  number: z.int().positive(),
  /** Digest of the `authorised` record; null until it is durable on the branch. */
  digest: hex64.nullable(),
  requestDigest: hex64,
  jobs: z.array(job),
  notAfter: z.int(),
  /** Set before our answer is sent, so that after a crash it is known that it may have been. */
  posted: z.boolean(),
  /** GitHub said 204. */
  accepted: z.boolean(),
  seatReviews: z.array(z.string()),
});

export type Authorisation = z.infer<typeof authorisation>;

const gate = z.strictObject({
  attempt: z.int().positive(),
  environment: z.string(),
  opening: z.int().positive(),
  /** As GitHub writes it: the answer needs it. */
  environmentName: z.string(),
  headSha: hex40,
  state: z.enum(['held', 'authorised', 'rejecting', 'closed']),
  jobs: z.array(job),
  /** Entries of `approvals` that were there when the gate opened: they answer something else. */
  earlierApprovals: z.array(z.string()),
  requestDigest: hex64.nullable(),
  /** What the request said would run when it was opened; null while there is none. */
  wouldRun: z.string().nullable().default(null),
  /** Answers that bind no digest and were there when that changed: they answered something else (invariant 4). */
  staleReviews: z.array(z.string()).default([]),
  authorisations: z.int().nonnegative(),
  authorisation: authorisation.nullable(),
  /** How it closed: released, rejected, withdrawn, bypassed, misapplied. */
  end: z.string().nullable(),
  /** false: its check does not say yet how it closed. Missing in documents of before, and alone, where there is no check. */
  endShown: z.boolean().optional(),
  /** The `released` record and what it let go; null when nothing was. */
  released: z
    .strictObject({
      digest: hex64,
      /** Missing in documents of before. */
      authorisedDigest: hex64.nullable().default(null),
      requestDigest: hex64,
      jobs: z.array(job),
      outcome: z.string().nullable(),
      /** Of its record, where a workflow wrote it. */
      outcomeDigest: hex64.optional(),
      /** Alone: when the outcome was written no job of the attempt was left that could have asked at a prompt. */
      quiet: z.boolean().optional(),
    })
    .nullable(),
  reports: z.int().nonnegative(),
  lastReport: z.string(),
});

export type GateState = z.infer<typeof gate>;

const runState = z.strictObject({ gates: z.array(gate) });
export type RunState = z.infer<typeof runState>;

const signal = z.strictObject({
  tier: z.enum(['verified', 'declared', 'heuristic']),
  kind: z.string(),
  agent: z.string().nullable(),
  where: z.string(),
  value: z.string(),
});

const checkAction = z.strictObject({ label: z.string(), description: z.string(), identifier: z.string() });

const partyRole = z.strictObject({
  role: z.enum([
    'author',
    'co-author',
    'committer',
    'suggestion-author',
    'pusher',
    'pull-request-author',
    'sponsor',
    'dispatcher',
    're-runner',
    'owner',
    'merger',
  ] satisfies readonly Role[]),
  where: z.string(),
  source: z.enum(['api', 'git', 'text'] satisfies readonly Source[]),
});

const pullState = z.strictObject({
  headSha: hex40,
  baseRef: z.string(),
  state: z.enum(['evaluating', 'held', 'released', 'passed', 'rejected', 'closed']),
  /** What is asked now, or was asked last. */
  request: z.strictObject({ digest: hex64, headSha: hex40 }).nullable(),
  /** Releases of the pull request so far: one that was put back or superseded and is given again is another record. */
  releases: z.int().nonnegative(),
  releasedDigest: hex64.nullable(),
  /** Signals of every head so far: evidence only ratchets up (a force push erases nothing). */
  signals: z.array(signal),
  /** Who stood behind it when it was last looked at; none in documents of before. */
  people: z.array(z.strictObject({ account, roles: z.array(partyRole) })).default([]),
  reviewersRequested: z.array(z.string()),
  view: z.strictObject({ title: z.string(), summary: z.string(), actions: z.array(checkAction) }).nullable(),
});
export type PullState = z.infer<typeof pullState>;

const answers = z.array(
  z.strictObject({
    id: z.string(),
    channel: z.enum(['check-button', 'command']),
    verdict: z.enum(['approve', 'reject']),
    reviewer: account,
    at: z.string(),
    reason: z.string(),
    viaApp: z.string().nullable(),
    commentId: z.int().nullable(),
    /** The comment, where it claims a signature; none in documents of before. */
    signed: z.string().nullable().default(null),
  }),
);
export type Answers = z.infer<typeof answers>;

/**
 * Reviews of pull requests that have let a commit go, each with the request and, where nothing was proposed, the range that it
 * was counted for; otherwise null, and it lets nothing else go.
 */
const counted = z.array(z.strictObject({ review: z.string(), requestDigest: hex64, range: z.string().nullable() }));

/** Which answer a signed statement came with: it counts with no other (attack C25). */
const nonce = z.strictObject({ answerId: z.string() });

/** A person's key as the log knows it. Every enrolment of it has a number, and so has the revocation that ends it. */
const credential = z.strictObject({ reviewer: account, enrolments: z.int().positive(), isNamed: z.boolean() });
export type Credential = z.infer<typeof credential>;

/** Which request a typed code means, and where to look when it is answered. */
const codeTarget = z.strictObject({
  requestDigest: hex64,
  target: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('run'), runId: z.int().positive() }),
    z.strictObject({ kind: z.literal('pull-request'), number: z.int().positive() }),
  ]),
});

/** How jobs of one attempt said that they ended in an environment; one entry for each record that they were let go by. */
const reports = z.array(
  z.strictObject({ released: hex64.nullable(), result: z.enum(RESULTS), seconds: z.int().nonnegative() }),
);
export type Reports = z.infer<typeof reports>;

/** Where what jobs of one run told is kept, and how many bytes of proposals that are; times in milliseconds. */
const told = z.strictObject({
  changedAt: z.int(),
  /** null: the run goes on, as far as anybody has seen. */
  endedAt: z.int().nullable(),
  places: z.record(z.string(), z.int().nonnegative()),
  /** Something was proposed and had to make room. */
  isForgotten: z.boolean().optional(),
});

/** SHAs that this log released for an environment with outcome success, newest first. */
const successes = z.array(hex40);

/**
 * What opens the commitments of one record or facts file. It stands in this store and nowhere else: taken away, nobody can
 * ever say what was committed to (flow/expunge.ts).
 */
const disclosure = z.strictObject({
  salt: hex64,
  texts: z.array(z.string()),
  /** The facts file that commits to these texts; null for a reviewer's words. */
  factsDigest: hex64.nullable(),
  /** The commitment to a reviewer's words; null for a facts file. */
  reasonCommitment: hex64.nullable(),
  requestDigest: hex64,
});
export type Disclosure = z.infer<typeof disclosure>;

const sealed = z.strictObject({
  digest: hex64,
  /** Kept until the record is on the branch; then only its place is. */
  bytes: z.string().nullable(),
  attachments: z.array(z.strictObject({ path: z.string(), bytes: z.string() })),
  index: z.int().nonnegative().nullable(),
});

/** Members of a team that policy asks for time; `since` null: they were there at the first look. Times in milliseconds. */
const team = z.strictObject({
  baseAt: z.int(),
  /** When the list was last another one. */
  changedAt: z.int(),
  members: z.array(z.strictObject({ id: z.int().positive(), since: z.int().nullable() })),
});

/** Every kind of document: the closed list of what the flow stores. */
interface Bodies {
  run: RunState;
  /** A run with an open gate or an unsettled outcome: what the sweep looks at. */
  'open-run': Record<string, never>;
  pull: PullState;
  /** A released head of a pull request, by `<number>/<sha>`. */
  'released-head': { releasedDigest: string };
  answers: Answers;
  /** What would run in an environment, by `<run>/<attempt>/<environment>`. */
  proposals: readonly Proposal[];
  /** What runners said of how it ended, by the same. */
  reports: Reports;
  /** By run. */
  told: z.infer<typeof told>;
  /** Standalone: keys of the approvals that an attempt has seen, by `<run>/<attempt>/<environment>`. */
  approvals: readonly string[];
  /** By `<environment>/<sha>`. */
  counted: z.infer<typeof counted>;
  code: z.infer<typeof codeTarget>;
  /** By the nonce of the statement. */
  nonce: z.infer<typeof nonce>;
  /** By the SHA-256 of the key on the wire, hex. */
  credential: Credential;
  disclosure: Disclosure;
  environment: z.infer<typeof successes>;
  sealed: z.infer<typeof sealed>;
  /** Account id behind a login that the policy names: a login registered again by someone else is another person. */
  login: { id: number };
  /** By `org/slug`, lower case. */
  team: TeamMembers;
  policy: { digest: string };
  /** What the check of `<sha>/<environment>` says, by digest: runs of one commit share it. */
  'deployment-check': { digest: string };
}

export type DocumentKind = keyof Bodies;
export type DocumentBody<K extends DocumentKind> = Bodies[K];

const parsers: { readonly [K in DocumentKind]: (value: unknown) => Bodies[K] } = {
  run: (value) => runState.parse(value),
  'open-run': (value) => z.record(z.string(), z.never()).parse(value),
  pull: (value) => pullState.parse(value),
  'released-head': (value) => z.strictObject({ releasedDigest: hex64 }).parse(value),
  answers: (value) => answers.parse(value),
  proposals: (value) => z.array(proposalSchema).parse(value),
  reports: (value) => reports.parse(value),
  told: (value) => told.parse(value),
  approvals: (value) => z.array(z.string()).parse(value),
  counted: (value) => counted.parse(value),
  code: (value) => codeTarget.parse(value),
  nonce: (value) => nonce.parse(value),
  credential: (value) => credential.parse(value),
  disclosure: (value) => disclosure.parse(value),
  environment: (value) => successes.parse(value),
  sealed: (value) => sealed.parse(value),
  login: (value) => z.strictObject({ id: z.int().positive() }).parse(value),
  team: (value) => team.parse(value),
  policy: (value) => z.strictObject({ digest: z.string() }).parse(value),
  'deployment-check': (value) => z.strictObject({ digest: z.string() }).parse(value),
};

export interface Stored<K extends DocumentKind> {
  readonly body: DocumentBody<K>;
  /** 0: not stored yet. */
  readonly version: number;
}

function idOf(ref: RepositoryRef, kind: DocumentKind, key: string): DocumentKey {
  return { host: ref.host, installationId: ref.installationId, repositoryId: ref.id, kind, key };
}

function parseBody<K extends DocumentKind>(kind: K, text: string): DocumentBody<K> {
  try {
    return parsers[kind](JSON.parse(text));
  } catch (cause) {
    throw new GateError('ERR_STORE_UNAVAILABLE', `a stored document of kind ${kind} cannot be read`, { cause });
  }
}

/** Answers the document, or null when there is none. */
export async function load<K extends DocumentKind>(
  documents: DocumentStore,
  ref: RepositoryRef,
  kind: K,
  key: string,
): Promise<Stored<K> | null> {
  const found = await documents.get(idOf(ref, kind, key));
  return found === null ? null : { body: parseBody(kind, found.body), version: found.version };
}

/** The same as `save`, for whoever writes it together with something else. */
export function writeOf<K extends DocumentKind>(
  ref: RepositoryRef,
  kind: K,
  key: string,
  next: Stored<K>,
): DocumentWrite {
  return { id: idOf(ref, kind, key), body: JSON.stringify(next.body), expected: next.version };
}

/** Writes over exactly the version that was read. @throws {GateError} ERR_STORE_CONFLICT: look again from the start. */
export async function save<K extends DocumentKind>(
  documents: DocumentStore,
  ref: RepositoryRef,
  kind: K,
  key: string,
  next: Stored<K>,
): Promise<Stored<K>> {
  const written = await documents.put(idOf(ref, kind, key), JSON.stringify(next.body), next.version);
  return { body: next.body, version: written.version };
}

export async function keysOf(
  documents: DocumentStore,
  ref: RepositoryRef,
  kind: DocumentKind,
): Promise<readonly string[]> {
  const found = await documents.list({
    host: ref.host,
    installationId: ref.installationId,
    repositoryId: ref.id,
    kind,
  });
  return found.map((document) => document.id.key);
}

/** Every document of a kind, with its body: for kinds whose documents are small. */
export async function loadAll<K extends DocumentKind>(
  documents: DocumentStore,
  ref: RepositoryRef,
  kind: K,
): Promise<readonly (Stored<K> & { readonly key: string })[]> {
  const { host, installationId, id: repositoryId } = ref;
  const found = await documents.list({ host, installationId, repositoryId, kind });
  return found.map(({ id, body, version }) => ({ key: id.key, body: parseBody(kind, body), version }));
}

export async function remove(
  documents: DocumentStore,
  ref: RepositoryRef,
  kind: DocumentKind,
  key: string,
): Promise<void> {
  const found = await documents.get(idOf(ref, kind, key));
  if (found !== null) await documents.remove(found.id, found.version);
}
