import { utf8 } from '../evidence/bytes.ts';

/** White space before a line of an entry, comma and line break included, as records print it at the depth of their lists. */
const BYTES_A_LINE = 10;

/**
 * The first entry and as many of those that follow as fit into so many bytes of a record. A record is at most 4,000 bytes
 * where it can be (AWS KMS signs no longer message with Ed25519): a list that others make long is counted in the record,
 * bound by its digest, and stands in full in the facts file.
 */
export function firstThatFit<T>(entries: readonly T[], bytesMax: number): T[] {
  let left = bytesMax;
  const end = entries.findIndex((entry, at) => {
    left -= printedBytes(entry);
    return left < 0 && at > 0;
  });
  return entries.slice(0, end === -1 ? entries.length : end);
}

function printedBytes(entry: unknown): number {
  const text = JSON.stringify(entry, null, 2);
  return utf8(text).length + text.split('\n').length * BYTES_A_LINE;
}
