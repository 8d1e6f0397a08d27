import { createHash } from 'node:crypto';
import { decide } from '../../../core/gate/decide.ts';
import { because } from '../../../core/gate/reasons.ts';
import type { RecordKind } from '../../../core/evidence/kinds.ts';
import { buildStatement } from '../../../core/record/build-statement.ts';
import {
  driftRecord,
  heartbeatRecord,
  logOpenedRecord,
  policyChangedRecord,
  reconciledRecord,
  repairedRecord,
} from '../../../core/record/log-records.ts';
import { headFields, requestSubjects, toInstant } from '../../../core/record/record-frame.ts';
import type { RecordFrame } from '../../../core/record/record-frame.ts';
import {
  authorisedRecord,
  bypassedRecord,
  misappliedRecord,
  outcomeRecord,
  releasedDeploymentRecord,
  revokedRecord,
  voidRecord,
} from '../../../core/record/release-records.ts';
import {
  baselineRecord,
  endedRecord,
  passedRecord,
  refusedRecord,
  rejectedRecord,
  requestedRecord,
  reviewedRecord,
} from '../../../core/record/request-records.ts';
import {
  approval,
  bob,
  deployment,
  DIGEST,
  gateInput,
  HEAD,
  OTHER_HEAD,
  POLICY_DIGEST,
  pullRequest,
  rejection,
} from '../gate/builders.ts';

export const frame: RecordFrame = {
  nowMs: Date.UTC(2026, 10, 21, 4, 33, 12, 123),
  repository: { host: 'github.com', installationId: 12, id: 34 },
  sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
};

export const FACTS = 'f'.repeat(64);
export const AUTHORISED = 'c'.repeat(64);
export const RELEASED = 'e'.repeat(64);

export const releasing = decide(gateInput({ reviews: [approval(bob, { reason: 'looked at the plan' })] }));
export const holding = decide(gateInput());
export const rejecting = decide(gateInput({ reviews: [rejection(bob)] }));
export const jobs = [{ id: 77, name: 'deploy' }];
export const asked = { request: pullRequest, requestDigest: DIGEST };
export const deployed = { request: deployment, requestDigest: DIGEST };
const { classification, policy } = gateInput();
export const judged = { ...asked, classification, policy, factsDigest: FACTS };
const why = [because('request-superseded', { what: 'the head' })];
const reviewer = { id: bob.id, login: bob.login };
const [judgement] = releasing.reviews;
if (judgement === undefined) throw new TypeError('the honest request has a review');

export const reviewed = reviewedRecord(frame, { ...asked, judgement });
export const authorisation = {
  ...deployed,
  jobs,
  notAfterMs: frame.nowMs + 600_000,
  decision: releasing,
  factsDigest: FACTS,
};

/** One record of every kind. */
export const samples: Readonly<Record<RecordKind, Uint8Array>> = {
  'log-opened': logOpenedRecord(frame, {
    origin: 'github.com/12/34/1',
    generation: 1,
    recordKey: 'github.com/12/34/1/record+0a0b0c0d+AAAA',
    checkpointKey: 'github.com/12/34/1+0a0b0c0d+AAAA',
  }),
  requested: requestedRecord(frame, { ...judged, decision: holding }),
  baseline: baselineRecord(frame, { ...deployed, baseSha: null }),
  passed: passedRecord(frame, judged),
  reviewed,
  refused: refusedRecord(frame, {
    requestDigest: DIGEST,
    headSha: HEAD,
    review: judgement.review,
    because: [because('reviewer-is-party', { login: 'bob', roles: 'author' })],
  }),
  authorised: authorisedRecord(frame, authorisation),
  released: releasedDeploymentRecord(frame, {
    ...deployed,
    authorisedDigest: AUTHORISED,
    how: 'answered',
    observedAtMs: frame.nowMs + 900,
  }),
  void: voidRecord(frame, { ...deployed, authorisedDigest: AUTHORISED, because: why }),
  misapplied: misappliedRecord(frame, {
    ...deployed,
    authorisedDigest: AUTHORISED,
    observedAttempt: 2,
    because: [because('attempt-changed-after-release', { attempt: 2 })],
  }),
  rejected: rejectedRecord(frame, { ...asked, decision: rejecting }),
  withdrawn: endedRecord(frame, { ...asked, kind: 'withdrawn', because: why }),
  superseded: endedRecord(frame, { ...asked, kind: 'superseded', by: RELEASED, because: why }),
  expired: endedRecord(frame, { ...asked, kind: 'expired', because: why }),
  revoked: revokedRecord(frame, { ...asked, releasedDigest: RELEASED, by: bob, because: why }),
  bypassed: bypassedRecord(frame, {
    requestDigest: null,
    gate: deployment.gate,
    headSha: HEAD,
    jobs,
    by: bob,
    because: [because('released-without-us', { environment: 'production', what: 'the job runs' })],
  }),
  'break-glass': buildStatement(
    {
      ...headFields('break-glass', frame),
      requestDigest: DIGEST,
      gate: deployment.gate,
      headSha: HEAD,
      by: reviewer,
      rule: 'night',
      reasonDigest: FACTS,
      reviewBefore: toInstant(frame.nowMs + 86_400_000),
    },
    requestSubjects(DIGEST, HEAD),
  ),
  outcome: outcomeRecord(frame, { ...deployed, jobs, conclusion: 'success', releasedDigest: RELEASED }),
  'policy-changed': policyChangedRecord(frame, {
    after: policy,
    beforeDigest: null,
    beforeCommit: OTHER_HEAD,
    by: bob,
  }),
  'key-changed': buildStatement(
    {
      ...headFields('key-changed', frame),
      role: 'record',
      before: 'github.com/12/34/1/record+0a0b0c0d+AAAA',
      after: 'github.com/12/34/1/record+0a0b0c0e+AAAA',
      signatures: { before: 'AAAA', after: 'AAAA' },
    },
    [{ name: 'repository', digest: { sha256: POLICY_DIGEST } }],
  ),
  'credential-enrolled': buildStatement(
    {
      ...headFields('credential-enrolled', frame),
      reviewer,
      format: 'webauthn',
      credentialDigest: FACTS,
      enrolledBy: reviewer,
      validFrom: toInstant(frame.nowMs),
    },
    [{ name: 'repository', digest: { sha256: POLICY_DIGEST } }],
  ),
  drift: driftRecord(frame, {
    what: 'evidence-branch',
    expectedHead: HEAD,
    foundHead: null,
    by: null,
    because: [because('evidence-drift', { what: 'the branch is gone' })],
  }),
  repaired: repairedRecord(frame, {
    expectedHead: HEAD,
    foundHead: OTHER_HEAD,
    by: bob,
    because: [because('evidence-repaired', { what: 'one file' })],
  }),
  reconciled: reconciledRecord(frame, {
    requestDigest: DIGEST,
    gate: deployment.gate,
    because: [because('reconciled-after-restart', { what: 'the release took effect' })],
  }),
  heartbeat: heartbeatRecord(frame, { openRequests: 3, strangersAnswers: 41 }),
};
