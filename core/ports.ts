import type { Account } from './actors/account.ts';
import type {
  ApprovalEntry,
  ChangedFile,
  CommentFacts,
  CommitFacts,
  Comparison,
  JobFacts,
  PendingEnvironment,
  PullFacts,
  PullReview,
  PushFacts,
  RepositoryFacts,
  RepositoryRef,
  RunFacts,
  TimelineEvent,
  WaitingJob,
  AppRef,
} from './facts.ts';
import type { PublicKey, Verify } from './evidence/public-key.ts';
import type { Permission } from './review.ts';
import type { TokenStore } from './token-store.ts';

/**
 * What the flow asks of the outside. Every method either answers completely or throws GateError: a cut list is
 * ERR_FORGE_TRUNCATED, an unknown shape ERR_FORGE_SHAPE, and nothing is ever answered from a cache (a release re-reads).
 */
export interface ForgeReader {
  repository(ref: RepositoryRef): Promise<RepositoryFacts>;
  run(ref: RepositoryRef, runId: number): Promise<RunFacts>;
  runAttempt(ref: RepositoryRef, runId: number, attempt: number): Promise<RunFacts>;
  /** Jobs of the run's current attempt that wait on any environment (GraphQL CheckRun.pendingDeploymentRequest). */
  waitingJobs(ref: RepositoryRef, run: RunFacts): Promise<readonly WaitingJob[]>;
  pendingEnvironments(ref: RepositoryRef, runId: number): Promise<readonly PendingEnvironment[]>;
  /** Ids of the Apps whose custom protection rule is enabled on the environment; empty when it has none or does not exist. */
  environmentApps(ref: RepositoryRef, environment: string): Promise<readonly number[]>;
  approvals(ref: RepositoryRef, runId: number): Promise<readonly ApprovalEntry[]>;
  attemptJobs(ref: RepositoryRef, runId: number, attempt: number): Promise<readonly JobFacts[]>;
  /** Runs with status `waiting`: what the sweep looks at. */
  waitingRuns(ref: RepositoryRef): Promise<readonly RunFacts[]>;
  /** null: one of the two commits cannot be found or they share no history. `truncated` instead of an error here. */
  compare(ref: RepositoryRef, baseSha: string, headSha: string): Promise<Comparison | null>;
  /** In the order asked; 100 a call. Throws ERR_FORGE_NOT_FOUND when one is missing. */
  commits(ref: RepositoryRef, shas: readonly string[]): Promise<readonly CommitFacts[]>;
  pullRequest(ref: RepositoryRef, number: number): Promise<PullFacts>;
  pullCommits(ref: RepositoryRef, number: number): Promise<readonly CommitFacts[]>;
  /** `complete` is false from 3,000 files on, where GitHub stops: then everything counts as touched (C81). */
  changedFiles(
    ref: RepositoryRef,
    number: number,
  ): Promise<{ readonly files: readonly ChangedFile[]; readonly complete: boolean }>;
  pullReviews(ref: RepositoryRef, number: number): Promise<readonly PullReview[]>;
  /** Ids of the reviews whose text nobody has edited: others than the reviewer may (C38), and the list above does not tell. */
  uneditedReviews(ref: RepositoryRef, number: number): Promise<ReadonlySet<number>>;
  timeline(ref: RepositoryRef, number: number): Promise<readonly TimelineEvent[]>;
  /** Open pull requests whose head is this commit. */
  openPullsWithHead(
    ref: RepositoryRef,
    headSha: string,
  ): Promise<readonly { readonly number: number; readonly fromFork: boolean }[]>;
  openPulls(ref: RepositoryRef): Promise<readonly number[]>;
  /** Who pushed to a branch, newest first (activity API). */
  pushes(ref: RepositoryRef, branch: string): Promise<readonly PushFacts[]>;
  /** The newest 100 pushes to a branch, newest first: what came before them is not asked. Empty when there is no such branch. */
  recentPushes(ref: RepositoryRef, branch: string): Promise<readonly PushFacts[]>;
  /** null: deleted. */
  comment(ref: RepositoryRef, commentId: number): Promise<CommentFacts | null>;
}

export type PolicyRead =
  | { readonly kind: 'found'; readonly commitSha: string; readonly text: string }
  /** Proven absent at this commit (404 on the file, while the commit itself was read). */
  | { readonly kind: 'absent'; readonly commitSha: string }
  /** `isForGood`: what stands at this commit can never be read as a policy, whoever asks and whenever. */
  | { readonly kind: 'unreadable'; readonly detail: string; readonly isForGood?: true };

