import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { renderBatch } from '../../core/evidence/records/render-batch.ts';
import type { LogState } from '../../core/evidence/records/render-batch.ts';
import { signNote } from '../../core/evidence/notes/signed-note.ts';
import { emptyEdge } from '../../core/evidence/tree/tree-edge.ts';
import { sampleOrigin, sha256 } from './evidence-log.ts';
import type { NamedSigner } from './key-changes.ts';

/** `key` is the name under which it is written down; the signer of another key makes a forgery. */
export interface Signing {
  readonly record: NamedSigner;
  readonly checkpoint: NamedSigner;
}

/** The files of a log, commit by commit, each signed as it says. */
export async function logOf(
  ...commits: readonly (readonly [Signing, ...Uint8Array[]])[]
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let state: LogState = { origin: sampleOrigin, size: 0, edge: emptyEdge };
  for (const [by, ...records] of commits) {
    const signed = records.map(async (bytes) => ({
      bytes,
      signature: await by.record.signer.sign(preAuthEncoding(PAYLOAD_TYPE, bytes)),
    }));
    const rendered = await renderBatch({
      state,
      keys: { record: by.record.key, checkpoint: by.checkpoint.key },
      records: await Promise.all(signed),
      attachments: [],
      sha256,
      signCheckpoint: (text) => signNote(text, by.checkpoint.key, (message) => by.checkpoint.signer.sign(message)),
    });
    for (const path of rendered.deletions) files.delete(path);
    for (const { path, bytes } of rendered.additions) files.set(path, bytes);
    state = rendered.state;
  }
  return files;
}
