import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDecidingAlone } from '../support/deciding-alone.ts';
import type { DecidingAlone } from '../support/deciding-alone.ts';

let alone: DecidingAlone;

beforeAll(async () => {
  alone = await openDecidingAlone();
});
afterAll(() => alone.close());

test('C42 of two jobs of one attempt that ask for different things, the second is told so and takes nothing from the first', async () => {
  const run = await alone.run();
  const pull = await alone.askForReview(run);
  const held = await alone.decide(run, 'a');
  expect((await alone.decide(run, 'b')).kind).toBe('asked-otherwise');
  await alone.approve('dave', pull, held.line);
  await alone.rerun(run);
  expect((await alone.decide(run, 'a')).kind).toBe('released');
  // Nobody has seen it: what was released is something else.
  expect((await alone.decide(run, 'b')).kind).toBe('asked-otherwise');
  // Honest: one that asks for the same is told of the record.
  expect((await alone.decide(run, 'a')).kind).toBe('released-before');
});
