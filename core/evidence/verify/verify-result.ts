import { toBase64 } from '../bytes.ts';
import type { Witnessed } from './check-witnessed.ts';
import type { Checkpoint } from '../notes/checkpoint.ts';
import { checkpointKeyFor, recordKeyAt } from '../notes/key-schedule.ts';
import type { KeyRole, KeySchedule } from '../notes/key-schedule.ts';
import { WORKFLOW_INSTALLATION, parseOrigin } from '../records/log-origin.ts';
import type { Register } from './register.ts';
import { formatVerifierKey } from '../notes/signed-note.ts';

/** A log that verifies, and what that shows. */
export interface LogVerified {
  readonly ok: true;
  readonly origin: string;
  /** Records, each with a good signature. */
  readonly size: number;
  /** Base64, as in the checkpoint. */
  readonly root: string;
  /** vkeys in force now. */
  readonly checkpointKey: string;
  readonly recordKey: string;
  /** Every key that the log ever had: in force for the records from `from` on and the checkpoints of that size and more. */
  readonly keys: readonly { readonly from: number; readonly record: string; readonly checkpoint: string }[];
  /**
   * Signed by a key that was revoked later, from a time on when somebody else may have had it: of a `record` key the
   * records `from` to `before` - 1, of a `checkpoint` key the checkpoints of these sizes. They stand in the log as they
   * always did, and whoever had the key could have written them.
   */
  readonly distrusted: readonly {
    readonly role: KeyRole;
    readonly from: number;
    readonly before: number;
    readonly key: string;
  }[];
  /** Keys of people, each with the record that enrolled it and says who vouches that it is theirs; revoked ones too. */
  readonly credentials: readonly {
    readonly index: number;
    readonly reviewerId: number;
    readonly revokedAt: number | null;
  }[];
  /** What witnesses say that they have seen; null where the log has no `checkpoint.witnessed`. */
  readonly witnessed: Witnessed | null;
  /** The older checkpoint; null where all records were checked. */
  readonly since: { readonly size: number } | null;
  /** Files that no verdict depends on. */
  readonly notEvidence: readonly string[];
  /** What this result does not show. */
  readonly warnings: readonly string[];
}

export interface WhatWasChecked {
  readonly checkpoint: Checkpoint;
  readonly register: Register;
  readonly witnessed: Witnessed | null;
  /** How many witnesses had to be among them. */
  readonly witnessesAsked: number;
  readonly isPinned: boolean;
  /** Records that an older checkpoint signs; `isSkipped`: they were not read again. */
  readonly since: { readonly size: number; readonly isSkipped: boolean } | null;
  readonly notEvidence: readonly string[];
}

export function describeVerified(checked: WhatWasChecked): LogVerified {
  const { checkpoint, register, witnessed, since, notEvidence } = checked;
  const { schedule, enrolments } = register;
  const distrusted = distrustedIn(schedule);
  const { origin, size, root } = checkpoint;
  return {
    ok: true,
    origin,
    size,
    root: toBase64(root),
    checkpointKey: formatVerifierKey(checkpointKeyFor(schedule, size)),
    recordKey: formatVerifierKey(recordKeyAt(schedule, size)),
    keys: schedule.segments.map(({ from, record, checkpoint: key }) => ({
      from,
      record: formatVerifierKey(record),
      checkpoint: formatVerifierKey(key),
    })),
    distrusted,
    credentials: [...enrolments.values()].map(({ index, reviewerId, revokedAt }) => ({ index, reviewerId, revokedAt })),
    witnessed,
    since: since?.isSkipped === true ? { size: since.size } : null,
    notEvidence,
    warnings: [...warningsFor(checked, distrusted)],
  };
}

/** A checkpoint of size `at` is the last that the old key signs, a record `at` - 1 the last whose word counts for nothing. */
function distrustedIn({ revoked }: KeySchedule): LogVerified['distrusted'] {
  return revoked
    .map(({ role, key, from, at }) => ({ role, from, before: role === 'record' ? at : at + 1, key }))
    .filter(({ from, before }) => from < before);
}

function* warningsFor(
  { checkpoint, isPinned, register, since, witnessed, witnessesAsked }: WhatWasChecked,
  distrusted: LogVerified['distrusted'],
): Generator<string> {
  if (!isPinned) {
    yield (
      'No key was given: the log was checked against the key that it names itself. That shows that it is consistent, ' +
        'not who wrote it. Pin the key that you were given elsewhere with --key.'
    );
  }
  const origin = parseOrigin(checkpoint.origin);
  if (origin.ok && origin.value.installationId === WORKFLOW_INSTALLATION) {
    yield (
      'Grade workflow-sealed: jobs of workflows wrote this log, not the App. Whoever could change those workflows on a branch ' +
        'that may use the signing environment could sign as well.'
    );
  }
  for (const { role, from, before } of distrusted) {
    const what = role === 'record' ? 'records' : 'checkpoints of size';
    yield `Do not trust ${what} ${from} to ${before - 1} by their signature alone: their key was revoked.`;
  }
  const { size: enrolled } = register.enrolments;
  if (enrolled > 0) {
    yield (
      `Keys of people are enrolled: ${enrolled} (records of kind credential-enrolled). That each is that person's, only the ` +
        'writer of the log vouches for; a human signature is worth as much as its enrolment.'
    );
  }
  if (since?.isSkipped === true) {
    yield (
      `Not read again: records 0 to ${since.size - 1}, beyond those that keys, credentials and newer records refer to, ` +
        'and the policies and facts that only they name (whether one of those is missing or nobody names it was not looked ' +
        'at). Their hashes are those that the older checkpoint signs; but the names of older files are not signed, and by ' +
        'their names those about keys, credentials and answers were found: check the whole log from time to time.'
    );
    yield 'A gate that was authorised more than an hour before the older checkpoint and never concluded is taken for closed.';
  }
  if (witnessed !== null && witnessesAsked > 0) {
    yield (
      `Whether there is anything newer than the first ${witnessed.size} records, which witnesses have seen, only a ` +
        'newer cosignature can tell.'
    );
  } else if (since === null) {
    yield 'Without an older checkpoint (--since) or a witness, an older consistent state of this log cannot be told from the newest.';
  } else {
    yield 'The log extends the older checkpoint; whether this is its newest state cannot be told without a witness.';
  }
}
