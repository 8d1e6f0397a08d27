import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Stats } from 'node:fs';
import { access, constants, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, posix, relative, sep } from 'node:path';
import { sha256 } from '../adapters/signing/node-crypto.ts';
import { toHex, utf8 } from '../core/evidence/bytes.ts';
import { because } from '../core/gate/reasons.ts';
import { canonicalJson } from '../core/gate/request-digest.ts';
import { SUBJECT_NAME_MAX, SUBJECTS_MAX } from '../core/proposal.ts';
import type { ProposedSubject } from '../core/proposal.ts';
import { parseCommandLine } from './command.ts';
import { ActionFailure } from './failure.ts';
import { linesOf } from './inputs.ts';
import type { Inputs } from './inputs.ts';

/** Inputs as the workflow gave them; whoever writes the workflow of the change controls them. */
export type SubjectInputs = Pick<Inputs, 'working-directory' | 'plan' | 'artifacts' | 'manifests' | 'command'>;

const MEGABYTE = 2 ** 20;
const FILE_MAX_BYTES = 512 * MEGABYTE;

/** A file that a job binds. */
export interface BoundFile {
  readonly kind: 'plan' | 'artifact' | 'manifest';
  /** Relative to the repository's root, with `/`: what stands in the proposal. */
  readonly name: string;
  /** Real path on this machine, within the real path of the workspace. */
  readonly path: string;
}

/**
 * What the job is about to run, read from the disk now: SHA-256 of the raw bytes of every file, and of the command with its
 * directory (attack C42: another directory is another subject). Nothing named: an empty list.
 *
 * @throws {ActionFailure} a reason of its own for every file, path, directory or command that cannot be bound
 */
export async function digestSubjects(
  inputs: SubjectInputs,
  runner: { readonly workspace: string },
): Promise<readonly ProposedSubject[]> {
  const files = await findFiles(inputs, runner);
  const argv = parseCommandLine(inputs.command);
  const subjects: ProposedSubject[] = [];
  for (const file of files) {
    subjects.push({ kind: file.kind, name: file.name, sha256: await digestFile(file) });
  }
  if (argv !== null) {
    const { name: directory } = await findDirectory(inputs['working-directory'], runner.workspace);
    subjects.push(commandSubject(argv, directory));
  }
  if (subjects.length > SUBJECTS_MAX) {
    throw new ActionFailure(because('subjects-too-many', { most: SUBJECTS_MAX, count: subjects.length }));
  }
  return subjects;
}

/** The files that the inputs name, each once, checked and not yet read. */
export async function findFiles(
  inputs: SubjectInputs,
  runner: { readonly workspace: string },
): Promise<readonly BoundFile[]> {
  const named = [
    ...(inputs.plan === '' ? [] : [{ kind: 'plan' as const, path: inputs.plan }]),
    ...linesOf(inputs.artifacts).map((path) => ({ kind: 'artifact' as const, path })),
    ...linesOf(inputs.manifests).map((path) => ({ kind: 'manifest' as const, path })),
  ];
  if (named.length === 0) return [];
  if (named.length > SUBJECTS_MAX) {
    throw new ActionFailure(because('subjects-too-many', { most: SUBJECTS_MAX, count: named.length }));
  }
  const directory = await findDirectory(inputs['working-directory'], runner.workspace);
  const files = new Map<string, BoundFile>();
  for (const { kind, path } of named) {
    const file = await findFile(kind, path, directory);
    files.set(`${kind} ${file.name}`, file);
  }
  return [...files.values()];
}

export interface WorkingDirectory {
  /** Relative to the repository's root; the root itself is `.`. */
  readonly name: string;
  /** Real path. */
  readonly path: string;
  readonly workspace: string;
}

