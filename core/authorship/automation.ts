import picomatch from 'picomatch';
import type { Account } from '../actors/account.ts';
import type { ChangeFacts, CommitFacts } from '../facts.ts';
import { findBranchPushes } from './branch-pushes.ts';

/** One allow-listed automation account of the policy and the paths it may touch (globs). */
export interface AllowedAutomation {
  readonly accountId: number;
  readonly paths: readonly string[];
}

/** GitHub's account for commits that it makes itself; committer only, and nobody's work. */
export const WEB_FLOW_ID = 19864447;

/**
 * Ids of the allow-listed accounts whose paths cover everything that the change touches. Globs match case-sensitively and a
 * leading `!` has no meaning: this list frees something, so its narrow reading is the right one. A change that touches
 * nothing is covered by nobody.
 */
export function automationWithin(
  allowed: readonly AllowedAutomation[],
  touchedPaths: readonly string[],
): ReadonlySet<number> {
  if (touchedPaths.length === 0) return new Set();
  const covering = allowed.filter(({ paths }) => {
    if (paths.length === 0) return false;
    const matches = matcherOf(paths);
    return touchedPaths.every((path) => matches(path));
  });
  return new Set(covering.map(({ accountId }) => accountId));
}

/** Compiled once a policy: its lists live as long as it does. */
const matchers = new WeakMap<readonly string[], picomatch.Matcher>();

function matcherOf(paths: readonly string[]): picomatch.Matcher {
  const known = matchers.get(paths);
  if (known !== undefined) return known;
  const matcher = picomatch([...paths], { dot: true, noextglob: true, nonegate: true });
  matchers.set(paths, matcher);
  return matcher;
}

/**
 * Whether more than the git mailbox says who made this commit: a signature of GitHub or of the author, or pushes by
 * allow-listed automation only. Anyone can commit under Dependabot's mailbox (C14).
 */
export function isProven(commit: CommitFacts, change: ChangeFacts, automation: ReadonlySet<number>): boolean {
  const author = commit.authors[0]?.account?.id;
  const { verified, byGitHub, signer } = commit.signature;
  if (verified && (byGitHub || (signer !== null && signer.id === author))) return true;
  const pushers = pushersOf(commit, change);
  return pushers.length > 0 && pushers.every((pusher) => pusher !== null && automation.has(pusher.id));
}

/**
 * Who pushed to the branches of the pull requests that this commit came through; where GitHub names none, who pushed to the
 * branch itself, or else to any of them.
 */
export function pushersOf(commit: CommitFacts, change: ChangeFacts): readonly (Account | null)[] {
  if (change.pulls.length === 0 && change.branchPushes === null) return [];
  const numbers = new Set(commit.pulls.map(({ number }) => number));
  const own = change.pulls.filter(({ pull }) => numbers.has(pull.number));
  const direct = own.length > 0 ? [] : findBranchPushes(change).direct;
  if (direct.length > 0) return direct.map(({ actor }) => actor);
  return (own.length > 0 ? own : change.pulls).flatMap(({ pushes }) => pushes.map(({ actor }) => actor));
}

/** True when every account that had a hand in the change is allow-listed automation, and at least one had. */
export function isOnlyAutomation(change: ChangeFacts, automation: ReadonlySet<number>): boolean {
  const hands: (Account | null)[] = [];
  for (const { authors, committer } of change.commits) {
    hands.push(...authors.map(({ account }) => account));
    if (committer.account?.id !== WEB_FLOW_ID) hands.push(committer.account);
  }
  for (const { pull, timeline, pushes } of change.pulls) {
    hands.push(pull.author, ...pushes.map(({ actor }) => actor));
    for (const event of timeline)
      if (event.kind === 'force-pushed' || event.kind === 'agent-started') hands.push(event.actor);
  }
  hands.push(...findBranchPushes(change).direct.map(({ actor }) => actor));
  for (const { actor, triggeringActor } of change.runAttempts) hands.push(actor, triggeringActor);
  return hands.length > 0 && hands.every((account) => account !== null && automation.has(account.id));
}
