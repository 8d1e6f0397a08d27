import type { RepositoryRef } from '../core/facts.ts';
import { requestFields } from '../core/gate/request-digest.ts';
import type { Ports, RecordPorts } from '../core/ports.ts';
import { jobNameFields } from '../core/record/bounded-lists.ts';
import { buildStatement } from '../core/record/build-statement.ts';
import type { Subject } from '../core/record/build-statement.ts';
import type { Predicate } from '../core/record/schemas.ts';
import type { Request } from '../core/request.ts';
import { person } from '../core/record/record-frame.ts';
import type { Evaluation } from './evaluate.ts';
import type { FactsFile } from './facts-file.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import type { Sealing } from './seal.ts';

/** What the records that the flow writes have in common; what stands in each is checked by the schemas of `core/record`. */

type Attachments = readonly { readonly path: string; readonly bytes: Uint8Array }[];

/** The fields that every record begins with. */
export function head(ports: RecordPorts, ref: RepositoryRef) {
  const { host, installationId, id } = ref;
  return { at: now(ports), repository: { host, installationId, id } };
}

export function now(ports: RecordPorts): string {
  return new Date(ports.clock.now()).toISOString();
}

export function subjects(requestDigest: string, headSha: string): readonly [Subject, Subject] {
  return [
    { name: 'request', digest: { sha256: requestDigest } },
    { name: 'commit', digest: { gitCommit: headSha } },
  ];
}

interface Built {
  readonly predicate: Predicate;
  readonly subject: readonly [Subject, ...Subject[]];
  readonly attachments?: Attachments;
}

/** One record under the name of its event: the same event is sealed once (seal.ts). */
export function sealing(event: string, build: () => Built | Promise<Built>): Sealing {
  return {
    event,
    build: async () => {
      const { predicate, subject, attachments } = await build();
      return { bytes: buildStatement(predicate, subject), attachments: attachments ?? [] };
    },
  };
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

/** The request as its digest binds it; of a deployment also how many jobs wait, and the first of them by name. */
export function requestRecord(ports: Pick<Ports, 'sha256'>, request: Request) {
  // Where a workflow decides before the protected job, no job waits yet.
  const jobs = request.kind === 'deployment' && request.jobs.length > 0 ? jobNameFields(request.jobs) : {};
  return { request: requestFields(request, ports.sha256), ...jobs };
}

/** Whatever a record of a decision says in short stands in full in its facts file. */
export function factsFiles(facts: FactsFile): Attachments {
  return [{ path: facts.path, bytes: facts.bytes }];
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
