import { cosign, toWitnessKey } from '../../core/evidence/notes/cosignature.ts';
import type { WitnessKey } from '../../core/evidence/notes/cosignature.ts';
import { toHex, utf8 } from '../../core/evidence/bytes.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { CHECKPOINT_PATH, factsPath, policyPath, WITNESSED_PATH } from '../../core/evidence/layout.ts';
import { renderBatch } from '../../core/evidence/records/render-batch.ts';
import type { File, LogState } from '../../core/evidence/records/render-batch.ts';
import { formatVerifierKey, parseNote, signNote } from '../../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { renderJson } from '../../core/evidence/strict-json.ts';
import { emptyEdge } from '../../core/evidence/tree/tree-edge.ts';
import { fixedKey, recordBytes, sampleOrigin, sha256 } from './evidence-log.ts';
import { ed25519Signer, keyChanged, p256Signer } from './key-changes.ts';
import type { NamedSigner } from './key-changes.ts';
import { enrolledRecord, EVE, passkeySigner, revokedRecord, signedReview, sshSigner } from './signed-reviews.ts';
import { softwarePasskey } from './software-passkey.ts';
import { softwareSshKey } from './software-ssh-key.ts';

type Files = ReadonlyMap<string, Uint8Array>;

/** A log with every kind of file, and how it grew. */
export interface FullLog {
  readonly files: Files;
  /** The files after each commit. */
  readonly versions: readonly Files[];
  readonly recordCount: number;
  /** The first checkpoint key, and the one in force at the end. */
  readonly pin: VerifierKey;
  readonly newestPin: VerifierKey;
  /** Before and after the change. */
  readonly recordKeys: readonly [VerifierKey, VerifierKey];
  readonly witnesses: readonly WitnessKey[];
}

interface FullLogOptions {
  /** The first record key is revoked from this index on (at most 7), instead of only replaced. */
  readonly recordKeyRevokedFrom?: number;
}

/**
 * Small, and with all of it: policies and facts (one expunged later), passkey and SSH signatures of people, a revoked
 * credential, both keys changed (the record key to P-256), and a checkpoint that a witness cosigned while the log was shorter.
 */