/** @throws {ActionFailure} `working-directory-unusable` for what is no directory within the checkout */
export async function findDirectory(input: string, workspace: string): Promise<WorkingDirectory> {
  const failure = new ActionFailure(because('working-directory-unusable', { path: input }));
  if (!isPlainPath(input) || isAbsolute(input)) throw failure;
  const name = nameOf(input);
  if (leadsOut(name)) throw failure;
  try {
    const root = await realpath(workspace);
    const path = await realpath(join(root, name));
    if (!isWithin(root, path) || !(await stat(path)).isDirectory()) throw failure;
    return { name, path, workspace: root };
  } catch {
    throw failure;
  }
}

export function commandSubject(argv: readonly string[], directory: string): ProposedSubject {
  const name = canonicalJson({ argv, directory });
  if (name.length > SUBJECT_NAME_MAX) {
    throw new ActionFailure(because('command-too-long', { most: SUBJECT_NAME_MAX }));
  }
  return { kind: 'command', name, sha256: toHex(sha256(utf8(name))) };
}

async function findFile(kind: BoundFile['kind'], input: string, directory: WorkingDirectory): Promise<BoundFile> {
  if (!isPlainPath(input)) throw new ActionFailure(because('subject-path-odd', { path: input }));
  const outside = new ActionFailure(because('subject-path-outside', { path: input }));
  if (isAbsolute(input)) throw outside;
  const name = nameOf(posix.join(directory.name, input));
  if (leadsOut(name)) throw outside;
  if (name.length > SUBJECT_NAME_MAX) throw new ActionFailure(because('subject-path-odd', { path: input }));
  const found = await look(join(directory.workspace, name), name);
  if (!isWithin(directory.workspace, found.path)) throw outside;
  const { stats } = found;
  if (stats.isDirectory()) throw new ActionFailure(because('subject-is-directory', { path: name }));
  // Before it is opened: a pipe would keep the job waiting for ever.
  if (!stats.isFile()) throw new ActionFailure(because('subject-not-a-file', { path: name }));
  if (stats.size === 0) throw new ActionFailure(because('subject-empty', { path: name }));
  if (stats.size > FILE_MAX_BYTES) throw tooLarge(name);
  return { kind, name, path: found.path };
}

async function look(path: string, name: string): Promise<{ readonly path: string; readonly stats: Stats }> {
  try {
    const real = await realpath(path);
    return { path: real, stats: await stat(real) };
  } catch (error) {
    const code = codeOf(error);
    throw new ActionFailure(
      code === 'ENOENT' || code === 'ENOTDIR'
        ? because('subject-missing', { path: name })
        : because('subject-unreadable', { path: name, what: code }),
    );
  }
}

/**
 * SHA-256 of a file as it is now, in lower-case hex, read in pieces.
 * @throws {ActionFailure} `subject-unreadable`, `subject-too-large` where it grew beyond the cap while it was read
 */
export async function digestFile({ name, path }: BoundFile): Promise<string> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    await access(path, constants.R_OK);
    const chunks: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: MEGABYTE });
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > FILE_MAX_BYTES) throw tooLarge(name);
      hash.update(chunk);
    }
  } catch (error) {
    if (error instanceof ActionFailure) throw error;
    throw new ActionFailure(because('subject-unreadable', { path: name, what: codeOf(error) }));
  }
  if (size === 0) throw new ActionFailure(because('subject-empty', { path: name }));
  return hash.digest('hex');
}

function tooLarge(path: string): ActionFailure {
  return new ActionFailure(because('subject-too-large', { path, most: FILE_MAX_BYTES / MEGABYTE }));
}

/** What a reader sees is what is bound: nothing invisible, and one way only to write a folder's end. */
function isPlainPath(path: string): boolean {
  const isBounded = path !== '' && path.length <= SUBJECT_NAME_MAX;
  return isBounded && path.isWellFormed() && !/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(path);
}

/** Without `./`, doubled or closing `/`; what leads out begins with `..`. */
function nameOf(path: string): string {
  const name = posix.normalize(path).replace(/\/+$/, '');
  return name === '' ? '.' : name;
}

function leadsOut(name: string): boolean {
  return name === '..' || name.startsWith('../');
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** `ENOENT` and so on; never the message, which holds the whole path. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
}
