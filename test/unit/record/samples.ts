import { createHash } from 'node:crypto';
import { requestCode, requestFields } from '../../../core/gate/request-digest.ts';
import type { RecordKind } from '../../../core/evidence/kinds.ts';
import { jobFields } from '../../../core/record/bounded-lists.ts';
import { buildStatement } from '../../../core/record/build-statement.ts';
import {
  credentialEnrolledRecord,
  credentialRevokedRecord,
  keyChangedRecord,
} from '../../../core/record/key-records.ts';
import type { Credential } from '../../../core/record/key-records.ts';
import { driftRecord, expungedRecord, logOpenedRecord, repairedRecord } from '../../../core/record/log-records.ts';
import { repositorySubject } from '../../../core/record/record-frame.ts';
import type { RecordFrame } from '../../../core/record/record-frame.ts';
import type { Predicate } from '../../../core/record/schemas.ts';
import type { HumanSignature, SignedReview } from '../../../core/record/signed-review-record.ts';
import { bob, carol, deployment, DIGEST, HEAD, OTHER_HEAD, POLICY_DIGEST, pullRequest } from '../gate/builders.ts';

export const frame: RecordFrame = {
  nowMs: Date.UTC(2026, 10, 21, 4, 33, 12, 123),
  repository: { host: 'github.com', installationId: 12, id: 34 },
  sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
};

export const FACTS = 'f'.repeat(64);
export const AUTHORISED = 'c'.repeat(64);
export const RELEASED = 'e'.repeat(64);
export const ENROLLED = 'd'.repeat(64);
export const AT = '2026-11-21T04:33:12.123Z';

const head = { at: AT, repository: frame.repository };
export const reviewer = { id: bob.id, login: bob.login };
const jobs = jobFields([{ id: 77, name: 'deploy' }], frame.sha256);
const seats = [{ id: 'maintainers/1', reviewer, reviewId: 'review:1002' }];
const because = [{ code: 'request-superseded', params: { what: 'the head' } }];
const ended = { ...head, requestDigest: DIGEST, headSha: HEAD, because };
const ofAuthorisation = { ...head, requestDigest: DIGEST, authorisedDigest: AUTHORISED, gate: deployment.gate };
const answer = {
  reviewId: 'review:1002',
  channel: 'pull-request-review',
  verdict: 'approve',
  reviewer,
  assurance: 'platform-attested',
  bound: { pullRequest: 7, headSha: HEAD, baseRef: 'main' },
  givenAt: AT,
  reasonCommitment: FACTS,
} as const;
const judged = {
  ...head,
  requestDigest: DIGEST,
  code: requestCode(DIGEST),
  request: requestFields(pullRequest, frame.sha256),
  classification: {
    class: 'agent',
    agents: ['claude'],
    registry: '2026-11-21.1',
  },
  policyDigest: POLICY_DIGEST,
  policyCommit: OTHER_HEAD,
  policySource: 'repository',
  factsDigest: FACTS,
} as const;

/** One honest predicate of every kind that has no builder of its own in `core/record`. */
export const predicates = {
  requested: {
    kind: 'requested',
    ...judged,
    seats: [{ id: 'maintainers/1', group: 'maintainers' }],
    seatCount: 1,
    decision: { kind: 'hold', reason: 'request-superseded', because },
  },
  baseline: {
    kind: 'baseline',
    ...head,
    requestDigest: DIGEST,
    gate: deployment.gate,
    headSha: HEAD,
    source: 'first-deployment',
    baseSha: null,
    because,
  },
  passed: { kind: 'passed', ...judged, because },
  reviewed: { kind: 'reviewed', ...head, requestDigest: DIGEST, headSha: HEAD, ...answer, counts: true, because },
  refused: { kind: 'refused', ...head, requestDigest: DIGEST, headSha: HEAD, ...answer, because },
  authorised: {
    kind: 'authorised',
    ...head,
    requestDigest: DIGEST,
    gate: deployment.gate,
    ...jobs,
    headSha: HEAD,
    notAfter: '2026-11-21T04:43:12.123Z',
    seats,
    policyDigest: POLICY_DIGEST,
    factsDigest: FACTS,
  },
  released: { kind: 'released', how: 'answered', ...ofAuthorisation, headSha: HEAD, observedAt: AT },
  void: { kind: 'void', ...ofAuthorisation, because },
  misapplied: { kind: 'misapplied', ...ofAuthorisation, observedAttempt: 2, because },
  rejected: { kind: 'rejected', ...ended, reviewer, reviewId: 'review:1002', factsDigest: FACTS },
  withdrawn: { kind: 'withdrawn', ...ended },
  superseded: { kind: 'superseded', ...ended, by: RELEASED },
  expired: { kind: 'expired', ...ended },
  revoked: { kind: 'revoked', ...ended, releasedDigest: RELEASED, by: reviewer, factsDigest: FACTS },
  bypassed: { kind: 'bypassed', ...head, gate: deployment.gate, ...jobs, headSha: HEAD, by: reviewer, because },
  'break-glass': {
    kind: 'break-glass',
    ...head,
    requestDigest: DIGEST,
    gate: deployment.gate,
    headSha: HEAD,
    by: reviewer,
    rule: 'night',
    reasonCommitment: FACTS,
    reviewBefore: '2026-11-22T04:33:12.123Z',
  },
  outcome: {
    kind: 'outcome',
    ...head,
    requestDigest: DIGEST,
    gate: deployment.gate,
    ...jobs,
    conclusion: 'success',
    headSha: HEAD,
    releasedDigest: RELEASED,
  },
  'policy-changed': {
    kind: 'policy-changed',
    ...head,
    policyDigest: POLICY_DIGEST,
    policyCommit: HEAD,
    policySource: 'repository',
    beforeDigest: FACTS,
    beforeCommit: OTHER_HEAD,
    by: reviewer,
  },
  reconciled: { kind: 'reconciled', ...head, requestDigest: DIGEST, gate: deployment.gate, because },
  heartbeat: { kind: 'heartbeat', ...head, openRequests: 3, strangersAnswers: 41 },
} as const;

