import type { z } from 'zod';
import type { Account } from '../actors/account.ts';
import type { Because } from '../gate/decision.ts';
import { reasonFields } from './bounded-lists.ts';
import { buildStatement } from './build-statement.ts';
import type { keySchemas } from './key-schemas.ts';
import { headFields, person, repositorySubject } from './record-frame.ts';
import type { RecordFrame } from './record-frame.ts';

/** Records about the keys of the log and of people. */

type Enrolled = z.input<(typeof keySchemas)['credential-enrolled']>;

/**
 * A key of the log gives way to another one. Keys are C2SP vkey lines; both sign `countersign key change v1` and what follows
 * it (docs/evidence-format.md, "Keys over time"); signatures are base64.
 */
export function keyChangedRecord(
  frame: RecordFrame,
  given: {
    readonly role: 'record' | 'checkpoint';
    readonly before: string;
    readonly after: string;
    /** Index from which on the key before was not alone ours; null where it was only replaced. */
    readonly revokedFrom: number | null;
    readonly signatures: { readonly before: string; readonly after: string };
  },
): Uint8Array {
  const { role, before, after, revokedFrom, signatures } = given;
  return buildStatement(
    {
      ...headFields('key-changed', frame),
      role,
      before,
      after,
      ...(revokedFrom === null ? {} : { revokedFrom }),
      signatures: { before: signatures.before, after: signatures.after },
    },
    [repositorySubject(frame)],
  );
}

/** What a person signs with, as the record names it. */
export type Credential =
  | Pick<Extract<Enrolled, { format: 'webauthn' }>, 'format' | 'webauthn'>
  | Pick<Extract<Enrolled, { format: 'sshsig' }>, 'format' | 'sshsig'>;

/** The key counts from the next record on. Who vouches for it, and how that was known, is part of the record. */
export function credentialEnrolledRecord(
  frame: RecordFrame,
  given: {
    readonly reviewer: Account;
    readonly enrolledBy: Account;
    readonly source: Exclude<Enrolled['source'], 'policy'>;
    readonly credential: Credential;
  },
): Uint8Array {
  return buildStatement(
    {
      ...headFields('credential-enrolled', frame),
      reviewer: person(given.reviewer),
      enrolledBy: person(given.enrolledBy),
      source: given.source,
      ...given.credential,
    },
    [repositorySubject(frame)],
  );
}

/**
 * The same where the policy in force names the key, and with it the person.
 * @param given `publicKey`: as on the wire, base64; the policy's file has to be attached
 */
export function policyEnrolledRecord(
  frame: RecordFrame,
  given: {
    readonly reviewer: Account;
    readonly publicKey: string;
    readonly policyDigest: string;
    readonly policyCommit: string;
  },
): Uint8Array {
  const { reviewer, publicKey, policyDigest, policyCommit } = given;
  return buildStatement(
    {
      ...headFields('credential-enrolled', frame),
      reviewer: person(reviewer),
      source: 'policy',
      policyDigest,
      policyCommit,
      format: 'sshsig',
      sshsig: { publicKey },
    },
    [repositorySubject(frame)],
  );
}

/** @param given `enrolledDigest`: SHA-256 of the bytes of the `credential-enrolled` record; `by` null where nobody is known */
export function credentialRevokedRecord(
  frame: RecordFrame,
  given: { readonly enrolledDigest: string; readonly by: Account | null; readonly because: readonly Because[] },
): Uint8Array {
  return buildStatement(
    {
      ...headFields('credential-revoked', frame),
      enrolledDigest: given.enrolledDigest,
      ...(given.by === null ? {} : { by: person(given.by) }),
      ...reasonFields(given.because),
    },
    [repositorySubject(frame)],
  );
}
