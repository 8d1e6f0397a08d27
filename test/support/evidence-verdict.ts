import { sha256, sha512, verifyOnPool } from '../../adapters/signing/node-crypto.ts';
import { toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { verifyLog } from '../../core/evidence/verify/verify-log.ts';
import type { VerifyResult } from '../../core/evidence/verify/verify-log.ts';
import { memorySource } from './evidence-log.ts';
import type { Stage } from './stage.ts';

/** What `countersign verify --key` says of these files, with the key that the auditor pinned when the App was set up. */
export function verdictOn(
  stage: Stage,
  files: ReadonlyMap<string, Uint8Array>,
  options: { readonly since?: Uint8Array | undefined; readonly pinned?: boolean } = {},
): Promise<VerifyResult> {
  const origin = textOf(files, 'checkpoint').split('\n')[0] ?? '';
  const pin = toVerifierKey(origin, stage.config.signingKeys.checkpoint.publicKey, sha256);
  return verifyLog(memorySource(files), {
    checkpointKey: options.pinned === false ? undefined : pin,
    since: options.since,
    sha256,
    sha512,
    verify: verifyOnPool,
  });
}

export function textOf(files: ReadonlyMap<string, Uint8Array>, path: string): string {
  return Buffer.from(files.get(path) ?? []).toString('utf8');
}

/** Path of the newest record of a kind. */
export function pathOf(files: ReadonlyMap<string, Uint8Array>, kind: string): string {
  const found = [...files.keys()].filter((path) => path.startsWith('records/') && path.endsWith(`-${kind}.json`));
  const newest = found.toSorted().at(-1);
  if (newest === undefined) throw new Error(`the log has no ${kind}`);
  return newest;
}
