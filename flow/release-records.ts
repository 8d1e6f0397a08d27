import type { Account } from '../core/actors/account.ts';
import type { JobFacts, RepositoryRef, RunFacts } from '../core/facts.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import type { RecordPorts } from '../core/ports.ts';
import { jobFields, reasonFields } from '../core/record/bounded-lists.ts';
import { person } from '../core/record/record-frame.ts';
import type { Evaluation } from './evaluate.ts';
import { factsFile, jobsFile } from './facts-file.ts';
import { gateKey, gateName } from './gates.ts';
import {
  factsFiles,
  filledSeats,
  head,
  now,
  policyDigestInForce,
  policyFiles,
  sealing,
  subjects,
} from './record-parts.ts';
import type { reportOf } from './reports.ts';
import type { Sealing } from './seal.ts';
import type { Authorisation, GateState } from './state.ts';

/** Records of the release protocol (docs/design.md 4.2) and of what happened to a gate without us. */

type DurableAuthorisation = Authorisation & { readonly digest: string };

export function authorisedEvent(runId: number, gate: GateState, number: number): string {
  return `authorised/${gateName(runId, gate)}/${number}`;
}

export function authorisedSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  runId: number,
  gate: GateState,
  authorisation: Authorisation,
  evaluation: Evaluation,
): Sealing {
  return sealing(authorisedEvent(runId, gate, authorisation.number), async () => {
    const facts = await factsFile(ports, ref, evaluation, authorisation.jobs);
    return {
      predicate: {
        kind: 'authorised',
        ...head(ports, ref),
        requestDigest: evaluation.digest,
        gate: gateKey(runId, gate),
        ...jobFields(authorisation.jobs, ports.sha256),
        headSha: gate.headSha,
        notAfter: new Date(authorisation.notAfter).toISOString(),
        seats: filledSeats(evaluation),
        policyDigest: policyDigestInForce(evaluation),
        factsDigest: facts.digest,
      },
      subject: subjects(evaluation.digest, gate.headSha),
      attachments: [...policyFiles(evaluation.policy), ...factsFiles(facts)],
    };
  });
}

/** Which authorisation of which gate a record is about. */
function ofAuthorisation(runId: number, gate: GateState, authorisation: DurableAuthorisation) {
  return {
    requestDigest: authorisation.requestDigest,
    authorisedDigest: authorisation.digest,
    gate: gateKey(runId, gate),
  };
}

export function releasedSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  runId: number,
  gate: GateState,
  authorisation: DurableAuthorisation,
  how: 'answered' | 'observed',
): Sealing {
  return sealing(`released/${authorisation.digest}`, () => ({
    predicate: {
      kind: 'released',
      ...head(ports, ref),
      how,
      ...ofAuthorisation(runId, gate, authorisation),
      headSha: gate.headSha,
      observedAt: now(ports),
    },
    subject: subjects(authorisation.requestDigest, gate.headSha),
  }));
}

export function voidSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  runId: number,
  gate: GateState,
  authorisation: DurableAuthorisation,
  why: Because,
): Sealing {
  return sealing(`void/${authorisation.digest}`, () => ({
    predicate: {
      kind: 'void',
      ...head(ports, ref),
      ...ofAuthorisation(runId, gate, authorisation),
      ...reasonFields([why]),
    },
    subject: subjects(authorisation.requestDigest, gate.headSha),
  }));
}

export function misappliedSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  run: RunFacts,
  gate: GateState,
  authorisation: DurableAuthorisation,
): Sealing {
  return sealing(`misapplied/${authorisation.digest}`, () => ({
    predicate: {
      kind: 'misapplied',
      ...head(ports, ref),
      ...ofAuthorisation(run.id, gate, authorisation),
      observedAttempt: run.attempt,
      ...reasonFields([because('attempt-changed-after-release', { attempt: run.attempt })]),
    },
    subject: subjects(authorisation.requestDigest, gate.headSha),
  }));
}

export function bypassedSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  runId: number,
  gate: GateState,
  jobs: readonly JobFacts[],
  by: Account | null,
): Sealing {
  return sealing(`bypassed/${gateName(runId, gate)}`, () => {
    const listed = jobFields(jobs, ports.sha256);
    const whole = listed.jobs.length < listed.jobCount ? jobsFile(ports, jobs) : null;
    return {
      predicate: {
        kind: 'bypassed',
        ...head(ports, ref),
        ...(gate.requestDigest === null ? {} : { requestDigest: gate.requestDigest }),
        gate: gateKey(runId, gate),
        ...listed,
        headSha: gate.headSha,
        ...(by === null ? {} : { by: person(by) }),
        ...reasonFields([because('released-without-us', { environment: gate.environment, what: 'its jobs run' })]),
        ...(whole === null ? {} : { factsDigest: whole.digest }),
      },
      subject: [{ name: 'commit', digest: { gitCommit: gate.headSha } }],
      attachments: whole === null ? [] : factsFiles(whole),
    };
  });
}

export function outcomeSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  runId: number,
  gate: GateState,
  released: NonNullable<GateState['released']>,
  { conclusion, reported }: { readonly conclusion: string; readonly reported: Awaited<ReturnType<typeof reportOf>> },
): Sealing {
  return sealing(`outcome/${released.digest}`, () => ({
    predicate: {
      kind: 'outcome',
      ...head(ports, ref),
      requestDigest: released.requestDigest,
      gate: gateKey(runId, gate),
      ...jobFields(released.jobs, ports.sha256),
      conclusion,
      headSha: gate.headSha,
      releasedDigest: released.digest,
      ...(reported === null ? {} : { reported }),
    },
    subject: subjects(released.requestDigest, gate.headSha),
  }));
}

/** Of a log that workflows write: the decision and the release are one record, because the next job may start when it stands. */
export function releasedByWorkflowSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  runId: number,
  gate: GateState,
  evaluation: Evaluation,
): Sealing {
  return sealing(`released/${gateName(runId, gate)}`, async () => {
    const facts = await factsFile(ports, ref, evaluation);
    return {
      predicate: {
        kind: 'released',
        ...head(ports, ref),
        how: 'workflow',
        sealedBy: 'workflow',
        requestDigest: evaluation.digest,
        gate: gateKey(runId, gate),
        headSha: gate.headSha,
        seats: filledSeats(evaluation),
        policyDigest: policyDigestInForce(evaluation),
        factsDigest: facts.digest,
        observedAt: now(ports),
      },
      subject: subjects(evaluation.digest, gate.headSha),
      attachments: [...policyFiles(evaluation.policy), ...factsFiles(facts)],
    };
  });
}

/** The same of its end: a closing job is told the result, and no job's id. */
export function endedByWorkflowSealing(
  ports: RecordPorts,
  ref: RepositoryRef,
  runId: number,
  gate: GateState,
  released: NonNullable<GateState['released']>,
  conclusion: string,
): Sealing {
  return sealing(`outcome/${released.digest}`, () => ({
    predicate: {
      kind: 'outcome',
      ...head(ports, ref),
      sealedBy: 'workflow',
      requestDigest: released.requestDigest,
      gate: gateKey(runId, gate),
      conclusion,
      headSha: gate.headSha,
      releasedDigest: released.digest,
    },
    subject: subjects(released.requestDigest, gate.headSha),
  }));
}