export async function fullLog({ recordKeyRevokedFrom }: FullLogOptions = {}): Promise<FullLog> {
  const keys = { record: ed25519Signer('record', 1), checkpoint: ed25519Signer('checkpoint', 2) };
  const pin = keys.checkpoint.key;
  const firstRecordKey = keys.record.key;
  const files = new Map<string, Uint8Array>();
  const versions: Files[] = [];
  let state: LogState = { origin: sampleOrigin, size: 0, edge: emptyEdge };

  const commit = async (records: readonly Uint8Array[], attachments: readonly File[] = []): Promise<void> => {
    const { record, checkpoint } = keys;
    const sign = (bytes: Uint8Array): Promise<Uint8Array> => record.signer.sign(preAuthEncoding(PAYLOAD_TYPE, bytes));
    const rendered = await renderBatch({
      state,
      keys: { record: record.key, checkpoint: checkpoint.key },
      records: await Promise.all(records.map(async (bytes) => ({ bytes, signature: await sign(bytes) }))),
      attachments,
      sha256,
      signCheckpoint: (text) => signNote(text, checkpoint.key, (message) => checkpoint.signer.sign(message)),
    });
    for (const path of rendered.deletions) files.delete(path);
    for (const { path, bytes } of rendered.additions) files.set(path, bytes);
    state = rendered.state;
    versions.push(new Map(files));
  };

  /** The old record key signs the change; the checkpoint of the change is the new checkpoint key's first. */
  const change = async (role: 'record' | 'checkpoint', after: NamedSigner): Promise<void> => {
    const revoked =
      role === 'record' && recordKeyRevokedFrom !== undefined ? { revokedFrom: recordKeyRevokedFrom } : {};
    const fields = await keyChanged({ role, before: keys[role], after, ...revoked });
    const bytes = recordBytes('key-changed', fields, state.size);
    if (role === 'checkpoint') keys.checkpoint = after;
    await commit([bytes]);
    if (role === 'record') keys.record = after;
  };

  const policy = attachment(policyPath, utf8('version: 1\nscope: { deployments: all }\n'));
  const facts = attachment(factsPath, utf8(renderJson({ note: 'redacted' })));
  const newerFacts = attachment(factsPath, utf8(renderJson({ note: 'redacted too' })));
  const gate = { runId: 1, attempt: 1, environment: 'production', opening: 1 };
  const passkey = passkeySigner(softwarePasskey('p256'));
  const sshKey = sshSigner(softwareSshKey('ssh-ed25519'));
  const named = { policyDigest: policy.digest, request: { factsDigest: facts.digest } };
  const passkeyEnrolled = enrolledRecord(passkey, 1);
  const sshEnrolled = enrolledRecord(sshKey, 2, EVE);
  const authorised = recordBytes('authorised', { gate, notAfter: '2026-11-22T00:10:00.000Z' }, 6);

  await commit([opening(keys)]);
  await commit([passkeyEnrolled, sshEnrolled]);
  await commit([recordBytes('requested', { gate, ...named }, 3)], [policy.file, facts.file]);
  await commit([
    signedReview({ signer: passkey, enrolled: passkeyEnrolled, second: 4 }),
    recordBytes('reviewed', { gate, note: 'größer als gedacht ✓' }, 5),
    authorised,
  ]);
  await change('record', p256Signer('record'));
  await commit([recordBytes('released', { gate, authorisedDigest: toHex(sha256(authorised)) }, 8)]);
  const witnessed = await cosigned(files.get(CHECKPOINT_PATH) ?? new Uint8Array(0));
  await change('checkpoint', ed25519Signer('checkpoint', 3));
  await commit(
    [
      recordBytes('requested', { ...named, request: { factsDigest: newerFacts.digest } }, 10),
      signedReview({ signer: sshKey, enrolled: sshEnrolled, second: 11, reviewer: EVE }),
    ],
    [newerFacts.file],
  );
  files.delete(facts.file.path);
  const people = { by: { id: 5, login: 'kim' }, approvedBy: { id: 6, login: 'lee' } };
  const expunged = { expungedDigest: facts.digest, ...people, because: [] };
  await commit([recordBytes('expunged', expunged, 12), revokedRecord(passkeyEnrolled, 13)]);
  files.set(WITNESSED_PATH, utf8(witnessed.note));
  files.set('README.md', utf8('# Evidence\n'));
  await commit([recordBytes('heartbeat', {}, 14)]);
  return {
    files,
    versions,
    recordCount: state.size,
    pin,
    newestPin: keys.checkpoint.key,
    recordKeys: [firstRecordKey, keys.record.key],
    witnesses: [witnessed.by],
  };
}

function opening({
  record,
  checkpoint,
}: {
  readonly record: NamedSigner;
  readonly checkpoint: NamedSigner;
}): Uint8Array {
  const named = { record: formatVerifierKey(record.key), checkpoint: formatVerifierKey(checkpoint.key) };
  return recordBytes('log-opened', { log: { format: 1, origin: sampleOrigin, generation: 1, keys: named } }, 0);
}

function attachment(pathOf: (digest: string) => string, bytes: Uint8Array) {
  const digest = toHex(sha256(bytes));
  return { digest, file: { path: pathOf(digest), bytes } };
}

async function cosigned(note: Uint8Array): Promise<{ readonly note: string; readonly by: WitnessKey }> {
  const { publicKey, sign } = fixedKey(9);
  const by = toWitnessKey('witness.example', publicKey, sha256);
  const parsed = parseNote(note);
  if (!parsed.ok) throw new TypeError(parsed.issue);
  const line = await cosign(parsed.value.text, 1_795_305_600n, by, sign);
  return { note: `${Buffer.from(note).toString()}${line}`, by };
}
