import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toBase64, utf8 } from '../../../core/evidence/bytes.ts';
import { formatCheckpoint } from '../../../core/evidence/notes/checkpoint.ts';
import { parseEvidencePath } from '../../../core/evidence/layout.ts';
import { tilesFor } from '../../../core/evidence/tree/tiles.ts';
import { emptyEdge, rootOfEdge } from '../../../core/evidence/tree/tree-edge.ts';
import { verifyLog } from '../../../core/evidence/verify/verify-log.ts';
import type { VerifyOptions, VerifyResult } from '../../../core/evidence/verify/verify-log.ts';
import { leafHash } from '../../../core/evidence/tree/merkle.ts';
import {
  createLog,
  memorySource,
  recordBytes,
  sampleLog,
  sha256,
  sha512,
  verifyOnPool,
} from '../../support/evidence-log.ts';

type Files = ReadonlyMap<string, Uint8Array>;

async function check(files: Files, options: Partial<VerifyOptions> = {}, modes?: ReadonlyMap<string, string>) {
  return verifyLog(memorySource(files, modes), { sha256, sha512, verify: verifyOnPool, ...options });
}

async function problemOf(files: Files, options: Partial<VerifyOptions> = {}) {
  const result = await check(files, options);
  return result.ok ? null : result.problem;
}

function evidenceIn(files: Files): string[] {
  return [...files.keys()].filter((path) => parseEvidencePath(path).kind !== 'not-evidence').sort();
}

function pathOf(files: Files, part: string): string {
  return [...files.keys()].find((path) => path.includes(part)) ?? '';
}

function bytesOf(files: Files, path: string): Uint8Array {
  return files.get(path) ?? new Uint8Array(0);
}

function withFile(files: Files, path: string, bytes: Uint8Array): Files {
  return new Map([...files, [path, bytes]]);
}

function without(files: Files, path: string): Files {
  return new Map([...files].filter(([name]) => name !== path));
}

const log = await sampleLog(30);
const big = await sampleLog(530, 40);

