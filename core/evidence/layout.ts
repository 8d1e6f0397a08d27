import type { RecordKind } from './kinds.ts';
import { toRecordKind } from './kinds.ts';
import { parseTilePath } from './tree/tiles.ts';
import type { Tile } from './tree/tiles.ts';

/** Where everything stands on the evidence branch. Every path that is not one of these refuses the whole log. */
export const CHECKPOINT_PATH = 'checkpoint';
/** The newest checkpoint that witnesses have cosigned; it may lag behind `checkpoint`, and need not be there. */
export const WITNESSED_PATH = 'checkpoint.witnessed';
export const ATTRIBUTES_PATH = '.gitattributes';
export const README_PATH = 'README.md';
export const RECORD_KEY_PATH = 'keys/record.vkey';
export const CHECKPOINT_KEY_PATH = 'keys/checkpoint.vkey';

/** Keeps git from changing bytes on the way to a work tree (line ends, $Id$, filters): they are what is signed. */
export const ATTRIBUTES_TEXT = '* -text -ident -filter -export-subst -working-tree-encoding\n';

const INDEX_DIGITS = 9;

/** Records, tiles and notes are shorter; of a record, what is a little too long is still read, and named as such. */
const MAX_SMALL_BYTES = 128 * 1024;
/** Policies, facts, signatures: more than the writer puts into one commit. */
const MAX_LARGE_BYTES = 1024 * 1024;

/** A source reads no longer file than this: hundreds are read at once, and anybody may have written them. */
export function maxBytesOf(path: string): number {
  return /^(?:policies|facts|signatures)\//.test(path) ? MAX_LARGE_BYTES : MAX_SMALL_BYTES;
}

export type EvidencePath =
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'witnessed' }
  | { readonly kind: 'attributes' }
  /** `day` is `YYYY/MM/DD`. */
  | { readonly kind: 'record'; readonly day: string; readonly index: number; readonly recordKind: RecordKind }
  | { readonly kind: 'signatures'; readonly day: string; readonly first: number; readonly last: number }
  | { readonly kind: 'tile'; readonly tile: Tile }
  | { readonly kind: 'attachment'; readonly digest: string }
  /** README and `keys/`: there for convenience, and no verdict depends on them. */
  | { readonly kind: 'not-evidence' }
  | { readonly kind: 'unknown' };

/** @param at `predicate.at`, e.g. `2026-11-21T04:33:12.123Z` */
export function recordPath(index: number, kind: RecordKind, at: string): string {
  return `records/${dayOf(at)}/${padIndex(index)}-${kind}.json`;
}

/** @param at `predicate.at` of the batch's first record */
export function signaturesPath(first: number, last: number, at: string): string {
  return `signatures/${dayOf(at)}/${padIndex(first)}-${padIndex(last)}.json`;
}

export function policyPath(digest: string): string {
  return `policies/${digest}.yml`;
}

export function factsPath(digest: string): string {
  return `facts/${digest}.json`;
}

/** `2026/11/21` of `2026-11-21T…`. */
export function dayOf(at: string): string {
  return at.slice(0, 10).replaceAll('-', '/');
}

/** Zero-based leaf index in at least nine digits, so that names sort like the tree. */
export function padIndex(index: number): string {
  return String(index).padStart(INDEX_DIGITS, '0');
}

/** What a path on the branch is. Spellings that the writer would not use (`records/…/1-void.json`) are unknown. */
export function parseEvidencePath(path: string): EvidencePath {
  if (path === CHECKPOINT_PATH) return { kind: 'checkpoint' };
  if (path === WITNESSED_PATH) return { kind: 'witnessed' };
  if (path === ATTRIBUTES_PATH) return { kind: 'attributes' };
  if (path === README_PATH || /^keys\/[a-z0-9-]+\.vkey$/.test(path)) return { kind: 'not-evidence' };
  return parseRecordPath(path) ?? parseSignaturesPath(path) ?? parseAttachmentPath(path) ?? parseTile(path);
}

function parseRecordPath(path: string): EvidencePath | null {
  const match = /^records\/(\d{4}\/\d\d\/\d\d)\/(\d{9,16})-([a-z-]+)\.json$/.exec(path);
  const [, day, digits, name] = match ?? [];
  const index = parseIndex(digits);
  const recordKind = toRecordKind(name);
  return day === undefined || index === null || recordKind === null ? null : { kind: 'record', day, index, recordKind };
}

function parseSignaturesPath(path: string): EvidencePath | null {
  const match = /^signatures\/(\d{4}\/\d\d\/\d\d)\/(\d{9,16})-(\d{9,16})\.json$/.exec(path);
  const [, day, firstDigits, lastDigits] = match ?? [];
  const first = parseIndex(firstDigits);
  const last = parseIndex(lastDigits);
  if (day === undefined || first === null || last === null || first > last) return null;
  return { kind: 'signatures', day, first, last };
}

function parseAttachmentPath(path: string): EvidencePath | null {
  const match = /^(?:policies\/([0-9a-f]{64})\.yml|facts\/([0-9a-f]{64})\.json)$/.exec(path);
  const digest = match?.[1] ?? match?.[2];
  return digest === undefined ? null : { kind: 'attachment', digest };
}

function parseTile(path: string): EvidencePath {
  const tile = parseTilePath(path);
  return tile === null ? { kind: 'unknown' } : { kind: 'tile', tile };
}

function parseIndex(digits: string | undefined): number | null {
  if (digits === undefined) return null;
  const index = Number(digits);
  return Number.isSafeInteger(index) && padIndex(index) === digits ? index : null;
}