export interface PolicySource {
  /** `.github/countersign.yml` on the default branch, at the commit that the branch names now (invariant 5). Never throws. */
  read(repository: RepositoryFacts): Promise<PolicyRead>;
  /** The same file at a commit; `absent` also where there is no such commit any more. Never throws. */
  readAt(repository: RepositoryFacts, commitSha: string): Promise<PolicyRead>;
}

export interface People {
  permission(ref: RepositoryRef, login: string): Promise<Permission>;
  /** Active member of the team; `team` is `org/slug`. A team that does not exist throws ERR_FORGE_NOT_FOUND. */
  isTeamMember(ref: RepositoryRef, team: string, login: string): Promise<boolean>;
  /** Members of a team, to name who could release. */
  teamMembers(ref: RepositoryRef, team: string): Promise<readonly Account[]>;
  /** People with at least `write`, each with their permission, to name who could release. */
  collaborators(ref: RepositoryRef): Promise<readonly { readonly account: Account; readonly permission: Permission }[]>;
  /** Whose App this is, by its slug; null when GitHub does not tell, as of another's private App. */
  appOwner(ref: RepositoryRef, slug: string): Promise<Account | null>;
  /** null: no such account now. */
  byLogin(ref: RepositoryRef, login: string): Promise<Account | null>;
}

export interface CheckAction {
  /** ≤ 20 characters. */
  readonly label: string;
  /** ≤ 40 characters. */
  readonly description: string;
  /** ≤ 20 characters, e.g. `approve:K3M9QX2T`. */
  readonly identifier: string;
}

export interface CheckRunInput {
  readonly name: string;
  readonly headSha: string;
  /** Digest of the request, so that a button can be tied to it. */
  readonly externalId: string;
  readonly conclusion: 'success' | 'failure' | 'action_required' | 'neutral' | 'cancelled';
  readonly title: string;
  /** Markdown, ≤ 65,535 characters; already escaped. */
  readonly summary: string;
  readonly actions: readonly CheckAction[];
}

export type AnswerOutcome =
  | { readonly kind: 'accepted' }
  /** 404 or 422: GitHub says it is not pending; what happened must be re-read. */
  | { readonly kind: 'not-pending'; readonly status: number }
  /** 5xx, time-out, lost reply: it may have taken effect. */
  | { readonly kind: 'unknown'; readonly detail: string };

/** Everything that changes GitHub. No write is re-sent by the client; each is idempotent or re-read by its caller. */
export interface Gatekeeper {
  answerDeployment(
    ref: RepositoryRef,
    runId: number,
    environment: string,
    state: 'approved' | 'rejected',
    comment: string,
  ): Promise<AnswerOutcome>;
  /** Status report that decides nothing: ≤ 1,024 characters, at most 10 a deployment. */
  reportDeployment(ref: RepositoryRef, runId: number, environment: string, comment: string): Promise<void>;
  /** Makes or updates the App's own check run of this name on this SHA; answers its id. */
  putCheck(ref: RepositoryRef, check: CheckRunInput): Promise<number>;
  requestReviewers(ref: RepositoryRef, number: number, logins: readonly string[]): Promise<void>;
  cancelRun(ref: RepositoryRef, runId: number): Promise<void>;
  comment(ref: RepositoryRef, issueNumber: number, markdown: string): Promise<void>;
}

