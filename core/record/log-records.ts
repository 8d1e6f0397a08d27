import type { Account } from '../actors/account.ts';
import type { Because } from '../gate/decision.ts';
import { WORKFLOW_INSTALLATION } from '../evidence/records/log-origin.ts';
import { reasonFields } from './bounded-lists.ts';
import { buildStatement } from './build-statement.ts';
import { headFields, person, repositorySubject } from './record-frame.ts';
import type { RecordFrame } from './record-frame.ts';

/** Records that the log writes about itself. */

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
        sealedBy: frame.repository.installationId === WORKFLOW_INSTALLATION ? 'workflow' : undefined,
        previous: given.previous,
      },
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
      ...reasonFields(given.because),
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
      ...reasonFields(given.because),
    },
    [repositorySubject(frame), { name: 'commit', digest: { gitCommit: given.expectedHead } }],
  );
}

/** @param given two people: the schema refuses one who agrees with himself */
export function expungedRecord(
  frame: RecordFrame,
  given: {
    /** SHA-256 in the name of the facts file. */
    readonly expungedDigest: string;
    readonly by: Account;
    readonly approvedBy: Account;
    readonly because: readonly Because[];
  },
): Uint8Array {
  return buildStatement(
    {
      ...headFields('expunged', frame),
      expungedDigest: given.expungedDigest,
      by: person(given.by),
      approvedBy: person(given.approvedBy),
      ...reasonFields(given.because),
    },
    [repositorySubject(frame)],
  );
}

function optionalAccount(account: Account | null) {
  return account === null ? undefined : person(account);
}
