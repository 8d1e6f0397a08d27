import { GateError } from '../../core/errors.ts';

export interface TreeChanges {
  /** Of the new commit; null: it has none. */
  readonly parent: string | null;
  /** Id of the tree that the changes are made to; null: an empty one; undefined: that of the parent. */
  readonly from?: string | null;
  readonly message: string;
  readonly additions: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  readonly deletions: readonly string[];
}

const FILE_MODE = '100644';
/** What the paths of this product are made of: nothing in them has to be quoted. */
const PATH = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;

/**
 * The input of `git fast-import` for one commit, which then answers its id and its tree's. It rewrites only the folders that
 * something changes in.
 * @param by `Name <mailbox> seconds +0000`
 * @throws {GateError} ERR_INPUT for a path that this product would not write
 */
export function fastImport(changes: TreeChanges, ref: string, by: string): Uint8Array {
  const { parent, from, message, additions, deletions } = changes;
  const parts: (string | Uint8Array)[] = [
    `commit ${ref}\nmark :1\nauthor ${by}\ncommitter ${by}\n`,
    ...data(Buffer.from(message)),
    ...(parent === null ? [] : [`from ${parent}\n`]),
    ...(from === undefined ? [] : ['deleteall\n']),
    ...(from === undefined || from === null ? [] : [`M 040000 ${from} ""\n`]),
  ];
  for (const path of deletions) parts.push(`D ${checked(path)}\n`);
  for (const { path, bytes } of additions) parts.push(`M ${FILE_MODE} inline ${checked(path)}\n`, ...data(bytes));
  parts.push('\nget-mark :1\nls :1 ""\ndone\n');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function data(bytes: Uint8Array): readonly (string | Uint8Array)[] {
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

function checked(path: string): string {
  if (!PATH.test(path) || path.split('/').some((part) => part === '.' || part === '..' || part === '.git')) {
    throw new GateError('ERR_INPUT', 'a path that is not written by this product');
  }
  return path;
}