/** The schemas take mutable arrays; a copy through JSON is one. */
export function build(predicate: object): Uint8Array {
  const copy: Predicate = JSON.parse(JSON.stringify(predicate));
  return buildStatement(copy, [repositorySubject(frame)]);
}

export const passkey: Credential = {
  format: 'webauthn',
  webauthn: {
    credentialIdDigest: FACTS,
    algorithm: 'p256',
    publicKey: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE',
    rpId: 'countersign.example',
    origins: ['https://countersign.example'],
  },
};
export const sshKey: Credential = { format: 'sshsig', sshsig: { publicKey: 'AAAAC3NzaC1lZDI1NTE5AAAA' } };

export const passkeySignature: HumanSignature = {
  format: 'webauthn',
  enrolledDigest: ENROLLED,
  statement: 'e30K',
  signature: 'MEUCIQ==',
  authenticatorData: 'SZYN5YgO',
  clientDataJSON: 'e30=',
};
export const sshSignature: HumanSignature = {
  format: 'sshsig',
  enrolledDigest: ENROLLED,
  statement: 'e30K',
  signature: 'U1NIU0lH',
};

/** What the builder of a signed review takes; the signature has the shape of one and verifies nowhere. */
export const signedReview: SignedReview = {
  requestDigest: DIGEST,
  headSha: HEAD,
  reviewId: 'command:1',
  channel: 'command',
  verdict: 'approve',
  reviewer: bob,
  bound: { requestDigest: DIGEST },
  givenAt: AT,
  reasonCommitment: null,
  human: passkeySignature,
  counts: true,
  because: [{ code: 'request-superseded', params: { what: 'the head' } }],
};

/** One record of every kind. */
export const samples: Readonly<Record<RecordKind, Uint8Array>> = {
  'log-opened': logOpenedRecord(frame, {
    origin: 'github.com/12/34/1',
    generation: 1,
    recordKey: 'github.com/12/34/1/record+0a0b0c0d+AAAA',
    checkpointKey: 'github.com/12/34/1+0a0b0c0d+AAAA',
  }),
  requested: build(predicates.requested),
  baseline: build(predicates.baseline),
  passed: build(predicates.passed),
  reviewed: build(predicates.reviewed),
  refused: build(predicates.refused),
  authorised: build(predicates.authorised),
  released: build(predicates.released),
  void: build(predicates.void),
  misapplied: build(predicates.misapplied),
  rejected: build(predicates.rejected),
  withdrawn: build(predicates.withdrawn),
  superseded: build(predicates.superseded),
  expired: build(predicates.expired),
  revoked: build(predicates.revoked),
  bypassed: build(predicates.bypassed),
  'break-glass': build(predicates['break-glass']),
  outcome: build(predicates.outcome),
  'policy-changed': build(predicates['policy-changed']),
  'key-changed': keyChangedRecord(frame, {
    role: 'record',
    before: 'github.com/12/34/1/record+0a0b0c0d+AAAA',
    after: 'github.com/12/34/1/record+0a0b0c0e+AAAA',
    revokedFrom: 9,
    signatures: { before: 'AAAA', after: 'AAAA' },
  }),
  'credential-enrolled': credentialEnrolledRecord(frame, {
    reviewer: bob,
    enrolledBy: bob,
    source: 'signed-in',
    credential: passkey,
  }),
  'credential-revoked': credentialRevokedRecord(frame, {
    enrolledDigest: ENROLLED,
    by: bob,
    because: [{ code: 'credential-withdrawn', params: { what: 'the key is lost' } }],
  }),
  expunged: expungedRecord(frame, {
    expungedDigest: FACTS,
    by: bob,
    approvedBy: carol,
    because: [{ code: 'erasure-requested', params: { what: 'the person whom it is about' } }],
  }),
  drift: driftRecord(frame, {
    what: 'evidence-branch',
    expectedHead: HEAD,
    foundHead: null,
    by: null,
    because: [{ code: 'evidence-drift', params: { what: 'the branch is gone' } }],
  }),
  repaired: repairedRecord(frame, {
    expectedHead: HEAD,
    foundHead: OTHER_HEAD,
    by: bob,
    because: [{ code: 'evidence-repaired', params: { what: 'one file' } }],
  }),
  reconciled: build(predicates.reconciled),
  heartbeat: build(predicates.heartbeat),
};
