import type { ApprovalEntry, PullFacts, PullReview, RepositoryRef, TimelineEvent } from '../core/facts.ts';
import { isAddressedToUs, parseCommand } from '../core/gate/command.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import type { ReadPorts } from '../core/ports.ts';
import type { GateKey } from '../core/request.ts';
import type { Review } from '../core/review.ts';
import { load, save } from './state.ts';
import type { Answers } from './state.ts';

/** An answer, and why it is void from the start, if it is: facts that its bound fields do not show. */
export interface Answered {
  readonly review: Review;
  readonly voided: Because | null;
}

/**
 * Reviews of a pull request, each person's latest answer only. A dismissed answer is none, and does not bring an older one
 * back (C37). GitHub binds a review to a commit, not to the base and not to a stretch of time: one that stands before the
 * last change of base, or before the last force push, answered something else (C34, C35). Their order in the timeline
 * decides, never their times.
 *
 * A first line that rejects stops, whichever button it was sent by: as a mere comment, where it names this request.
 * @param code of the request that is asked
 */
export async function pullRequestReviews(
  ports: ReadPorts,
  ref: RepositoryRef,
  pull: PullFacts,
  timeline: readonly TimelineEvent[],
  code: string,
): Promise<readonly Answered[]> {
  const latest = new Map<number, PullReview>();
  for (const review of await ports.forge.pullReviews(ref, pull.number)) {
    if (review.reviewer === null) continue;
    if (isAnswer(review, code)) latest.set(review.reviewer.id, review);
  }
  return [...latest.values()].flatMap((review): readonly Answered[] => {
    if (review.reviewer === null || review.state === 'DISMISSED') return [];
    const { login } = review.reviewer;
    const answered: Review = {
      id: `review:${review.id}`,
      channel: 'pull-request-review',
      verdict: isApproval(review) ? 'approve' : 'reject',
      reviewer: review.reviewer,
      assurance: 'platform-attested',
      // Without a commit GitHub cannot say what was reviewed any more: then the head is not bound, and it does not count.
      bound: {
        pullRequest: pull.number,
        baseRef: pull.baseRef,
        ...(review.commitSha === null ? {} : { headSha: review.commitSha }),
      },
      at: review.submittedAt,
      reason: review.body,
      viaApp: null,
      edited: false,
    };
    const voided = stoodBefore('base-changed', review.id, timeline)
      ? because('review-before-base-change', { login })
      : stoodBefore('force-pushed', review.id, timeline)
        ? because('review-before-force-push', { login })
        : meansSomethingElse(answered)
          ? because('review-without-code', { login, code })
          : null;
    return [{ review: answered, voided }];
  });
}

/** Takes the place of what the person answered before; a mere comment does only where it rejects the request of this code. */
export function isAnswer({ state, body }: PullReview, code: string): boolean {
  if (state === 'COMMENTED') return rejectedCode(body) === code;
  return ['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'].includes(state);
}

export function isApproval({ state, body }: PullReview): boolean {
  return state === 'APPROVED' && rejectedCode(body) === null;
}

function rejectedCode(body: string): string | null {
  const command = parseCommand(body);
  return command?.kind === 'reject' ? command.code : null;
}

/** Sent as an approval, and its first line begins like a command that may have been meant to stop. */
function meansSomethingElse({ verdict, reason }: Review): boolean {
  return verdict === 'approve' && isAddressedToUs(reason) && parseCommand(reason)?.kind !== 'approve';
}

/** A review that the timeline does not show stands before everything: unknown order never counts for it. */
function stoodBefore(
  kind: 'force-pushed' | 'base-changed',
  reviewId: number,
  timeline: readonly TimelineEvent[],
): boolean {
  const change = timeline.findLastIndex((event) => event.kind === kind);
  if (change === -1) return false;
  return timeline.findIndex((event) => event.kind === 'reviewed' && event.reviewId === reviewId) < change;
}

/** One entry of `approvals` as a text that can be compared with those seen before. */
export function approvalKey(entry: ApprovalEntry): string {
  const environments = entry.environments.map((name) => name.toLowerCase()).toSorted();
  return JSON.stringify([entry.user?.id ?? null, entry.state, environments, entry.comment]);
}

/**
 * Entries that were not there when the gate opened; GitHub tells neither their attempt nor their time.
 * @param prompts environments, in lower case, whose prompt asks about this gate
 */
export function newApprovals(
  entries: readonly ApprovalEntry[],
  earlier: readonly string[],
  prompts: readonly string[],
): readonly ApprovalEntry[] {
  const left = [...earlier];
  return entries.filter((entry) => {
    if (!entry.environments.some((name) => prompts.includes(name.toLowerCase()))) return false;
    const seen = left.indexOf(approvalKey(entry));
    if (seen === -1) return true;
    left.splice(seen, 1);
    return false;
  });
}

