import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/evidence/bytes.ts';
import { recordKinds } from '../../../core/evidence/kinds.ts';
import { parseEvidencePath, recordPath, signaturesPath } from '../../../core/evidence/layout.ts';
import { tilePath } from '../../../core/evidence/tree/tiles.ts';
import { verifyLog } from '../../../core/evidence/verify/verify-log.ts';
import type { VerifyOptions } from '../../../core/evidence/verify/verify-log.ts';
import {
  createLog,
  memorySource,
  recordBytes,
  sampleLog,
  sha256,
  sha512,
  verifyOnPool,
} from '../../support/evidence-log.ts';
import { fullLog } from '../../support/full-log.ts';

type Files = ReadonlyMap<string, Uint8Array>;

const full = await fullLog();
const long = await sampleLog(300, 40);
const shorter = await sampleLog(280, 40);

/** A log, what a reader of it knows from elsewhere, and other states of it that an attacker may have kept. */
interface Sample {
  readonly files: Files;
  readonly known: Partial<VerifyOptions>;
  readonly versions: readonly Files[];
}

const samples = {
  full: { files: full.files, known: { checkpointKey: full.pin, witnesses: full.witnesses }, versions: full.versions },
  long: { files: long.files, known: { checkpointKey: long.pin }, versions: [shorter.files, full.files] },
} satisfies Readonly<Record<string, Sample>>;

function check(files: Files, known: Partial<VerifyOptions>) {
  return verifyLog(memorySource(files), { sha256, sha512, verify: verifyOnPool, ...known });
}

function evidenceOf(files: Files): string[] {
  return [...files.keys()].filter((path) => parseEvidencePath(path).kind !== 'not-evidence').sort();
}

function bytesOf(files: Files, path: string): Buffer {
  return Buffer.from(files.get(path) ?? []);
}

/** Some path of the format, which the log may have or not. */
const validPath = fc.oneof(
  fc
    .tuple(fc.nat(400), fc.constantFrom(...recordKinds), fc.constantFrom('2026-11-21', '2026-11-22', '2027-01-01'))
    .map(([index, kind, day]) => recordPath(index, kind, `${day}T00:00:00.000Z`)),
  fc
    .tuple(fc.nat(400), fc.nat(9))
    .map(([first, more]) => signaturesPath(first, first + more, '2026-11-21T00:00:00.000Z')),
  fc
    .record({ level: fc.nat(2), index: fc.nat(3), width: fc.integer({ min: 1, max: 256 }) })
    .map((tile) => tilePath(tile)),
  fc.stringMatching(/^(?:policies\/[0-9a-f]{64}\.yml|facts\/[0-9a-f]{64}\.json)$/),
  fc.constantFrom('checkpoint', 'checkpoint.witnessed', '.gitattributes'),
);

type Change = (sample: Sample) => Files;

const content: fc.Arbitrary<(original: Buffer) => Buffer> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => (original: Buffer) => {
    const changed = Buffer.from(original);
    const place = at % original.length;
    changed[place] = (changed[place] ?? 0) ^ (1 << bit);
    return changed;
  }),
  fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 6 })).map(
    ([at, bytes]) =>
      (original: Buffer) =>
        splice(original, at, 0, bytes),
  ),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 80 })).map(
    ([at, count]) =>
      (original: Buffer) =>
        splice(original, at, count),
  ),
  fc.nat().map((length) => (original: Buffer) => original.subarray(0, length % original.length)),
  fc.tuple(fc.nat(), fc.nat()).map(([one, other]) => (original: Buffer) => {
    const lines = original.toString('latin1').split('\n');
    const [left, right] = [one % lines.length, other % lines.length];
    [lines[left], lines[right]] = [lines[right] ?? '', lines[left] ?? ''];
    return Buffer.from(lines.join('\n'), 'latin1');
  }),
);

function splice(original: Buffer, at: number, count: number, bytes: Uint8Array = new Uint8Array(0)): Buffer {
  const place = at % (original.length + 1);
  return Buffer.concat([original.subarray(0, place), bytes, original.subarray(place + count)]);
}

/** Everything that an attacker without keys can do to one or two files. */
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 3,
    arbitrary: onePath(
      (path, edit) =>
        ({ files }) =>
          replaced(files, path(files), edit(bytesOf(files, path(files)))),
      content,
    ),
  },
  onePath(
    (path) =>
      ({ files }) =>
        removed(files, path(files)),
    fc.constant(null),
  ),
  onePath(
    (path, to) =>
      ({ files }) => {
        const from = path(files);
        return replaced(removed(files, from), to, bytesOf(files, from));
      },
    validPath,
  ),
  onePath(
    (path, to) =>
      ({ files }) =>
        replaced(files, to, bytesOf(files, path(files))),
    validPath,
  ),
  onePath(
    (path, at) =>
      ({ files }) => {
        const [one, other] = [path(files), nth(evidenceOf(files), at)];
        return replaced(replaced(files, one, bytesOf(files, other)), other, bytesOf(files, one));
      },
    fc.nat(),
  ),
  onePath(
    (path, at) =>
      ({ files }) =>
        replaced(files, path(files), bytesOf(files, nth(evidenceOf(files), at))),
    fc.nat(),
  ),
  // A file as it stood in an earlier commit, or in another log of the same keys.
  onePath(
    (path, at) =>
      ({ files, versions }) => {
        const version = nth(versions, at);
        const earlier = version.has(path(files)) ? path(files) : nth(evidenceOf(version), at);
        return replaced(files, earlier, bytesOf(version, earlier));
      },
    fc.nat(),
  ),
);

function onePath<Value>(
  make: (path: (files: Files) => string, value: Value) => Change,
  values: fc.Arbitrary<Value>,
): fc.Arbitrary<Change> {
  return fc.tuple(fc.nat(), values).map(([at, value]) => make((files) => nth(evidenceOf(files), at), value));
}

