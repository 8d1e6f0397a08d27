import { fromBase64, toBase64 } from '../bytes.ts';
import type { Parsed } from '../bytes.ts';

/** Signed tree head: the text of the note `checkpoint` (C2SP tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** `origin\nsize\nbase64(root)\n`: what the checkpoint key signs. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * Parses a note's text. Extension lines are refused: C2SP does not recommend them, and this format writes none, so one
 * would be bytes that nobody has given a meaning.
 */
export function parseCheckpoint(text: string): Parsed<Checkpoint> {
  const [origin, size, root, end, ...more] = text.split('\n');
  if (origin === undefined || size === undefined || root === undefined || end !== '' || more.length > 0) {
    return { ok: false, issue: 'a checkpoint is three lines: origin, size, root' };
  }
  if (origin === '') return { ok: false, issue: 'the origin is empty' };
  if (!/^(?:0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    return { ok: false, issue: 'the size is not a decimal number' };
  }
  const bytes = fromBase64(root);
  if (bytes === null || bytes.length !== 32) return { ok: false, issue: 'the root is not 32 bytes in base64' };
  return { ok: true, value: { origin, size: Number(size), root: bytes } };
}
