import { fromBase64, toHex } from '../core/evidence/bytes.ts';
import { GateError } from '../core/errors.ts';
import type { RepositoryRef } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import type { RecordPorts } from '../core/ports.ts';
import { credentialRevokedRecord, policyEnrolledRecord } from '../core/record/key-records.ts';
import type { RecordFrame } from '../core/record/record-frame.ts';
import type { HumanProof } from '../core/review.ts';
import type { Evaluation } from './evaluate.ts';
import { policyFiles } from './record-parts.ts';
import { isKept } from './seal.ts';
import type { Sealing } from './seal.ts';
import { keysOf, load, save } from './state.ts';
import type { Credential } from './state.ts';

/*
 * A verifier of the log takes a signed review only where the key was enrolled for its person before (core/evidence/people).
 * Who the key belongs to is the policy's word, so each enrolment names the policy, and ends when the policy does not name the
 * key for that account any more. One key is in force for one account at a time.
 */

/**
 * What has to stand in the log before the answers of this evaluation: enrolments of the keys that signed those that count,
 * and revocations of those that left the policy. Each is sealed once, however often it is asked for.
 */
export async function credentialSealings(
  ports: RecordPorts,
  ref: RepositoryRef,
  evaluation: Evaluation,
): Promise<readonly Sealing[]> {
  // A policy that cannot be read takes no key away, and nothing counts by it.
  if (evaluation.policy.state.kind !== 'in-force') return [];
  const sealings: Sealing[] = [];
  for (const name of await keysOf(ports.documents, ref, 'credential')) {
    const stored = await load(ports.documents, ref, 'credential', name);
    if (stored === null || namesKey(ports, evaluation, stored.body, name)) continue;
    if (stored.body.isNamed) {
      await save(ports.documents, ref, 'credential', name, { ...stored, body: { ...stored.body, isNamed: false } });
    }
    sealings.push(...(await revocation(ports, ref, name, stored.body.enrolments)));
  }
  for (const { review, counts } of evaluation.decision.reviews) {
    if (!counts || review.proof === undefined) continue;
    const name = nameOfKey(ports, review.proof);
    const { enrolments } = await named(ports, ref, name, review.reviewer);
    if (enrolments > 1) sealings.push(...(await revocation(ports, ref, name, enrolments - 1)));
    sealings.push(enrolment(ports, ref, evaluation, review.reviewer, review.proof, enrolments));
  }
  // A key that went over to another account ends for both reasons, and once.
  return [...new Map(sealings.map((sealing) => [sealing.event, sealing])).values()];
}

/**
 * Digest of the record that enrols the key of a signed answer for the account that gave it; it was made before.
 *
 * @throws {GateError} ERR_STORE_CONFLICT when the key went over to another account of the person meanwhile: look again
 */
export async function enrolledDigest(
  ports: Pick<RecordPorts, 'documents' | 'sha256'>,
  ref: RepositoryRef,
  { reviewer, proof }: { readonly reviewer: Credential['reviewer']; readonly proof: HumanProof },
): Promise<string> {
  const name = nameOfKey(ports, proof);
  const credential = (await load(ports.documents, ref, 'credential', name))?.body;
  if (credential === undefined || !credential.isNamed || credential.reviewer.id !== reviewer.id) {
    throw new GateError('ERR_STORE_CONFLICT', 'the key of an answer is enrolled for another account now');
  }
  return digestOf(ports, ref, enrolledEvent(name, credential.enrolments));
}

function namesKey(ports: RecordPorts, { signers }: Evaluation, { reviewer }: Credential, name: string): boolean {
  return (signers.get(reviewer.id) ?? []).some(({ key }) => toHex(ports.sha256(key.wire)) === name);
}

/** The enrolment that is in force for this account and that a verifier believes, or the number of a new one. */
async function named(
  ports: RecordPorts,
  ref: RepositoryRef,
  name: string,
  reviewer: Credential['reviewer'],
): Promise<Credential> {
  const stored = await load(ports.documents, ref, 'credential', name);
  const isInForce = stored !== null && stored.body.isNamed && stored.body.reviewer.id === reviewer.id;
  if (isInForce && !(await isRevoked(ports, ref, name, stored.body.enrolments))) return stored.body;
  const body = { reviewer, enrolments: (stored?.body.enrolments ?? 0) + 1, isNamed: true };
  return (await save(ports.documents, ref, 'credential', name, { body, version: stored?.version ?? 0 })).body;
}

/** An enrolment ends with the log's key that vouched for it; one that was meant and never made has not. */
async function isRevoked(ports: RecordPorts, ref: RepositoryRef, name: string, number: number): Promise<boolean> {
  const event = enrolledEvent(name, number);
  return (await isKept(ports, ref, event)) && ports.log.isRevoked(ref, await digestOf(ports, ref, event));
}

function enrolment(
  ports: RecordPorts,
  ref: RepositoryRef,
  { policy }: Evaluation,
  reviewer: Credential['reviewer'],
  { publicKey }: HumanProof,
  number: number,
): Sealing {
  return {
    event: enrolledEvent(nameOfKey(ports, { publicKey }), number),
    build: async () => {
      if (policy.state.kind !== 'in-force') throw new TypeError('a key is enrolled by a policy in force');
      const { digest: policyDigest, commitSha: policyCommit } = policy.state;
      const bytes = policyEnrolledRecord(frameOf(ports, ref), { reviewer, publicKey, policyDigest, policyCommit });
      return { bytes, attachments: policyFiles(policy) };
    },
  };
}

/** Nothing for an enrolment that was meant and never made; one that was made is there before its revocation. */
async function revocation(
  ports: RecordPorts,
  ref: RepositoryRef,
  name: string,
  number: number,
): Promise<readonly Sealing[]> {
  const enrolled = enrolledEvent(name, number);
  if (!(await isKept(ports, ref, enrolled))) return [];
  return [
    { event: enrolled, build: () => Promise.reject(new TypeError('an enrolment that was made is kept')) },
    {
      event: `credential-revoked/${name}/${number}`,
      build: async () => ({
        bytes: credentialRevokedRecord(frameOf(ports, ref), {
          enrolledDigest: await digestOf(ports, ref, enrolled),
          by: null,
          because: [because('credential-withdrawn', { what: 'the policy in force does not name it for this account' })],
        }),
        attachments: [],
      }),
    },
  ];
}

function enrolledEvent(name: string, number: number): string {
  return `credential-enrolled/${name}/${number}`;
}

async function digestOf(ports: Pick<RecordPorts, 'documents'>, ref: RepositoryRef, event: string): Promise<string> {
  const sealed = await load(ports.documents, ref, 'sealed', event);
  if (sealed === null) throw new GateError('ERR_STORE_UNAVAILABLE', 'the record that enrols a key is not kept');
  return sealed.body.digest;
}

function nameOfKey(ports: Pick<RecordPorts, 'sha256'>, { publicKey }: Pick<HumanProof, 'publicKey'>): string {
  return toHex(ports.sha256(fromBase64(publicKey) ?? new Uint8Array()));
}

function frameOf({ clock, sha256 }: RecordPorts, repository: RepositoryRef): RecordFrame {
  return { nowMs: clock.now(), repository, sha256 };
}
