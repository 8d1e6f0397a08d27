import type { VerifyResult } from '../core/evidence/verify/verify-log.ts';
import type { LogVerified } from '../core/evidence/verify/verify-result.ts';
import { printable } from './printable.ts';

/** The result in words, for a terminal. @param pinned the vkey that was given */
export function reportResult(result: VerifyResult, description: string, pinned: string | undefined): string {
  const lines = result.ok ? [...verifiedLines(result, description, pinned)] : refusedLines(result.problem, description);
  return `${lines.join('\n')}\n`;
}

function refusedLines(
  { path, index, code, message }: Extract<VerifyResult, { ok: false }>['problem'],
  description: string,
): string[] {
  return [
    `DOES NOT VERIFY: ${printable(path)}${index === undefined ? '' : ` (record ${index})`}`,
    `  ${code}: ${printable(message)}`,
    `  read: ${printable(description)}`,
  ];
}

function* verifiedLines(result: LogVerified, description: string, pinned: string | undefined): Generator<string> {
  const { size, origin, since, root, checkpointKey, recordKey, keys, distrusted, witnessed, notEvidence } = result;
  yield `verified: ${size} records of ${origin}`;
  yield `  read: ${printable(description)}`;
  yield since === null
    ? '  checked: every path, signature, hash, tile and rule between records; policies and facts by digest'
    : `  checked: every path and tile; every signature, hash and rule of the ${size - since.size} records since ${since.size}`;
  yield `  root: ${root}`;
  yield `  checkpoint key: ${checkpointKey} (${pinnedBy(checkpointKey, pinned)})`;
  yield `  record key: ${recordKey} (named by record ${namedBy(result)})`;
  for (const { from, record, checkpoint } of keys.length > 1 ? keys : []) {
    yield `  keys from record ${from}: ${record}, ${checkpoint}`;
  }
  for (const { role, from, before, key } of distrusted) {
    yield `  NOT TRUSTED: ${role}s ${from} to ${before - 1}, signed by ${key}, which was revoked`;
  }
  for (const { witness, at } of witnessed?.cosignatures ?? []) {
    yield `  witnessed: the first ${witnessed?.size ?? 0} records, at ${at} by ${witness}`;
  }
  yield `  not evidence, not checked: ${notEvidence.length === 0 ? 'none' : notEvidence.join(', ')}`;
  for (const warning of result.warnings) yield `note: ${warning}`;
}

function pinnedBy(key: string, pinned: string | undefined): string {
  if (pinned === undefined) return 'named by the log itself, NOT pinned';
  return key === pinned ? 'pinned' : 'to it the log leads from the pinned one';
}

/** Index of the record that brought in the record key: the one before the first that it signs. */
function namedBy({ keys, recordKey }: LogVerified): number {
  return Math.max(0, (keys.find(({ record }) => record === recordKey)?.from ?? 0) - 1);
}
