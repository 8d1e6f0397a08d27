import { describe, expect, test } from 'vitest';
import { sha256, verifyOnPool } from '../../../adapters/signing/node-crypto.ts';
import { formatWitnessKey, toWitnessKey } from '../../../core/evidence/notes/cosignature.ts';
import {
  buildKeySchedule,
  checkpointKeyFor,
  keyChangeText,
  pinProblem,
  recordKeyAt,
} from '../../../core/evidence/notes/key-schedule.ts';
import type { KeySchedule } from '../../../core/evidence/notes/key-schedule.ts';
import type { LocatedRecord } from '../../../core/evidence/records/located-record.ts';
import { parseLogOpened } from '../../../core/evidence/records/log-opened.ts';
import { parseRecord } from '../../../core/evidence/records/parse-record.ts';
import type { Problem } from '../../../core/evidence/problem.ts';
import { formatVerifierKey } from '../../../core/evidence/notes/signed-note.ts';
import { createLog, sampleOrigin } from '../../support/evidence-log.ts';
import { ed25519Signer, keyChangedAt, p256Signer } from '../../support/key-changes.ts';
import type { ChangeOptions, NamedSigner } from '../../support/key-changes.ts';

const record = [1, 11, 12, 13].map((fill) => ed25519Signer('record', fill));
const checkpoint = [2, 21, 22, 23].map((fill) => ed25519Signer('checkpoint', fill));
const [record0, record1, record2] = [at(record, 0), at(record, 1), at(record, 2)];
const [checkpoint0, checkpoint1, checkpoint2, checkpoint3] = [
  at(checkpoint, 0),
  at(checkpoint, 1),
  at(checkpoint, 2),
  at(checkpoint, 3),
];
const toSecond: ChangeOptions = { role: 'checkpoint', before: checkpoint0, after: checkpoint1 };
const toThird: ChangeOptions = { role: 'checkpoint', before: checkpoint1, after: checkpoint2 };

function at(signers: readonly NamedSigner[], index: number): NamedSigner {
  return signers[index] ?? ed25519Signer('record', 99);
}

function build(changes: readonly LocatedRecord[], origin = sampleOrigin): Promise<KeySchedule | Problem> {
  const first = parseRecord(createLog(origin).opening());
  const opened = first.ok ? parseLogOpened(first.value, sha256) : first;
  if (!opened.ok) throw new TypeError(opened.issue);
  return buildKeySchedule(opened.value, changes, { sha256, verify: verifyOnPool });
}

async function schedule(...changes: readonly (readonly [number, ChangeOptions])[]): Promise<KeySchedule> {
  const built = await build(await Promise.all(changes.map(([index, change]) => keyChangedAt(index, change))));
  if ('code' in built) throw new TypeError(`${built.code}: ${built.message}`);
  return built;
}

async function refusal(...changes: readonly (readonly [number, ChangeOptions])[]): Promise<string> {
  const built = await build(await Promise.all(changes.map(([index, change]) => keyChangedAt(index, change))));
  return 'code' in built ? `${built.index} ${built.code}: ${built.message}` : 'accepted';
}

describe('the keys of a log', () => {
  test('are those of its first record where none was changed', async () => {
    const keys = await schedule();
    expect([recordKeyAt(keys, 0), recordKeyAt(keys, 1_000_000)]).toEqual([record0.key, record0.key]);
    expect([checkpointKeyFor(keys, 0), checkpointKeyFor(keys, 7)]).toEqual([checkpoint0.key, checkpoint0.key]);
    expect(keys.revoked).toEqual([]);
  });

  test('the record key changes after the record that says so, which the old one still signs', async () => {
    const keys = await schedule([5, { role: 'record', before: record0, after: record1 }]);
    expect([4, 5, 6, 7].map((index) => recordKeyAt(keys, index))).toEqual([
      record0.key,
      record0.key,
      record1.key,
      record1.key,
    ]);
    expect(checkpointKeyFor(keys, 6)).toEqual(checkpoint0.key);
  });

  test('the checkpoint key changes with the first checkpoint that covers the record that says so', async () => {
    const keys = await schedule([5, toSecond]);
    expect([5, 6].map((size) => checkpointKeyFor(keys, size))).toEqual([checkpoint0.key, checkpoint1.key]);
    expect(recordKeyAt(keys, 6)).toEqual(record0.key);
  });

  test('both change in neighbouring records, each change for its own role', async () => {
    const keys = await schedule([5, { role: 'record', before: record0, after: record1 }], [6, toSecond]);
    expect(recordKeyAt(keys, 6)).toEqual(record1.key);
    expect([6, 7].map((size) => checkpointKeyFor(keys, size))).toEqual([checkpoint0.key, checkpoint1.key]);
  });

  test('change from Ed25519 to P-256 and back', async () => {
    const p256 = { record: p256Signer('record'), checkpoint: p256Signer('checkpoint') };
    const keys = await schedule(
      [1, { role: 'record', before: record0, after: p256.record }],
      [2, { role: 'checkpoint', before: checkpoint0, after: p256.checkpoint }],
      [3, { role: 'record', before: p256.record, after: record1 }],
      [4, { role: 'checkpoint', before: p256.checkpoint, after: checkpoint1 }],
    );
    expect([1, 2, 3, 4].map((index) => recordKeyAt(keys, index).key.algorithm)).toEqual([
      'ed25519',
      'p256',
      'p256',
      'ed25519',
    ]);
    expect([2, 3, 4, 5].map((size) => checkpointKeyFor(keys, size).key.algorithm)).toEqual([
      'ed25519',
      'p256',
      'p256',
      'ed25519',
    ]);
  });

  test('are found in a long schedule at every index as a plain search finds them', async () => {
    const chain = Array.from({ length: 40 }, (_, fill) => ed25519Signer('record', 100 + fill));
    const changes = chain.map((after, at): [number, ChangeOptions] => [
      3 * at + 1,
      { role: 'record', before: chain[at - 1] ?? record0, after },
    ]);
    const keys = await schedule(...changes);
    for (let index = 0; index < 130; index += 1) {
      const plain = keys.segments.findLast(({ from }) => from <= index);
      expect(recordKeyAt(keys, index)).toBe(plain?.record);
    }
  });

  test('outlive a journey to a worker thread', async () => {
    const keys = await schedule([1, { ...toSecond, revokedFrom: 0 }]);
    expect(structuredClone(keys)).toEqual(keys);
  });

  test('are not changed by the records of an older generation that were carried over', async () => {
    const second = 'github.com/12345/67890/2';
    const carried = await build([await keyChangedAt(3, { ...toSecond, revokedFrom: 2 })], second);
    expect(carried).toMatchObject({ segments: [{ from: 0 }], revoked: [] });
    const badly = await build([await keyChangedAt(3, { ...toSecond, text: 'another text\n' })], second);
    expect(badly).toMatchObject({ code: 'key-change-signature' });
  });
});

