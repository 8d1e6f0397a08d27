import { describe, expect, test } from 'vitest';

import { toBase64 } from '../../../core/evidence/bytes.ts';
import type { LogStore } from '../../../core/ports.ts';
import { Bench } from '../../support/branch-bench.ts';
import type { LogAlgorithm } from '../../support/branch-bench.ts';
import { unavailable } from '../../support/branch-simulation.ts';
import type { Interceptor } from '../../support/branch-simulation.ts';

const refused = { code: 'ERR_LOG_KEYS' };
const ALGORITHMS = ['ed25519', 'p256'] as const satisfies readonly LogAlgorithm[];

/** A log under the old keys with `bench.record(0)` at index 1. */
async function opened(algorithm: LogAlgorithm): Promise<Bench> {
  const bench = new Bench({ algorithm });
  await bench.writer().append(bench.ref, [bench.record(0)]);
  return bench;
}

/** Both pins hold: the old key signed the new one in. */
async function verifies(bench: Bench, size: number, generation = 1): Promise<void> {
  for (const pin of ['old', 'new'] as const) {
    expect(await bench.verify(bench.repository.head, generation, pin)).toMatchObject({ ok: true, size });
  }
  expect(bench.contradictions(generation)).toEqual([]);
}

const times = (bench: Bench, kind: string): number => bench.kinds().filter((each) => each === kind).length;

/** The first two commits happen, and nobody hears of them. */
function repliesLost(): Interceptor {
  let left = 2;
  return async (call, effect) => {
    const answer = await Promise.resolve(effect());
    if (left === 0 || call.name !== 'commit') return answer;
    left -= 1;
    throw unavailable();
  };
}

