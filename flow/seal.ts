import { fromBase64, toBase64, toHex } from '../core/evidence/bytes.ts';
import { GateError } from '../core/errors.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { RecordPorts, Sealed, SealedInput } from '../core/ports.ts';
import { load, save } from './state.ts';
import type { Stored } from './state.ts';

/** One record to write, under the name of the event that it states. */
export interface Sealing {
  /** Unique within the repository, e.g. `authorised/12/1/production/1/1`: the same event is stated once, whatever crashes. */
  readonly event: string;
  readonly build: () => Promise<SealedInput>;
}

/**
 * Seals records in the order given, each once: the bytes are stored under the event's name before they go to the log, so
 * that a second try after a crash or a lost reply appends the very same record (the log deduplicates by digest).
 * Returns when all of them are durable on the evidence branch. Records sealed together share a commit.
 */
export async function sealAll(
  ports: RecordPorts,
  ref: RepositoryRef,
  sealings: readonly Sealing[],
  /** Done when the records are made and before they go to the log; given their digests. */
  before: (digests: readonly string[]) => Promise<void> = async () => {},
): Promise<readonly Sealed[]> {
  const kept: Stored<'sealed'>[] = [];
  for (const sealing of sealings) kept.push(await keep(ports, ref, sealing));
  await before(kept.map(({ body }) => body.digest));
  const open = kept.flatMap(({ body }) =>
    body.index === null && body.bytes !== null ? [{ body, bytes: body.bytes }] : [],
  );
  const appended =
    open.length === 0
      ? []
      : await ports.log.append(
          ref,
          open.map(({ body, bytes }) => ({
            bytes: readBase64(bytes),
            attachments: body.attachments.map((file) => ({ path: file.path, bytes: readBase64(file.bytes) })),
          })),
        );
  const indexOf = new Map(appended.map((sealed) => [sealed.digest, sealed.index]));
  const results: Sealed[] = [];
  for (const [position, sealing] of sealings.entries()) {
    const stored = kept[position];
    if (stored === undefined)
      throw new GateError('ERR_STORE_UNAVAILABLE', 'a record was lost between storing and sealing');
    const { digest } = stored.body;
    const index = stored.body.index ?? indexOf.get(digest);
    if (index === undefined) throw new GateError('ERR_LOG_REFUSED', 'the log did not confirm a record');
    if (stored.body.index === null) {
      const body = { digest, bytes: null, attachments: [], index };
      await save(ports.documents, ref, 'sealed', sealing.event, { body, version: stored.version }).catch(
        ignoreConflict,
      );
    }
    results.push({ digest, index });
  }
  return results;
}

export async function sealOne(ports: RecordPorts, ref: RepositoryRef, sealing: Sealing): Promise<Sealed> {
  const [sealed] = await sealAll(ports, ref, [sealing]);
  if (sealed === undefined) throw new GateError('ERR_LOG_REFUSED', 'the log did not confirm a record');
  return sealed;
}

/** Whether the bytes of this event's record were made: then it may already be on the branch. */
export async function isKept(ports: RecordPorts, ref: RepositoryRef, event: string): Promise<boolean> {
  return (await load(ports.documents, ref, 'sealed', event)) !== null;
}

async function keep(ports: RecordPorts, ref: RepositoryRef, sealing: Sealing): Promise<Stored<'sealed'>> {
  const found = await load(ports.documents, ref, 'sealed', sealing.event);
  if (found !== null) return found;
  const { bytes, attachments } = await sealing.build();
  const body = {
    digest: toHex(ports.sha256(bytes)),
    bytes: toBase64(bytes),
    attachments: attachments.map((file) => ({ path: file.path, bytes: toBase64(file.bytes) })),
    index: null,
  };
  return save(ports.documents, ref, 'sealed', sealing.event, { body, version: 0 });
}

/** Another worker wrote the same fact first: nothing to do. */
function ignoreConflict(error: unknown): void {
  if (!(error instanceof GateError && error.code === 'ERR_STORE_CONFLICT')) throw error;
}

function readBase64(text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === null) throw new GateError('ERR_STORE_UNAVAILABLE', 'stored bytes of a record cannot be read');
  return bytes;
}
