import type { PullFacts, RepositoryRef } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import { canonicalJson } from '../core/gate/request-digest.ts';
import { toHex, utf8 } from '../core/evidence/bytes.ts';
import type { Ports } from '../core/ports.ts';
import type { Evaluation } from './evaluate.ts';
import { factsFile } from './facts-file.ts';
import {
  filledSeats,
  head,
  now,
  person,
  plain,
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
  return sealing(`passed/${evaluation.digest}`, () => {
    const facts = factsFile(ports, evaluation);
    const { gathered, request, policy, digest } = evaluation;
    return {
      predicate: {
        kind: 'passed',
        ...head(ports, ref),
        requestDigest: digest,
        code: evaluation.code,
        request: requestRecord(request),
        classification: {
          class: gathered.classification.class,
          agents: [...gathered.classification.agents],
          signalsDigest: toHex(ports.sha256(utf8(canonicalJson(gathered.classification.signals)))),
        },
        ...policyFields(policy),
        factsDigest: facts.digest,
        because: plain([because('out-of-scope', {})]),
      },
      subject: subjects(digest, request.headSha),
      attachments: [...policyFiles(policy), { path: facts.path, bytes: facts.bytes }],
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
  return sealing(`released/${evaluation.digest}/${release}`, () => {
    const facts = factsFile(ports, evaluation);
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
      attachments: [...policyFiles(evaluation.policy), { path: facts.path, bytes: facts.bytes }],
    };
  });
}

export function revokedSealing(
  ports: Ports,
  ref: RepositoryRef,
  { digest, request, decision }: Evaluation,
  releasedDigest: string,
): Sealing {
  return sealing(`revoked/${releasedDigest}`, () => ({
    predicate: {
      kind: 'revoked',
      ...head(ports, ref),
      requestDigest: digest,
      headSha: request.headSha,
      releasedDigest,
      because: plain(decision.because),
    },
    subject: subjects(digest, request.headSha),
  }));
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
      jobs: [],
      headSha: pull.headSha,
      ...(pull.mergedBy === null ? {} : { by: person(pull.mergedBy) }),
      because: plain([because('merged-without-us', { number: pull.number })]),
    },
    subject: [{ name: 'commit', digest: { gitCommit: pull.headSha } }],
  }));
}
