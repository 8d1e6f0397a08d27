import type { Account } from '../core/actors/account.ts';
import { reasonFields } from '../core/record/bounded-lists.ts';
import { person, repositorySubject } from '../core/record/record-frame.ts';
import { GateError } from '../core/errors.ts';
import type { RepositoryRef } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import type { Ports, Sealed } from '../core/ports.ts';
import { head, sealing } from './record-parts.ts';
import { sealOne } from './seal.ts';
import { keysOf, load, remove } from './state.ts';
import type { Disclosure } from './state.ts';

/** Who asked for an erasure, and who agreed: two administrators, because it cannot be undone. */
export interface Erasure {
  readonly by: Account;
  readonly approvedBy: Account;
}

/**
 * Takes a facts file off the evidence branch for good, and forgets what opens its commitments. The record says so before
 * anything is forgotten, and a second call finishes what a first one began. Records keep their bytes: they hold numeric ids
 * and logins only. The host still has the file in the history of the branch until it is purged there.
 *
 * @param factsDigest SHA-256 in the name of the file
 * @throws {GateError} ERR_INPUT when it is not for these two to decide, or when no record on the branch names such a file
 */
export async function expungeFacts(
  ports: Ports,
  ref: RepositoryRef,
  factsDigest: string,
  erasure: Erasure,
): Promise<Sealed> {
  await checkPeople(ports, ref, erasure);
  const { by, approvedBy } = erasure;
  const sealed = await sealOne(
    ports,
    ref,
    sealing(`expunged/${factsDigest}`, () => ({
      predicate: {
        kind: 'expunged',
        ...head(ports, ref),
        expungedDigest: factsDigest,
        by: person(by),
        approvedBy: person(approvedBy),
        ...reasonFields([because('erasure-requested', { what: `@${by.login}` })]),
      },
      subject: [repositorySubject({ repository: ref, sha256: ports.sha256 })],
    })),
  );
  await forget(ports, ref, (disclosure) => disclosure.factsDigest === factsDigest);
  return sealed;
}

/**
 * Forgets a reviewer's words: from here on nobody can say what was committed to. Nothing on the branch changes, so no record
 * tells it. Buttons and commands that answered the same request go too, because they hold words; where it is still open,
 * they have to be given again.
 */
export async function forgetReason(
  ports: Ports,
  ref: RepositoryRef,
  reasonCommitment: string,
  erasure: Erasure,
): Promise<void> {
  await checkPeople(ports, ref, erasure);
  await forget(ports, ref, (disclosure) => disclosure.reasonCommitment === reasonCommitment);
}

async function forget(ports: Ports, ref: RepositoryRef, isMeant: (disclosure: Disclosure) => boolean): Promise<void> {
  for (const key of await keysOf(ports.documents, ref, 'disclosure')) {
    const found = await load(ports.documents, ref, 'disclosure', key);
    if (found === null || !isMeant(found.body)) continue;
    if (found.body.reasonCommitment !== null) await remove(ports.documents, ref, 'answers', found.body.requestDigest);
    await remove(ports.documents, ref, 'disclosure', key);
  }
}

async function checkPeople(ports: Ports, ref: RepositoryRef, { by, approvedBy }: Erasure): Promise<void> {
  if (by.id === approvedBy.id) throw refuse('nobody agrees to an erasure of their own');
  for (const { id, login, type } of [by, approvedBy]) {
    // What a person may do is asked by login: one that went to another account meanwhile must lend nothing (C15).
    const isThere = type === 'User' && (await ports.people.byLogin(ref, login))?.id === id;
    if (!isThere || (await ports.people.permission(ref, login)) !== 'admin') {
      throw refuse('both who ask and who agree have to be administrators of the repository');
    }
  }
}

function refuse(issue: string): GateError {
  return new GateError('ERR_INPUT', `nothing was erased: ${issue}`);
}