/**
 * Answers given at the deployment prompt, those since this gate opened and, to be told why they do not count, those before.
 * GitHub says nothing about the order of its list, so each is named by what it says and counted among its like: one that is
 * stale stays so, whatever is listed before it (invariant 4).
 */
export function promptReviews(
  entries: readonly ApprovalEntry[],
  gate: GateKey & { readonly earlierApprovals: readonly string[] },
  prompts: readonly string[],
  now: string,
): readonly Answered[] {
  const fresh = newApprovals(entries, gate.earlierApprovals, prompts);
  const before = entries.filter(
    (entry) => !fresh.includes(entry) && entry.environments.some((name) => prompts.includes(name.toLowerCase())),
  );
  return [
    ...readPrompt(fresh, gate, now, 'prompt'),
    ...readPrompt(before, gate, now, 'prompt-before').map(({ review }) => ({
      review,
      voided: because('prompt-before-gate', { login: review.reviewer.login }),
    })),
  ];
}

function readPrompt(
  entries: readonly ApprovalEntry[],
  gate: GateKey,
  now: string,
  prefix: 'prompt' | 'prompt-before',
): readonly Answered[] {
  const likes = new Map<string, number>();
  return entries.flatMap((entry): readonly Answered[] => {
    if (entry.user === null || (entry.state !== 'approved' && entry.state !== 'rejected')) return [];
    const like = `${entry.user.id}/${entry.state}`;
    const before = likes.get(like) ?? 0;
    likes.set(like, before + 1);
    const review: Review = {
      id: `${prefix}:${gate.runId}/${gate.attempt}/${gate.environment}/${gate.opening}/${like}/${before}`,
      channel: 'deployment-prompt',
      verdict: entry.state === 'approved' ? 'approve' : 'reject',
      reviewer: entry.user,
      assurance: 'platform-attested',
      bound: { runId: gate.runId, attempt: gate.attempt, environment: gate.environment, opening: gate.opening },
      at: now,
      reason: entry.comment,
      viaApp: null,
      edited: false,
    };
    return [{ review, voided: null }];
  });
}

/**
 * Buttons and commands that answered exactly this request, each person's latest on a channel; its comment is read again, an
 * edited or deleted one is void (C38) and does not bring an older one back (C37).
 */
export async function digestReviews(
  ports: ReadPorts,
  ref: RepositoryRef,
  requestDigest: string,
): Promise<readonly Answered[]> {
  const answers = (await load(ports.documents, ref, 'answers', requestDigest))?.body ?? [];
  const reviews: Answered[] = [];
  for (const answer of latestPerPerson(answers)) {
    let edited = false;
    let { reviewer, viaApp } = answer;
    if (answer.commentId !== null) {
      const comment = await ports.forge.comment(ref, answer.commentId);
      if (comment === null || comment.author?.id !== reviewer.id) continue;
      edited = comment.edited;
      viaApp = comment.viaApp?.slug ?? null;
      reviewer = comment.author;
    } else if ((await ports.people.byLogin(ref, reviewer.login))?.id !== reviewer.id) {
      // What a person may do is asked by login: one that went to another account meanwhile must lend nothing (C15).
      continue;
    }
    const review: Review = {
      id: answer.id,
      channel: answer.channel,
      verdict: answer.verdict,
      reviewer,
      assurance: 'platform-attested',
      bound: { requestDigest },
      at: answer.at,
      reason: answer.reason,
      viaApp,
      edited,
      ...(answer.signed === null || answer.verdict === 'reject' ? {} : { claimed: answer.signed }),
    };
    reviews.push({ review, voided: null });
  }
  return reviews;
}

/**
 * On one channel a person's later answer replaces the earlier one, whatever becomes of it; so nobody makes us read more than
 * one comment of theirs. Deliveries come in any order (invariant 10), the numbers of comments only grow.
 */
function latestPerPerson(answers: Answers): Answers {
  const latest = new Map<string, Answers[number]>();
  for (const answer of answers) {
    const key = `${answer.channel}/${answer.reviewer.id}`;
    const known = latest.get(key);
    if (known === undefined || (answer.commentId ?? 0) >= (known.commentId ?? 0)) latest.set(key, answer);
  }
  return [...latest.values()];
}

/** Keeps a button's or command's answer; the same one again (a doubled delivery) changes nothing. */
export async function keepAnswer(
  ports: ReadPorts,
  ref: RepositoryRef,
  requestDigest: string,
  answer: Answers[number],
): Promise<void> {
  const stored = await load(ports.documents, ref, 'answers', requestDigest);
  const body = stored?.body ?? [];
  if (body.some((known) => known.id === answer.id)) return;
  await save(ports.documents, ref, 'answers', requestDigest, {
    body: [...body, answer],
    version: stored?.version ?? 0,
  });
}