describe.each(ALGORITHMS)('new signing keys (%s)', (algorithm) => {
  test('go over with the next record: two changes that both keys sign, in a commit of their own', async () => {
    const bench = await opened(algorithm);
    const heads = bench.repository.heads.length;
    const sealed = await bench.writer({ holds: 'both' }).append(bench.ref, [bench.record(1)]);
    expect(sealed.map(({ index }) => index)).toEqual([4]);
    expect(bench.kinds()).toEqual(['log-opened', 'heartbeat', 'key-changed', 'key-changed', 'heartbeat']);
    expect(bench.repository.heads).toHaveLength(heads + 2);
    await verifies(bench, 5);
    // The files for convenience follow.
    const tree = bench.repository.tree(bench.repository.head ?? '');
    const text = (path: string): string => new TextDecoder().decode(tree.get(path)?.bytes);
    const change = bench.texts()[2] ?? '';
    expect(change).toContain('"role": "checkpoint"');
    expect(change).toContain(`"after": "${text('keys/checkpoint.vkey').trim()}"`);
    expect(text('README.md')).toContain(text('keys/checkpoint.vkey').trim());
  });

  test('need the old ones only once, and are told only once', async () => {
    const bench = await opened(algorithm);
    await bench.writer({ holds: 'both' }).append(bench.ref, [bench.record(1)]);
    await bench.writer({ holds: 'new' }).append(bench.ref, [bench.record(2)]);
    await bench.writer({ holds: 'both' }).append(bench.ref, [bench.record(3)]);
    expect(times(bench, 'key-changed')).toBe(2);
    await verifies(bench, 7);
  });

  test('go over also where nothing is appended, when the branch is looked at; that is no alarm', async () => {
    const bench = await opened(algorithm);
    expect(await bench.writer({ holds: 'both' }).inspect(bench.ref)).toBe('intact');
    expect(times(bench, 'key-changed')).toBe(2);
    await verifies(bench, 4);
  });

  test('without the old ones are refused, and nothing is signed', async () => {
    const bench = await opened(algorithm);
    const signed = bench.signed.length;
    await expect(bench.writer({ holds: 'new' }).append(bench.ref, [bench.record(1)])).rejects.toMatchObject(refused);
    expect(bench.signed).toHaveLength(signed);
    expect(bench.repository.heads).toHaveLength(1);
  });

  test('stop a process that has only the old ones, whatever it was doing, and break nothing', async () => {
    const bench = await opened(algorithm);
    let went = false;
    const old = bench.writer({
      // While its commit is on the way, the log goes over.
      intercept: async (call, effect) => {
        if (call.name === 'commit' && !went) {
          went = true;
          await bench.writer({ holds: 'both' }).append(bench.ref, [bench.record(2)]);
        }
        return effect();
      },
    });
    // What it had pending was finished by the other process, before the change.
    await expect(old.append(bench.ref, [bench.record(1)])).resolves.toMatchObject([{ index: 2 }]);
    await expect(old.append(bench.ref, [bench.record(3)])).rejects.toMatchObject(refused);
    expect(bench.kinds().slice(2)).toEqual(['heartbeat', 'key-changed', 'key-changed', 'heartbeat']);
    // What it left in the queue is signed again by the key that is in force now.
    await bench.writer({ holds: 'new' }).append(bench.ref, [bench.record(4)]);
    expect(bench.digests()).toContain(bench.digest(bench.record(3)));
    await verifies(bench, 8);
  });

  test('sign what was queued under the old one again before it is sent: a resend has the same bytes', async () => {
    const bench = await opened(algorithm);
    // GitHub is away: the record stays in the queue, signed by the old key, and pending.
    const away: Interceptor = async (call, effect) => {
      await Promise.resolve();
      if (call.name === 'commit') throw unavailable();
      return effect();
    };
    await expect(bench.writer({ intercept: away }).append(bench.ref, [bench.record(1)])).rejects.toMatchObject({
      code: 'ERR_FORGE_UNAVAILABLE',
    });
    const { host, installationId, id: repositoryId } = bench.ref;
    const late = { digest: bench.digest(bench.record(2)), ...bench.record(2), signature: new Uint8Array(64) };
    await bench.store.keep({ host, installationId, repositoryId, generation: 1 }, late);
    // The change lands and so does the commit after it, but nobody hears of either.
    const first = bench.writer({ holds: 'both', intercept: repliesLost() });
    await first.append(bench.ref, [bench.record(3)]);
    expect(bench.repository.heads).toHaveLength(3);
    expect(bench.kinds().slice(2)).toEqual(['heartbeat', 'key-changed', 'key-changed', 'heartbeat', 'heartbeat']);
    await verifies(bench, 7);
  });

  test('on a rewritten branch: the next log opens with the keys in force and carries everything, signed by them', async () => {
    const bench = await opened(algorithm);
    await bench.writer({ holds: 'both' }).append(bench.ref, [bench.record(1)]);
    bench.repository.point(null);
    bench.repository.foreignCommit({ 'README.md': 'nothing happened' });
    expect(await bench.writer({ holds: 'new' }).inspect(bench.ref)).toBe('repaired');
    const kinds = ['log-opened', 'heartbeat', 'key-changed', 'key-changed', 'heartbeat', 'drift'];
    expect(bench.kinds()).toEqual(kinds);
    expect(await bench.verify(bench.repository.head, 2, 'new')).toMatchObject({ ok: true, size: 6 });
    expect(bench.contradictions(2)).toEqual([]);
  });

  test('on a branch that was rewritten before they came: the next log opens with the old ones, and then goes over', async () => {
    const bench = await opened(algorithm);
    bench.repository.point(null);
    bench.repository.foreignCommit({ 'README.md': 'nothing happened' });
    expect(await bench.writer({ holds: 'both' }).inspect(bench.ref)).toBe('repaired');
    expect(bench.kinds()).toEqual(['log-opened', 'heartbeat', 'drift', 'key-changed', 'key-changed']);
    await verifies(bench, 5, 2);
  });

  test('sign no checkpoint that the store does not remember as the last one signed, before it is signed', async () => {
    const bench = await opened(algorithm);
    const from = bench.signed.length;
    const remembered: { readonly text: string; readonly signedBefore: number }[] = [];
    const store: LogStore = {
      ...bench.store,
      advance: async (log, state, ...rest) => {
        await bench.store.advance(log, state, ...rest);
        remembered.push({ text: state, signedBefore: bench.signed.length });
      },
    };
    await bench.writer({ holds: 'both', store }).append(bench.ref, [bench.record(1)]);
    const signed = bench.signed.slice(from);
    expect(signed.map(({ size, by }) => [size, by])).toEqual([
      [4, 'new'],
      [5, 'new'],
    ]);
    for (const [at, { size, root }] of signed.entries()) {
      const last = remembered.findLast(({ signedBefore }) => signedBefore <= from + at);
      expect(last?.text).toContain(`"signed":{"size":${size},"root":"${toBase64(root)}"}`);
    }
  });

  test('that were replaced do not come back', async () => {
    const bench = await opened(algorithm);
    await bench.writer({ holds: 'both' }).append(bench.ref, [bench.record(1)]);
    const back = bench.writer({ holds: 'back' });
    await expect(back.append(bench.ref, [bench.record(2)])).rejects.toMatchObject(refused);
    await bench.writer({ holds: 'new' }).append(bench.ref, [bench.record(2)]);
    await verifies(bench, 6);
  });

  test('C104: whoever stole the old ones has no say any more: what they sign on the branch is undone and told', async () => {
    const bench = await opened(algorithm);
    const [first = ''] = bench.repository.heads;
    // A second history under the old keys: an old process over an empty store.
    const thief = new Bench({ algorithm });
    await thief.writer().append(
      thief.ref,
      [1, 2, 3, 4, 5, 6, 7].map((number) => thief.record(number)),
    );
    const log = bench.writer({ holds: 'both' });
    await log.append(bench.ref, [bench.record(1)]);
    const forged = new Map(thief.repository.tree(thief.repository.head ?? ''));
    bench.repository.point(bench.repository.add(forged, bench.repository.head, 'thief'));
    expect(await log.inspect(bench.ref)).toBe('repaired');
    expect(bench.kinds().at(-1)).toBe('repaired');
    expect(bench.repository.ancestors(bench.repository.head ?? '').has(first)).toBe(true);
    await verifies(bench, 6);
  });
});
