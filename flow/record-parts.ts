import type { Account } from '../core/actors/account.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { Because } from '../core/gate/decision.ts';
import { requestFields } from '../core/gate/request-digest.ts';
import type { Ports } from '../core/ports.ts';
import { buildStatement } from '../core/record/build-statement.ts';
import type { Subject } from '../core/record/build-statement.ts';
import type { Predicate } from '../core/record/schemas.ts';
import type { Request } from '../core/request.ts';
import type { Evaluation } from './evaluate.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import type { Sealing } from './seal.ts';

/** What the records that the flow writes have in common; what stands in each is checked by the schemas of `core/record`. */

type Attachments = readonly { readonly path: string; readonly bytes: Uint8Array }[];

/** The fields that every record begins with. */
export function head(ports: Ports, ref: RepositoryRef) {
  const { host, installationId, id } = ref;
  return { at: now(ports), repository: { host, installationId, id } };
}

export function now(ports: Ports): string {
  return new Date(ports.clock.now()).toISOString();
}

export function subjects(requestDigest: string, headSha: string): readonly [Subject, Subject] {
  return [
    { name: 'request', digest: { sha256: requestDigest } },
    { name: 'commit', digest: { gitCommit: headSha } },
  ];
}

/** One record under the name of its event: the same event is sealed once (seal.ts). */
export function sealing(
  event: string,
  build: () => { predicate: Predicate; subject: readonly [Subject, ...Subject[]]; attachments?: Attachments },
): Sealing {
  return {
    event,
    build: () => {
      const { predicate, subject, attachments } = build();
      return { bytes: buildStatement(predicate, subject), attachments: attachments ?? [] };
    },
  };
}

export function person({ id, login }: Account): { id: number; login: string } {
  return { id, login };
}

export function policyFields({ state }: PolicyInForce) {
  switch (state.kind) {
    case 'in-force':
      return { policyDigest: state.digest, policyCommit: state.commitSha, policySource: state.source };
    case 'invalid':
      return { policyDigest: state.digest, policyCommit: state.commitSha, policySource: 'invalid' as const };
    case 'unreadable':
      return { policyDigest: null, policyCommit: null, policySource: 'unreadable' as const };
  }
}

export function policyFiles(policy: PolicyInForce): Attachments {
  return policy.attachment === null ? [] : [policy.attachment];
}

export function requestRecord(request: Request) {
  const fields = requestFields(request);
  return fields.kind === 'deployment' ? { ...fields, jobs: [...fields.jobs] } : fields;
}

/** Plain copies: the schemas take mutable arrays. */
export function plain(reasons: readonly Because[]) {
  return reasons.map(({ code, params }) => ({ code, params: { ...params } }));
}

/** The seats of a release with the people in them. @throws {TypeError} for anything but a release with every seat filled */
export function filledSeats({ decision }: Evaluation) {
  if (decision.kind !== 'release') throw new TypeError('only a release has its seats written down as filled');
  return decision.seats.map(({ seat, filledBy }) => {
    if (filledBy === null) throw new TypeError('a release with an open seat');
    return { id: seat.id, reviewer: person(filledBy.reviewer), reviewId: filledBy.reviewId };
  });
}

/** The policy that a release rests on; nothing is released without one in force. */
export function policyDigestInForce({ policy }: Evaluation): string {
  if (policy.state.kind !== 'in-force') throw new TypeError('a release without a policy in force');
  return policy.state.digest;
}
