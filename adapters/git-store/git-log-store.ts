import { createHash } from 'node:crypto';
import { z } from 'zod';
import { GateError } from '../../core/errors.ts';
import { fromUtf8, utf8 } from '../../core/evidence/bytes.ts';
import type { KeptRecord, LogId, LogStore, StoredRecord } from '../../core/ports.ts';
import type { View } from './file-tree.ts';
import { readJson, toFile } from './json-file.ts';
import type { FileAccess } from './open-git-store.ts';

const base64 = z.base64().transform((text): Uint8Array => new Uint8Array(Buffer.from(text, 'base64')));
const stored = z.strictObject({
  digest: z.string(),
  bytes: base64,
  signature: base64,
  attachments: z.array(z.string()),
  /** Of the file that it took off the branch. */
  expunges: z.string().optional(),
  /** Name of its place in the queue. */
  place: z.string(),
  index: z.int().nonnegative().nullable(),
});
type Kept = z.infer<typeof stored>;
const state = z.strictObject({ body: z.string(), version: z.int().positive() });

const DIGITS = 12;

/**
 * LogStore on a ref. One read always asks the server, `latest`; all others see what that saw, so that the writer judges one
 * moment. Each change is compared at the server, whatever was read here.
 */
export function gitLogStore({ look, freshLook, write, writeNow }: FileAccess): LogStore {
  return {
    keep: (log, record) => write((view) => keep(view, folderOf(log), record)),
    marked: (log, name) =>
      look(async (view) => {
        const paths = view.under(`${folderOf(log)}/marks/${hash(name)}`);
        const records = await recordsOf(view, folderOf(log), paths.map(nameOf));
        return records.toSorted(byPlace).map(({ record }) => record);
      }),
    queued: (log, limit) =>
      look(async (view) => {
        const places = view
          .under(`${folderOf(log)}/queue`)
          .toSorted()
          .slice(0, limit);
        const digests: string[] = [];
        for (const place of places) digests.push(fromUtf8((await view.read(place)) ?? new Uint8Array()) ?? '');
        return (await recordsOf(view, folderOf(log), digests)).map(({ record }) => record);
      }),
    record: (log, digest) => look(async (view) => (await recordsOf(view, folderOf(log), [digest]))[0]?.record ?? null),
    published: (log, from, limit) =>
      look(async (view) => {
        const numbers = view.under(`${folderOf(log)}/numbers`).toSorted();
        const wanted = numbers.filter((path) => Number(nameOf(path)) >= from).slice(0, limit);
        const digests: string[] = [];
        for (const path of wanted) digests.push(fromUtf8((await view.read(path)) ?? new Uint8Array()) ?? '');
        return (await recordsOf(view, folderOf(log), digests)).map(({ record }) => record);
      }),
    state: (log) => look((view) => readJson(view, statePath(log), state)),
    latest: (id) =>
      freshLook(async (view) => {
        const generations = view.under(`${repositoryFolder(id)}/states`).map((path) => Number(nameOf(path)));
        return generations.length === 0 ? null : Math.max(...generations);
      }),
    advance: (log, body, expected, published, resigned = []) =>
      // What is on its way is stored before it is signed: this one waits for the server in any case.
      writeNow(async (view) => {
        const before = await readJson(view, statePath(log), state);
        if ((before?.version ?? 0) !== expected) throw conflict('the log was moved on by another sequencer');
        view.write(statePath(log), toFile({ body, version: expected + 1 }));
        for (const { digest, index } of published) await number(view, folderOf(log), digest, index);
        for (const { digest, signature } of resigned) {
          const record = await readJson(view, recordPath(folderOf(log), digest), stored);
          if (record === null || record.index !== null)
            throw conflict('a record to be signed again is missing or published');
          put(view, folderOf(log), { ...record, signature });
        }
      }),
  };
}

async function keep(view: View, folder: string, record: KeptRecord): Promise<void> {
  if (view.has(recordPath(folder, record.digest))) return;
  const { digest, bytes, signature, attachments, mark, expunges } = record;
  if (mark?.isUnique === true && view.under(`${folder}/marks/${hash(mark.name)}`).length > 0) {
    throw new GateError('ERR_INPUT', 'another record of the log has used what may be used once');
  }
  for (const file of attachments) {
    if (!view.has(goneOf(folder, file.path)) && !view.has(fileOf(folder, file.path))) {
      view.write(fileOf(folder, file.path), file.bytes);
    }
  }
  if (expunges !== undefined) await expunge(view, folder, expunges, record.isCarried === true);
  const last = view.under(`${folder}/queue`).toSorted().at(-1);
  const place = String(last === undefined ? 1 : Number(nameOf(last)) + 1).padStart(DIGITS, '0');
  view.write(`${folder}/queue/${place}`, utf8(digest));
  if (mark !== undefined) view.write(`${folder}/marks/${hash(mark.name)}/${digest}`, new Uint8Array());
  const paths = attachments.map(({ path }) => path);
  const expunged = record.isCarried === true || expunges === undefined ? {} : { expunges };
  put(view, folder, { digest, bytes, signature, attachments: paths, ...expunged, place, index: null });
}