describe('a log as it was written', () => {
  test.each([1, 2, 5, 255, 256, 257, 700])('of %i records verifies', async (size) => {
    const one = await sampleLog(size, 40);
    expect(await check(one.files, { checkpointKey: one.pin })).toMatchObject({ ok: true, origin: one.origin, size });
  });

  test('verifies in one commit of everything just as well', async () => {
    const one = createLog();
    await one.append(
      log.records,
      [...log.files].filter(([path]) => /^(?:policies|facts)\//.test(path)).map(([path, bytes]) => ({ path, bytes })),
    );
    expect(await check(one.files, { checkpointKey: one.pin })).toMatchObject({ ok: true, size: 30 });
    expect(bytesOf(one.files, 'tile/0/000.p/30')).toEqual(bytesOf(log.files, 'tile/0/000.p/30'));
  });

  test('says what is not evidence, and that an older state cannot be told from the newest', async () => {
    const result = await check(log.files, { checkpointKey: log.pin });
    expect(result).toMatchObject({ ok: true, notEvidence: ['README.md', 'keys/checkpoint.vkey', 'keys/record.vkey'] });
    expect(result.ok && result.warnings.join()).toMatch(/older consistent state .* cannot be told from the newest/);
    expect(result.ok && result.warnings.join()).not.toContain('No key was given');
  });

  test('without a pinned key says that only its consistency with itself was shown', async () => {
    const result = await check(log.files);
    expect(result.ok && result.warnings.join()).toMatch(/No key was given/);
  });

  test('reports its progress up to the last record', async () => {
    const seen: number[] = [];
    await check(big.files, { onProgress: (done, total) => seen.push(done, total) });
    expect(seen).toEqual([256, 530, 512, 530, 530, 530]);
  });

  test('may carry any README and keys, or none: they are not evidence', async () => {
    const other = withFile(without(log.files, 'keys/record.vkey'), 'README.md', utf8('anything'));
    expect((await check(other, { checkpointKey: log.pin })).ok).toBe(true);
  });
});

describe('any single change to a small log', () => {
  test('every byte of every evidence file, each of two ways: the file is named', async () => {
    const small = await sampleLog(5);
    for (const path of evidenceIn(small.files)) {
      const original = bytesOf(small.files, path);
      for (let at = 0; at < original.length; at += 1) {
        const bytes = original.slice();
        bytes[at] = (original[at] ?? 0) ^ (at % 2 === 0 ? 1 : 0x20);
        const problem = await problemOf(
          withFile(small.files, path, bytes),
          at % 3 === 0 ? {} : { checkpointKey: small.pin },
        );
        expect({ at, path: problem?.path }).toEqual({ at, path });
      }
    }
  }, 120_000);

  test('every byte taken out, and one put in at every place', async () => {
    const small = await sampleLog(3);
    for (const path of evidenceIn(small.files)) {
      const original = Buffer.from(bytesOf(small.files, path));
      for (let at = 0; at <= original.length; at += 1) {
        const extra = at % 2 === 0 ? ' ' : '\n';
        const longer = Buffer.concat([original.subarray(0, at), Buffer.from(extra), original.subarray(at)]);
        const shorter = Buffer.concat([original.subarray(0, at), original.subarray(at + 1)]);
        for (const bytes of at < original.length ? [longer, shorter] : [longer]) {
          const problem = await problemOf(withFile(small.files, path, Uint8Array.from(bytes)), {
            checkpointKey: small.pin,
          });
          expect({ at, path: problem?.path }).toEqual({ at, path });
        }
      }
    }
  }, 120_000);
});

describe('any change to a longer log', () => {
  const evidence = evidenceIn(big.files);

  test('some bytes of one file replaced, reordered or repeated: the file is named', async () => {
    const change = fc.record({
      path: fc.constantFrom(...evidence),
      from: fc.nat(),
      to: fc.nat(),
      bytes: fc.uint8Array({ minLength: 0, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ path, from, to, bytes }) => {
        const original = Buffer.from(bytesOf(big.files, path));
        const [start = 0, end = 0] = [from % original.length, to % (original.length + 1)].sort((a, b) => a - b);
        const changed = Buffer.concat([original.subarray(0, start), bytes, original.subarray(end)]);
        fc.pre(!changed.equals(original));
        const problem = await problemOf(withFile(big.files, path, Uint8Array.from(changed)), {
          checkpointKey: big.pin,
        });
        expect(problem?.path).toBe(path);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  test('one file removed: it is named, or the record that needs it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...evidence), async (path) => {
        const problem = await problemOf(without(big.files, path), { checkpointKey: big.pin });
        const name = parseEvidencePath(path);
        expect(problem).not.toBeNull();
        // A missing record or signature is known by its number only.
        expect(problem?.index ?? problem?.path).toBe(
          name.kind === 'record' ? name.index : name.kind === 'signatures' ? name.first : (problem?.index ?? path),
        );
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test('two files swapped: one of them is named', async () => {
    const swaps = fc.uniqueArray(fc.constantFrom(...evidence), { minLength: 2, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(swaps, async ([one = '', other = '']) => {
        const [first = '', second = ''] = [one, other].sort();
        const swapped = withFile(
          withFile(big.files, first, bytesOf(big.files, second)),
          second,
          bytesOf(big.files, first),
        );
        const problem = await problemOf(swapped, { checkpointKey: big.pin });
        expect([first, second]).toContain(problem?.path);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test('one file renamed or copied to another name: the log is refused', async () => {
    const names = fc.record({
      path: fc.constantFrom(...evidence),
      to: fc.constantFrom(...evidence, 'x', 'tile/0/009', 'records/2026/11/21/000000001-void.json'),
    });
    await fc.assert(
      fc.asyncProperty(names, fc.boolean(), async ({ path, to }, isCopy) => {
        fc.pre(path !== to && !(isCopy && Buffer.from(bytesOf(big.files, path)).equals(bytesOf(big.files, to))));
        const copied = withFile(big.files, to, bytesOf(big.files, path));
        expect(await problemOf(isCopy ? copied : without(copied, path), { checkpointKey: big.pin })).not.toBeNull();
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test.each(['100755', '120000', '160000', '000000', '040000'])(
    'mode %s on any evidence file: it is named',
    async (mode) => {
      for (const path of evidenceIn(log.files)) {
        const result = await check(log.files, { checkpointKey: log.pin }, new Map([[path, mode]]));
        expect(result).toMatchObject({ ok: false, problem: { code: 'not-a-plain-file', path } });
      }
    },
  );

  test.each(['x', 'records/note.txt', '.gitmodules', 'tile/0/001.p/300', 'keys/x.pem'])(
    'a file %s added: it is named',
    async (path) => {
      expect(await problemOf(withFile(log.files, path, utf8('x')))).toMatchObject({ code: 'unknown-path', path });
    },
  );

  test('of two bad records the first is named, even when the second is missing', async () => {
    const early = pathOf(big.files, '000000300-');
    const late = pathOf(big.files, '000000400-');
    const changed = withFile(big.files, early, utf8('{}\n'));
    expect(await problemOf(withFile(changed, late, utf8('{}\n')))).toMatchObject({ path: early, index: 300 });
    expect(await problemOf(without(changed, late))).toMatchObject({ path: early, index: 300 });
    expect(await problemOf(without(big.files, late))).toMatchObject({ code: 'record-missing', index: 400 });
  });
});

/** What somebody can do who holds the record key but not the checkpoint key. */
describe('with the record key alone', () => {
  const path = pathOf(log.files, '000000006-');
  const number = 6;

  function forged(files: Files = log.files): Files {
    const original = Buffer.from(bytesOf(files, path)).toString();
    const bytes = utf8(original.replace('"number": 6', '"number": 9'));
    const signatures = [...files.keys()].find((name) => {
      const parsed = parseEvidencePath(name);
      return parsed.kind === 'signatures' && parsed.first <= number && number <= parsed.last;
    });
    const text = Buffer.from(bytesOf(files, signatures ?? '')).toString();
    const replaced = text.replace(toBase64(log.signRecord(utf8(original))), toBase64(log.signRecord(bytes)));
    return withFile(withFile(files, path, bytes), signatures ?? '', utf8(replaced));
  }

  test('a record that was signed anew is named, because the tree holds another one', async () => {
    expect(await problemOf(forged())).toMatchObject({ code: 'record-not-in-tree', path, index: number });
  });

  test('it is named also when a later record is bad too', async () => {
    const later = withFile(forged(), pathOf(log.files, '000000020-'), utf8('{}\n'));
    expect(await problemOf(later)).toMatchObject({ code: 'record-not-in-tree', path, index: number });
  });

  test('with its tile forged as well, the checkpoint no longer fits', async () => {
    const files = forged();
    const leaves = log.records.map((bytes, at) => leafHash(at === number ? bytesOf(files, path) : bytes, sha256));
    const [tile] = tilesFor(emptyEdge, leaves, sha256).additions;
    expect(await problemOf(withFile(files, tile?.path ?? '', tile?.bytes ?? new Uint8Array(0)))).toMatchObject({
      code: 'root-differs',
      path: 'checkpoint',
    });
  });

  test('a whole log of other keys passes as consistent, and fails against the pinned key', async () => {
    const other = createLog(log.origin, [5, 6]);
    await other.append([other.opening()]);
    expect((await check(other.files)).ok).toBe(true);
    expect(await problemOf(other.files, { checkpointKey: log.pin })).toMatchObject({ code: 'checkpoint-signature' });
  });
});

describe('checkpoints', () => {
  test('an older one put in its place: the records beyond it are named', async () => {
    const short = await sampleLog(12);
    const files = withFile(log.files, 'checkpoint', bytesOf(short.files, 'checkpoint'));
    expect(await problemOf(files)).toMatchObject({ code: 'record-beyond-checkpoint', index: 12 });
  });

  test('with a second signature line it is refused', async () => {
    const note = Buffer.from(bytesOf(log.files, 'checkpoint')).toString();
    const twice = utf8(note + note.slice(note.lastIndexOf('\n\n') + 2));
    expect(await problemOf(withFile(log.files, 'checkpoint', twice))).toMatchObject({ code: 'checkpoint-malformed' });
  });

  test('signed over a wrong root by the right key it is named', async () => {
    const body = formatCheckpoint({ origin: log.origin, size: 30, root: new Uint8Array(32) });
    const files = withFile(log.files, 'checkpoint', utf8(await log.signNote(body)));
    expect(await problemOf(files)).toMatchObject({ code: 'root-differs', path: 'checkpoint' });
  });

  test('of size 0 or of 10^15 it is refused at once', async () => {
    for (const size of [0, 1e15]) {
      const body = formatCheckpoint({ origin: log.origin, size, root: rootOfEdge(emptyEdge, sha256) });
      const files = withFile(log.files, 'checkpoint', utf8(await log.signNote(body)));
      expect(await problemOf(files)).not.toBeNull();
    }
  });

  test('an older checkpoint that was kept is extended by the log, and the warning says so', async () => {
    const since = bytesOf((await sampleLog(12)).files, 'checkpoint');
    const result: VerifyResult = await check(log.files, { checkpointKey: log.pin, since });
    expect(result.ok && result.warnings.join()).toMatch(/extends the older checkpoint/);
  });

  test.each([
    ['of a longer log', 'since-is-newer', async () => bytesOf((await sampleLog(40)).files, 'checkpoint')],
    [
      'of other records',
      'since-is-not-a-prefix',
      async () => utf8(await log.signNote(formatCheckpoint({ origin: log.origin, size: 9, root: new Uint8Array(32) }))),
    ],
    [
      'of another key',
      'since-signature',
      async () => {
        const other = createLog(log.origin, [5, 6]);
        await other.append([other.opening()]);
        return bytesOf(other.files, 'checkpoint');
      },
    ],
    [
      'of another log',
      'since-of-another-log',
      async () => {
        const other = createLog('github.com/3/2/1');
        await other.append([other.opening()]);
        return bytesOf(other.files, 'checkpoint');
      },
    ],
    ['that is none', 'since-malformed', () => Promise.resolve(utf8('x'))],
  ])('an older checkpoint %s refuses the log', async (_, code, make) => {
    expect(await problemOf(log.files, { since: await make() })).toMatchObject({ code });
  });
});

describe('attachments', () => {
  test('that no record names is named', async () => {
    const path = `policies/${Buffer.from(sha256(utf8('x'))).toString('hex')}.yml`;
    const files = withFile(log.files, path, utf8('x'));
    expect(await problemOf(files)).toMatchObject({ code: 'attachment-not-referenced', path });
  });

  test('that a record names and that is missing is named with the record', async () => {
    const path = pathOf(log.files, 'facts/');
    expect(await problemOf(without(log.files, path))).toMatchObject({ code: 'attachment-missing', path, index: 1 });
  });
});

test('a record of another repository can get into no log', async () => {
  const one = createLog();
  const foreign = recordBytes('heartbeat', {}, 1, { host: 'github.com', installationId: 12_345, id: 1 });
  await expect(one.append([one.opening(), foreign])).rejects.toThrow(/of another repository/);
});