/** A statement ready for the log, with the files that it names by digest. */
export interface SealedInput {
  /** Exact bytes that are signed and become the leaf; at most 65,535. */
  readonly bytes: Uint8Array;
  /** `policies/<sha256>.yml` and `facts/<sha256>.json`. */
  readonly attachments: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

export interface Sealed {
  /** SHA-256 of the record's bytes, hex: what other records name it by. */
  readonly digest: string;
  /** Leaf index. */
  readonly index: number;
}

/**
 * The evidence branch. `append` resolves only when every record is durable on the branch, in the order given, and is
 * idempotent by record digest: after a crash or a lost reply the same bytes are appended again and count once.
 * @throws {GateError} ERR_LOG_DRIFT, ERR_LOG_REFUSED, ERR_LOG_KEYS, ERR_LOG_BUSY, ERR_FORGE_*; then nothing may be released on it.
 */
export interface EvidenceLog {
  append(ref: RepositoryRef, records: readonly SealedInput[]): Promise<readonly Sealed[]>;
  /** Index of a record that is on the branch, or null. */
  find(ref: RepositoryRef, digest: string): Promise<number | null>;
  /** Is the record on the branch, and the key that signed it revoked since from before it on? Nothing may rest on it then. */
  isRevoked(ref: RepositoryRef, digest: string): Promise<boolean>;
  /** Looks at the branch (after a push that was not expected, or at start): repairs forward or reports drift. */
  inspect(ref: RepositoryRef): Promise<'intact' | 'repaired' | 'drift'>;
}

/**
 * Signs for a log; a KMS could stand behind it. Ed25519 signs the message itself, which AWS KMS takes up to 4,096 bytes;
 * P-256 signs its SHA-256, so there the length does not matter.
 */
export interface Signer {
  /** Ed25519 or P-256. */
  readonly publicKey: PublicKey;
  /** Longest message that `sign` takes, in bytes. */
  readonly maxMessageBytes: number;
  /**
   * A canonical signature over the message (never over a digest that the caller made): Ed25519 64 bytes; P-256 strict DER
   * with the smaller s. The same message need not give the same bytes twice.
   * @throws {GateError} ERR_SIGNER_UNAVAILABLE, when asking again may help
   */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
}

export interface Ids {
  /** 128 random bits, hex. */
  nonce(): string;
}

/** Where a document belongs; `key` is unique within (repository, kind). */
export interface DocumentKey {
  readonly host: string;
  readonly installationId: number;
  readonly repositoryId: number;
  readonly kind: string;
  readonly key: string;
}

export interface Document {
  readonly id: DocumentKey;
  /** JSON text; parsed by its owner's schema. */
  readonly body: string;
  /** Counts from 1; a write names the version that it read. */
  readonly version: number;
}

/** A write of one document, compare and set: see `DocumentStore.put`. */
export interface DocumentWrite {
  readonly id: DocumentKey;
  readonly body: string;
  readonly expected: number;
}

/** One webhook delivery, stored before it is answered (invariant 10). */
export interface Delivery {
  /** X-GitHub-Delivery. It is not signed, so content is compared too. */
  readonly id: string;
  readonly event: string;
  /** SHA-256 of the raw body, hex. */
  readonly digest: string;
  readonly body: Uint8Array;
  readonly receivedAt: string;
}

/** One piece of work. Jobs of one `subject` run one after the other, never side by side. */
export interface Job {
  readonly id: number;
  readonly kind: string;
  /** e.g. `github.com/12/34/run/56`. */
  readonly subject: string;
  /** JSON text. */
  readonly payload: string;
  readonly attempts: number;
}

export interface NewJob {
  readonly kind: string;
  readonly subject: string;
  readonly payload: string;
  /** Milliseconds since the epoch; default: at once. */
  readonly notBefore?: number;
  /** A waiting (not yet claimed) job with the same kind, subject and payload swallows this one. */
  readonly collapse?: boolean;
}

export interface JobQueue {
  /** One transaction: remembers the delivery and queues its job; `duplicate` when id or (event, digest) was seen. */
  accept(delivery: Delivery, job: NewJob): Promise<'stored' | 'duplicate'>;
  delivery(id: string): Promise<Delivery | null>;
  enqueue(job: NewJob): Promise<void>;
  /** The oldest due job whose subject has no leased job; the lease ends at `now + leaseMs` unless renewed. */
  claim(owner: string, now: number, leaseMs: number): Promise<Job | null>;
  renew(job: Job, owner: string, now: number, leaseMs: number): Promise<boolean>;
  /** Only the owner of a live lease may end a job; `false` means that the lease was lost. */
  complete(job: Job, owner: string): Promise<boolean>;
  retry(job: Job, owner: string, notBefore: number, error: string): Promise<boolean>;
  /** Dead letter: kept, shown, never tried again by itself. */
  bury(job: Job, owner: string, error: string): Promise<boolean>;
  /** When the next job falls due, or null: what the worker sleeps on. */
  nextDue(now: number): Promise<number | null>;
  counts(): Promise<{ readonly waiting: number; readonly leased: number; readonly dead: number }>;
}

export interface DocumentStore {
  get(id: DocumentKey): Promise<Document | null>;
  /**
   * Compare and set: `expected` 0 makes a new row.
   * @throws {GateError} ERR_STORE_CONFLICT when the version is another
   */
  put(id: DocumentKey, body: string, expected: number): Promise<Document>;
  list(
    filter: Pick<DocumentKey, 'host' | 'installationId' | 'repositoryId'> & { readonly kind: string },
  ): Promise<readonly Document[]>;
  /** All rows of a kind, any repository: what a sweep and the start look at. */
  listAll(kind: string): Promise<readonly Document[]>;
  remove(id: DocumentKey, expected: number): Promise<void>;
}

/** The identity of one log within the store. */
export interface LogId {
  readonly host: string;
  readonly installationId: number;
  readonly repositoryId: number;
  /** 1, 2, … : a rewritten branch starts a new log. */
  readonly generation: number;
}

export interface StoredRecord {
  readonly digest: string;
  readonly bytes: Uint8Array;
  /** DSSE signature by the record key. */
  readonly signature: Uint8Array;
  /** Without those that were expunged. */
  readonly attachments: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** The facts file that an `expunged` record takes off the branch. */
  readonly expunges?: string;
  /** null until it is known to be on the branch. */
  readonly index: number | null;
}

/** A name by which a record is found, or that no other record of its log may have. */
export interface RecordMark {
  readonly name: string;
  readonly isUnique: boolean;
}

/** A record as it is put into the queue. */
export interface KeptRecord extends Omit<StoredRecord, 'index'> {
  readonly mark?: RecordMark | undefined;
  /** It comes from the log before this one, so what it expunges is not on the branch and shall not come there. */
  readonly isCarried?: boolean;
}

/**
 * What the writer must not lose. All record bytes are kept for ever: the branch can be rebuilt from them (but for facts that were expunged).
 * `state` is one JSON text owned by the writer (size, edge, head, pending batch, last signed checkpoint), changed by
 * compare and set, so that two processes cannot both believe they are the sequencer.
 */
export interface LogStore {
  /**
   * Keeps the record at the end of the queue; the same digest again changes nothing. The bytes of a file that it expunges are
   * forgotten in the same transaction.
   * @throws {GateError} ERR_INPUT when no published record names that file, or another record has expunged it; when another
   *   record has its unique mark
   */
  keep(log: LogId, record: KeptRecord): Promise<void>;
  /** All records with that mark: published ones in order, then those in the queue. */
  marked(log: LogId, name: string): Promise<readonly StoredRecord[]>;
  /** Records without an index, in the order in which they were kept; at most `limit`. */
  queued(log: LogId, limit: number): Promise<readonly StoredRecord[]>;
  record(log: LogId, digest: string): Promise<StoredRecord | null>;
  /** Published records from index `from`, in order. */
  published(log: LogId, from: number, limit: number): Promise<readonly StoredRecord[]>;
  state(log: LogId): Promise<{ readonly body: string; readonly version: number } | null>;
  /**
   * Latest generation that has a state, or null; as it is now. Every other read may show what this one saw last, with what was
   * written here since.
   */
  latest(id: Omit<LogId, 'generation'>): Promise<number | null>;
  /**
   * One transaction: sets the state (compare and set on `expected`; 0 makes it), the index of the published records, and
   * another signature of records that are still queued (the log went over to another key before their turn came).
   * @throws {GateError} ERR_STORE_CONFLICT
   */
  advance(
    log: LogId,
    state: string,
    expected: number,
    published: readonly { readonly digest: string; readonly index: number }[],
    resigned?: readonly { readonly digest: string; readonly signature: Uint8Array }[],
  ): Promise<void>;
}

export interface Store {
  readonly queue: JobQueue;
  readonly documents: DocumentStore;
  readonly logs: LogStore;
  readonly tokens: TokenStore;
  close(): Promise<void>;
}

/** Everything that a flow may ask. */
export interface Ports {
  readonly forge: ForgeReader;
  readonly policy: PolicySource;
  readonly people: People;
  readonly gatekeeper: Gatekeeper;
  readonly log: EvidenceLog;
  readonly documents: DocumentStore;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly ids: Ids;
  /** SHA-256 is handed in because core has no crypto of its own. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** SHA-512 and signatures of people, for answers that are signed. */
  readonly sha512: (bytes: Uint8Array) => Uint8Array;
  readonly verify: Verify;
  /** The App itself, so that its own pushes and checks are known. */
  readonly self: AppRef;
}

/** What a look needs that answers nobody and lets nothing go: `countersign who` has no more. */
export type ReadPorts = Pick<
  Ports,
  'forge' | 'policy' | 'people' | 'documents' | 'clock' | 'sha256' | 'sha512' | 'verify'
>;

/** What judging and writing it down needs; nothing is answered to GitHub by it. */
export type RecordPorts = ReadPorts & Pick<Ports, 'log' | 'ids'>;