/** Only a file that is on the branch can be taken off it: one that a published record names. */
async function expunge(view: View, folder: string, path: string, isCarried: boolean): Promise<void> {
  const file = fileOf(folder, path);
  const isNamed = isCarried || (view.has(file) && (await namesIt(view, folder, path)));
  if (!isNamed) throw new GateError('ERR_INPUT', 'there is no such facts file on the evidence branch to expunge');
  if (isCarried && view.has(file)) return;
  if (view.has(file)) view.remove(file);
  view.write(goneOf(folder, path), new Uint8Array());
}

async function namesIt(view: View, folder: string, path: string): Promise<boolean> {
  for (const record of view.under(`${folder}/records`)) {
    const kept = await readJson(view, record, stored);
    if (kept !== null && kept.index !== null && kept.attachments.includes(path)) return true;
  }
  return false;
}

/** A record gets its number once; a second one would mean two leaves for one record. */
async function number(view: View, folder: string, digest: string, index: number): Promise<void> {
  const record = await readJson(view, recordPath(folder, digest), stored);
  const path = `${folder}/numbers/${padded(Math.floor(index / 1_000))}/${padded(index)}`;
  const taken = await view.read(path);
  const isTaken = taken !== null && fromUtf8(taken) !== digest;
  if (record === null || isTaken || (record.index !== null && record.index !== index)) {
    throw conflict('a record of the log is missing or has another number');
  }
  if (record.index === index) return;
  view.write(path, utf8(digest));
  view.remove(`${folder}/queue/${record.place}`);
  put(view, folder, { ...record, index });
}

function put(view: View, folder: string, record: Kept): void {
  const { bytes, signature } = record;
  view.write(
    recordPath(folder, record.digest),
    toFile({
      ...record,
      bytes: Buffer.from(bytes).toString('base64'),
      signature: Buffer.from(signature).toString('base64'),
    }),
  );
}

interface Placed {
  readonly record: StoredRecord;
  readonly place: string;
}

async function recordsOf(view: View, folder: string, digests: readonly string[]): Promise<readonly Placed[]> {
  const found: Placed[] = [];
  for (const digest of digests) {
    const kept = await readJson(view, recordPath(folder, digest), stored);
    if (kept === null) continue;
    const { place, attachments, expunges, ...rest } = kept;
    const files: { path: string; bytes: Uint8Array }[] = [];
    for (const path of attachments) {
      if (view.has(goneOf(folder, path))) continue;
      const bytes = await view.read(fileOf(folder, path));
      if (bytes === null) throw new GateError('ERR_STORE_UNAVAILABLE', 'the store lost a file that a record names');
      files.push({ path, bytes });
    }
    found.push({ place, record: { ...rest, attachments: files, ...(expunges === undefined ? {} : { expunges }) } });
  }
  return found;
}

/** Published ones in order, then those in the queue. */
function byPlace(one: Placed, other: Placed): number {
  const [left, right] = [one.record.index ?? Number.MAX_SAFE_INTEGER, other.record.index ?? Number.MAX_SAFE_INTEGER];
  return left === right ? Number(one.place) - Number(other.place) : left - right;
}

function repositoryFolder({ host, installationId, repositoryId }: Omit<LogId, 'generation'>): string {
  if (![installationId, repositoryId].every(Number.isSafeInteger)) {
    throw new GateError('ERR_INPUT', 'an integer is outside what can be stored exactly');
  }
  return `logs/${hash(JSON.stringify([host, installationId, repositoryId])).slice(0, 20)}`;
}

function folderOf(log: LogId): string {
  return `${repositoryFolder(log)}/${log.generation}`;
}

function statePath(log: LogId): string {
  return `${repositoryFolder(log)}/states/${log.generation}`;
}

function recordPath(folder: string, digest: string): string {
  if (!/^[0-9a-z-]{1,64}$/.test(digest)) throw new GateError('ERR_INPUT', 'a record has a digest of another form');
  return `${folder}/records/${digest.slice(0, 2)}/${digest}`;
}

function fileOf(folder: string, path: string): string {
  return `${folder}/files/${hash(path)}`;
}

function goneOf(folder: string, path: string): string {
  return `${folder}/gone/${hash(path)}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function padded(number: number): string {
  return String(number).padStart(DIGITS, '0');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function conflict(message: string): GateError {
  return new GateError('ERR_STORE_CONFLICT', message);
}