function nth<Value>(list: readonly Value[], at: number): Value {
  const value = list[at % list.length];
  if (value === undefined) throw new TypeError('an empty list');
  return value;
}

function replaced(files: Files, path: string, bytes: Uint8Array): Files {
  return new Map([...files, [path, bytes]]);
}

function removed(files: Files, path: string): Files {
  return new Map([...files].filter(([name]) => name !== path));
}

/** Do the files say the same? Signature lines of a note have no order (C2SP); of everything else every byte counts. */
function isSame(left: Files, right: Files): boolean {
  const isEqual = (path: string): boolean => meaningOf(left, path) === meaningOf(right, path);
  return left.size === right.size && [...left.keys()].every((path) => right.has(path) && isEqual(path));
}

function meaningOf(files: Files, path: string): string {
  const text = bytesOf(files, path).toString('latin1');
  if (path !== 'checkpoint.witnessed') return text;
  const signatures = text.lastIndexOf('\n\n') + 2;
  return text.slice(0, signatures) + text.slice(signatures).split('\n').sort().join('\n');
}

describe('a log with everything in it', () => {
  test('verifies by the first key and by the newest, and every state of it did', async () => {
    for (const checkpointKey of [full.pin, full.newestPin]) {
      expect(await check(full.files, { checkpointKey, witnesses: full.witnesses })).toMatchObject({
        ok: true,
        size: full.recordCount,
        witnessed: { size: 9 },
      });
    }
    for (const files of full.versions)
      expect(await check(files, { checkpointKey: full.pin })).toMatchObject({ ok: true });
  });

  test('may carry any README and keys, or none', async () => {
    const name = fc.stringMatching(/^[a-z0-9-]{1,12}$/).map((key) => `keys/${key}.vkey`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(name, fc.constant('README.md')), fc.option(fc.uint8Array()), async (path, bytes) => {
        const files = bytes === null ? removed(full.files, path) : replaced(full.files, path, bytes);
        expect(await check(files, { checkpointKey: full.pin })).toMatchObject({ ok: true });
      }),
      { numRuns: 30 },
    );
  });
});

describe('against the pinned key', () => {
  test('any change to any evidence file is detected', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('full', 'long'), change, async (name, make) => {
        const sample = samples[name];
        const files = make(sample);
        fc.pre(!isSame(files, sample.files));
        const changed = [...files].filter(([path, bytes]) => !bytesOf(sample.files, path).equals(bytes));
        const paths = changed.map(([path]) => path);
        const { ok } = await check(files, sample.known);
        expect({ ok, paths }).toEqual({ ok: false, paths });
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  test('a path that is none of the format refuses the whole log and is named', async () => {
    const near = fc
      .tuple(
        fc.constantFrom(...full.files.keys()),
        fc.nat(),
        fc.constantFrom('', '/', '.', ' ', '\0', 'X', '\u2215', '\\'),
      )
      .map(([path, at, extra]) => path.slice(0, at % path.length) + extra + path.slice((at % path.length) + 1));
    const path = fc
      .oneof(near, fc.string({ unit: 'binary' }), fc.string())
      .filter((name) => parseEvidencePath(name).kind === 'unknown');
    await fc.assert(
      fc.asyncProperty(path, fc.uint8Array(), async (name, bytes) => {
        const result = await check(replaced(full.files, name, bytes), { checkpointKey: full.pin });
        expect(result).toMatchObject({ ok: false, problem: { code: 'unknown-path', path: name } });
      }),
      { numRuns: 300 },
    );
  });
});

describe('checkpoints of one growing log', () => {
  const states = fc.constantFrom(...full.versions.keys());

  test('of any two the later extends the earlier, also over changes of keys, and never the other way round', async () => {
    await fc.assert(
      fc.asyncProperty(states, states, async (one, other) => {
        const [earlier, later] = [nth(full.versions, Math.min(one, other)), nth(full.versions, Math.max(one, other))];
        const options = { checkpointKey: full.pin };
        expect(await check(later, { ...options, since: bytesOf(earlier, 'checkpoint') })).toMatchObject({ ok: true });
        const back = await check(earlier, { ...options, since: bytesOf(later, 'checkpoint') });
        if (one === other) expect(back).toMatchObject({ ok: true });
        else expect(back).toMatchObject({ ok: false });
      }),
      { numRuns: 60 },
    );
  });

  test('one of a fork is refused, wherever it forked and however long both grew', async () => {
    const lengths = fc.record({
      common: fc.integer({ min: 1, max: 8 }),
      own: fc.integer({ min: 1, max: 5 }),
      theirs: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(lengths, async ({ common, own, theirs }) => {
        const [log, fork] = [await grown(common, own, 'own'), await grown(common, theirs, 'theirs')];
        const [since, options] = [bytesOf(fork.files, 'checkpoint'), { checkpointKey: log.pin }];
        expect(await check(log.files, options)).toMatchObject({ ok: true });
        expect(await check(log.files, { ...options, since })).toMatchObject({
          ok: false,
          problem: { code: theirs > own ? 'since-is-newer' : 'since-is-not-a-prefix' },
        });
      }),
      { numRuns: 40 },
    );
  });
});

/** A log that shares its first records with every other of the same `common`. */
async function grown(common: number, more: number, name: string) {
  const log = createLog();
  await log.append([log.opening()]);
  for (let index = 1; index < common; index += 1) await log.append([recordBytes('heartbeat', {}, index)]);
  for (let index = 0; index < more; index += 1) await log.append([recordBytes('heartbeat', { name }, common + index)]);
  log.files.set('README.md', utf8(name));
  return log;
}