describe('a pinned key', () => {
  test('may be the oldest, a middle or the newest checkpoint key', async () => {
    const keys = await schedule([2, toSecond], [4, toThird]);
    for (const { key } of [checkpoint0, checkpoint1, checkpoint2]) expect(pinProblem(keys, key)).toBe(null);
  });

  test('that was revoked is refused, and so is one before it; those after it are not', async () => {
    const keys = await schedule(
      [2, toSecond],
      [4, { ...toThird, revokedFrom: 3 }],
      [6, { role: 'checkpoint', before: checkpoint2, after: checkpoint3 }],
    );
    expect(pinProblem(keys, checkpoint1.key)).toMatchObject({ code: 'pinned-key-revoked', index: 4 });
    expect(pinProblem(keys, checkpoint1.key)?.message).toBe(
      'the pinned key was revoked at record 4; pin the newer one that you are given elsewhere',
    );
    expect(pinProblem(keys, checkpoint0.key)).toMatchObject({ code: 'pinned-key-revoked', index: 4 });
    expect(pinProblem(keys, checkpoint0.key)?.message).toContain('a key that the pinned one led to was revoked');
    expect(pinProblem(keys, checkpoint2.key)).toBe(null);
    expect(pinProblem(keys, checkpoint3.key)).toBe(null);
  });

  test('is not touched by the revocation of a record key', async () => {
    const keys = await schedule([9, { role: 'record', before: record0, after: record1, revokedFrom: 4 }]);
    expect(pinProblem(keys, checkpoint0.key)).toBe(null);
  });

  test('that never signed a checkpoint of this log is refused', async () => {
    const keys = await schedule([2, toSecond]);
    for (const { key } of [checkpoint3, record0, ed25519Signer('checkpoint', 2, 'github.com/12345/67890/9')]) {
      expect(pinProblem(keys, key)?.code).toBe('key-not-pinned');
    }
    expect(pinProblem(keys, record0.key)?.message).toContain('signs records');
  });
});

describe('a revocation', () => {
  test('names the key, from where on it is not believed, and where that is said', async () => {
    const keys = await schedule([9, { role: 'record', before: record0, after: record1, revokedFrom: 4 }]);
    expect(keys.revoked).toMatchObject([
      {
        role: 'record',
        key: formatVerifierKey(record0.key),
        from: 4,
        at: 9,
        path: expect.stringContaining('000000009'),
      },
    ]);
  });

  test('reaches from where the key came in to its own record', async () => {
    const change: ChangeOptions = { role: 'record', before: record1, after: record2 };
    const first: readonly [number, ChangeOptions] = [3, { role: 'record', before: record0, after: record1 }];
    for (const revokedFrom of [4, 8])
      expect((await schedule(first, [8, { ...change, revokedFrom }])).revoked).toHaveLength(1);
    for (const revokedFrom of [3, 9]) {
      expect(await refusal(first, [8, { ...change, revokedFrom }])).toMatch(/^8 key-change-revocation: .*from 4 to 8$/);
    }
  });
});

