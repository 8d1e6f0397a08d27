import type { PullFacts, RepositoryRef } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import type { Ports } from '../core/ports.ts';
import { jobFields, reasonFields } from '../core/record/bounded-lists.ts';
import { person } from '../core/record/record-frame.ts';
import type { Evaluation } from './evaluate.ts';
import { factsFile } from './facts-file.ts';
import {
  factsFiles,
  filledSeats,
  head,
  now,
  policyDigestInForce,
  policyFields,
  policyFiles,
  requestRecord,
  sealing,
  subjects,
} from './record-parts.ts';
import type { Sealing } from './seal.ts';

/** Records of how a pull request ended: passed, released, put back, or merged without us. */

export function passedSealing(ports: Ports, ref: RepositoryRef, evaluation: Evaluation): Sealing {
  return sealing(`passed/${evaluation.digest}`, async () => {
    const facts = await factsFile(ports, ref, evaluation);
    const { gathered, request, policy, digest } = evaluation;
    return {
      predicate: {
        kind: 'passed',
        ...head(ports, ref),
        requestDigest: digest,
        code: evaluation.code,
        ...requestRecord(ports, request),
        classification: {
          class: gathered.classification.class,
          agents: [...gathered.classification.agents],
          registry: gathered.classification.registry,
        },
        ...policyFields(policy),
        factsDigest: facts.digest,
        ...reasonFields([because('out-of-scope', {})]),
      },
      subject: subjects(digest, request.headSha),
      attachments: [...policyFiles(policy), ...factsFiles(facts)],
    };
  });
}

/** @param release counts the releases of the pull request: one that was put back or superseded may be given again */
export function pullReleasedSealing(
  ports: Ports,
  ref: RepositoryRef,
  evaluation: Evaluation,
  release: number,
): Sealing {
  return sealing(`released/${evaluation.digest}/${release}`, async () => {
    const facts = await factsFile(ports, ref, evaluation);
    const { digest, request } = evaluation;
    if (request.kind !== 'pull-request') throw new TypeError('only a pull request is released by a check');
    return {
      predicate: {
        kind: 'released',
        ...head(ports, ref),
        how: 'check',
        requestDigest: digest,
        number: request.number,
        headSha: request.headSha,
        seats: filledSeats(evaluation),
        policyDigest: policyDigestInForce(evaluation),
        factsDigest: facts.digest,
        observedAt: now(ports),
      },
      subject: subjects(digest, request.headSha),
      attachments: [...policyFiles(evaluation.policy), ...factsFiles(facts)],
    };
  });
}

export function revokedSealing(
  ports: Ports,
  ref: RepositoryRef,
  evaluation: Evaluation,
  releasedDigest: string,
): Sealing {
  const { digest, request, decision } = evaluation;
  return sealing(`revoked/${releasedDigest}`, async () => {
    const facts = await factsFile(ports, ref, evaluation);
    return {
      predicate: {
        kind: 'revoked',
        ...head(ports, ref),
        requestDigest: digest,
        headSha: request.headSha,
        releasedDigest,
        ...reasonFields(decision.because),
        factsDigest: facts.digest,
      },
      subject: subjects(digest, request.headSha),
      attachments: factsFiles(facts),
    };
  });
}

/** A held pull request that was merged all the same. */
export function bypassedMergeSealing(
  ports: Ports,
  ref: RepositoryRef,
  pull: PullFacts,
  requestDigest: string | null,
): Sealing {
  return sealing(`bypassed/pull/${pull.number}/${pull.headSha}`, () => ({
    predicate: {
      kind: 'bypassed',
      ...head(ports, ref),
      ...(requestDigest === null ? {} : { requestDigest }),
      pullRequest: pull.number,
      ...jobFields([], ports.sha256),
      headSha: pull.headSha,
      ...(pull.mergedBy === null ? {} : { by: person(pull.mergedBy) }),
      ...reasonFields([because('merged-without-us', { number: pull.number })]),
    },
    subject: [{ name: 'commit', digest: { gitCommit: pull.headSha } }],
  }));
}
