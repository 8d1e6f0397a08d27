import type { Account } from '../actors/account.ts';
import type { Because } from '../gate/decision.ts';
import type { PolicyState } from '../policy/requirement.ts';
import type { GateKey } from '../request.ts';
import { buildStatement } from './build-statement.ts';
import {
  accountFields,
  becauseFields,
  commitSubject,
  headFields,
  policyFields,
  repositorySubject,
} from './record-frame.ts';
import type { RecordFrame } from './record-frame.ts';

/** The first leaf of a log. `origin` is `host/installation id/repository id/generation`; keys are C2SP vkey lines. */
export function logOpenedRecord(
  frame: RecordFrame,
  given: {
    readonly origin: string;
    readonly generation: number;
    readonly recordKey: string;
    readonly checkpointKey: string;
    /** The last checkpoint of the log that this one continues; root in base64. */
    readonly previous?: { readonly origin: string; readonly size: number; readonly root: string };
  },
): Uint8Array {
  return buildStatement(
    {
      ...headFields('log-opened', frame),
      log: {
        format: 1,
        origin: given.origin,
        generation: given.generation,
        keys: { record: given.recordKey, checkpoint: given.checkpointKey },
        previous: given.previous,
      },
    },
    [repositorySubject(frame)],
  );
}

/** The policy in force is another one. Before: what judged until now, null when there was none or it was unreadable. */
export function policyChangedRecord(
  frame: RecordFrame,
  given: {
    readonly after: PolicyState;
    readonly beforeDigest: string | null;
    readonly beforeCommit: string | null;
    /** Who pushed, as the delivery said. */
    readonly by: Account | null;
  },
): Uint8Array {
  return buildStatement(
    {
      ...headFields('policy-changed', frame),
      ...policyFields(given.after),
      beforeDigest: given.beforeDigest,
      beforeCommit: given.beforeCommit,
      by: optionalAccount(given.by),
    },
    [repositorySubject(frame)],
  );
}

/** Something that the gate relies on is not as this log left it: the branch, a protection setting, or our own access. */
export function driftRecord(
  frame: RecordFrame,
  given: {
    readonly what: 'evidence-branch' | 'settings' | 'installation';
    readonly expectedHead: string | null;
    readonly foundHead: string | null;
    readonly by: Account | null;
    readonly because: readonly Because[];
  },
): Uint8Array {
  const { what, expectedHead, foundHead } = given;
  return buildStatement(
    {
      ...headFields('drift', frame),
      what,
      expectedHead: expectedHead ?? undefined,
      foundHead: foundHead ?? undefined,
      by: optionalAccount(given.by),
      because: becauseFields(given.because),
    },
    [repositorySubject(frame)],
  );
}

/** A drift of the evidence branch was mended by going forward. `foundHead` is null when the branch was gone. */
export function repairedRecord(
  frame: RecordFrame,
  given: {
    readonly expectedHead: string;
    readonly foundHead: string | null;
    readonly by: Account | null;
    readonly because: readonly Because[];
  },
): Uint8Array {
  return buildStatement(
    {
      ...headFields('repaired', frame),
      expectedHead: given.expectedHead,
      foundHead: given.foundHead ?? undefined,
      by: optionalAccount(given.by),
      because: becauseFields(given.because),
    },
    [repositorySubject(frame), commitSubject(given.expectedHead)],
  );
}

/** What an interruption had left open was settled from what GitHub shows. */
export function reconciledRecord(
  frame: RecordFrame,
  given: { readonly requestDigest: string | null; readonly gate: GateKey | null; readonly because: readonly Because[] },
): Uint8Array {
  return buildStatement(
    {
      ...headFields('reconciled', frame),
      requestDigest: given.requestDigest ?? undefined,
      gate: given.gate ?? undefined,
      because: becauseFields(given.because),
    },
    [repositorySubject(frame)],
  );
}

/** Still alive; and the answers of strangers since the last heartbeat, as a number (invariant 9). */
export function heartbeatRecord(
  frame: RecordFrame,
  given: { readonly openRequests: number; readonly strangersAnswers: number },
): Uint8Array {
  return buildStatement(
    {
      ...headFields('heartbeat', frame),
      openRequests: given.openRequests,
      strangersAnswers: given.strangersAnswers,
    },
    [repositorySubject(frame)],
  );
}

function optionalAccount(account: Account | null) {
  return account === null ? undefined : accountFields(account);
}