describe('a change of keys is refused', () => {
  const other = 'github.com/12345/1/1';
  test.each<readonly [string, ChangeOptions, string]>([
    [
      'of another log',
      {
        role: 'checkpoint',
        before: ed25519Signer('checkpoint', 2, other),
        after: ed25519Signer('checkpoint', 3, other),
      },
      'key-change-of-another-log',
    ],
    [
      'of a generation still to come',
      {
        role: 'checkpoint',
        before: ed25519Signer('checkpoint', 2, 'github.com/12345/67890/2'),
        after: ed25519Signer('checkpoint', 3, 'github.com/12345/67890/2'),
      },
      'key-change-of-another-log',
    ],
    ['that replaces a key not in force', toThird, 'key-change-not-in-force'],
    ['to the key that it replaces', { ...toSecond, after: checkpoint0 }, 'key-change-reuses-key'],
    ['to the key of the other role', { ...toSecond, after: ed25519Signer('checkpoint', 1) }, 'key-change-reuses-key'],
    ['of the role record with keys named for checkpoints', { ...toSecond, role: 'record' }, 'key-change-malformed'],
    [
      'of the role checkpoint with keys named for records',
      { role: 'checkpoint', before: record0, after: record1 },
      'key-change-malformed',
    ],
    ['between keys of two names', { ...toSecond, after: record1 }, 'key-change-malformed'],
    ['of an unknown role', { ...toSecond, fields: { role: 'witness' } }, 'key-change-malformed'],
    ['without a key before', { ...toSecond, fields: { before: null } }, 'key-change-malformed'],
    ['to a witness key', { ...toSecond, fields: { after: witnessKey() } }, 'key-change-malformed'],
    ['with a negative index', { ...toSecond, fields: { revokedFrom: -1 } }, 'key-change-malformed'],
    ['with half an index', { ...toSecond, fields: { revokedFrom: 0.5 } }, 'key-change-malformed'],
    ['with null for an index', { ...toSecond, fields: { revokedFrom: null } }, 'key-change-malformed'],
    ['without signatures', { ...toSecond, fields: { signatures: null } }, 'key-change-malformed'],
    [
      'signed by the old key alone',
      { ...toSecond, fields: { signatures: { before: 'AAAA' } } },
      'key-change-malformed',
    ],
    [
      'with one key for the other',
      { ...toSecond, after: { ...checkpoint2, key: checkpoint1.key } },
      'key-change-signature: the new key',
    ],
    [
      'not signed by the old key',
      { ...toSecond, before: { ...checkpoint2, key: checkpoint0.key } },
      'key-change-signature: the key that it replaces',
    ],
    [
      'with the signatures of a change without revocation',
      { ...toSecond, fields: { revokedFrom: 3 } },
      'key-change-signature',
    ],
    [
      'with the revocation taken out',
      { ...toSecond, revokedFrom: 3, fields: { revokedFrom: undefined } },
      'key-change-signature',
    ],
  ])('%s', async (_what, change, code) => {
    expect(await refusal([6, change])).toContain(`6 ${code}`);
  });

  test('when its signatures are over another origin or another role', async () => {
    const vkeys = { before: formatVerifierKey(checkpoint0.key), after: formatVerifierKey(checkpoint1.key) };
    for (const said of [
      { origin: other, role: 'checkpoint' as const },
      { origin: sampleOrigin, role: 'record' as const },
    ]) {
      const text = keyChangeText({ ...said, ...vkeys });
      expect(await refusal([6, { ...toSecond, text }])).toContain('key-change-signature');
    }
  });

  test('that brings an old key back', async () => {
    const back: ChangeOptions = { role: 'checkpoint', before: checkpoint1, after: checkpoint0 };
    expect(await refusal([1, toSecond], [2, back])).toContain('2 key-change-reuses-key');
  });

  test('whose P-256 signature is the other one of the same r', async () => {
    const after = p256Signer('checkpoint');
    const change: ChangeOptions = { ...toSecond, after };
    expect(await refusal([1, { ...change, fields: {} }])).toBe('accepted');
    const larger: NamedSigner = {
      ...after,
      signer: { ...after.signer, sign: async (text) => mirrored(await after.signer.sign(text)) },
    };
    expect(await refusal([1, { ...change, after: larger }])).toContain('1 key-change-signature: the new key');
  });
});

function witnessKey(): string {
  return formatWitnessKey(toWitnessKey(sampleOrigin, checkpoint1.key.key, sha256));
}

/** The signature (r, n - s): as good to a verifier that does not look. */
function mirrored(der: Uint8Array): Uint8Array {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const rLength = der[3] ?? 0;
  const s = BigInt(`0x${Buffer.from(der.subarray(6 + rLength)).toString('hex')}`);
  const hex = (order - s).toString(16).padStart(64, '0');
  const bytes = Buffer.from(BigInt(`0x${hex}`) >> 255n === 1n ? `00${hex}` : hex, 'hex');
  const body = Buffer.concat([der.subarray(2, 4 + rLength), Buffer.from([2, bytes.length]), bytes]);
  return Uint8Array.from([0x30, body.length, ...body]);
}
