import { expect, test } from 'vitest';
import { rememberRepositories } from '../../../app/api/known-repositories.ts';
import type { CallingJob } from '../../../app/api/verify-token.ts';
import { GateError } from '../../../core/errors.ts';

const repository: CallingJob['repository'] = { id: 34, ownerId: 5, owner: 'acme', name: 'shop' };
const ref = { host: 'github.com', installationId: 12, id: 34, owner: 'acme', name: 'shop' };

test('a job with many tokens makes the App ask GitHub about its repository once in half a minute (C119)', async () => {
  let [now, asked] = [0, 0];
  const find = rememberRepositories(async () => ((asked += 1), null), { now: () => now });
  for (let n = 0; n < 1_000; n += 1) expect(await find(repository)).toBeNull();
  expect(asked).toBe(1);
  now = 30_000;
  await find(repository);
  expect(asked).toBe(2);
});

test('another number, owner or name is another repository, and only so many are remembered', async () => {
  let asked = 0;
  const find = rememberRepositories(async ({ id }) => ((asked += 1), { ...ref, id }), { now: () => 0 });
  await find(repository);
  expect(await find({ ...repository, id: 35 })).toMatchObject({ id: 35 });
  await find({ ...repository, ownerId: 6 });
  await find({ ...repository, name: 'moved' });
  expect(asked).toBe(4);
  for (let id = 100; id < 1_100; id += 1) await find({ ...repository, id });
  await find(repository);
  expect(asked).toBe(1_005);
});

test('what could not be asked is asked again', async () => {
  const answers = [Promise.reject(new GateError('ERR_FORGE_UNAVAILABLE', 'down')), Promise.resolve(ref)];
  const find = rememberRepositories(() => answers.shift() ?? Promise.resolve(null), { now: () => 0 });
  await expect(find(repository)).rejects.toThrow('down');
  expect(await find(repository)).toEqual(ref);
});
