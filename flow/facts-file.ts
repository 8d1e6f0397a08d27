import { toHex, utf8 } from '../core/evidence/bytes.ts';
import { canonicalJson } from '../core/gate/request-digest.ts';
import type { Ports } from '../core/ports.ts';
import type { Evaluation } from './evaluate.ts';

export interface FactsFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly digest: string;
}

/**
 * The facts that a decision rests on, stored by digest beside the record: who by id and role, which commits, which signals
 * of what kind. No text of the requesting side, no mailbox, no path (invariant 11): paths and signal values stand as digests.
 */
export function factsFile(ports: Ports, evaluation: Evaluation): FactsFile {
  const { gathered, request, decision } = evaluation;
  const { classification, parties, change } = gathered;
  const facts = {
    request,
    class: classification.class,
    agents: classification.agents,
    signals: classification.signals.map(({ tier, kind, agent, value }) => ({
      tier,
      kind,
      agent,
      valueDigest: hash(ports, value),
    })),
    parties: parties.all.map(({ account, roles }) => ({
      id: account.id,
      login: account.login,
      type: account.type,
      roles: [...new Set(roles.map(({ role }) => role))].toSorted(),
    })),
    unattributedCommits: parties.unattributed,
    commits: change.commits.map(({ sha, treeSha }) => ({ sha, treeSha })),
    pullRequests: change.pulls.map(({ pull }) => ({ number: pull.number, headSha: pull.headSha })),
    runAttempts: change.runAttempts.map((run) => ({
      attempt: run.attempt,
      actorId: run.actor?.id ?? null,
      triggeringActorId: run.triggeringActor?.id ?? null,
      event: run.event,
      workflow: run.path,
    })),
    incomplete: change.incomplete,
    countersignedMerges: change.countersignedMerges,
    pathsDigest: hash(ports, canonicalJson(gathered.paths.toSorted())),
    pathsComplete: gathered.pathsComplete,
    reviews: decision.reviews.map(({ review, counts, because }) => ({
      id: review.id,
      reviewerId: review.reviewer.id,
      verdict: review.verdict,
      counts,
      reason: because.code,
    })),
  };
  const bytes = utf8(`${JSON.stringify(facts, null, 2)}\n`);
  const digest = toHex(ports.sha256(bytes));
  return { path: `facts/${digest}.json`, bytes, digest };
}

function hash(ports: Ports, text: string): string {
  return toHex(ports.sha256(utf8(text)));
}
