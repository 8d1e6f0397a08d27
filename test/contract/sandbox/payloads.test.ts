import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, test } from 'vitest';

import { at, openHook, openShop } from './sandbox-client.ts';

const shared = resolve(process.env['COUNTERSIGN_SHARED'] ?? '../shared');
const path = join(shared, 'payloads', 'deployment_protection_rule.requested.json');

/** Real fields that the sandbox leaves out on purpose: nothing decides on them. */
const LEFT_OUT = new Set([
  'enterprise',
  'custom_properties',
  'allow_forking',
  'is_template',
  'web_commit_signoff_required',
  'permissions',
]);

function keys(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

// Without the shared folder there is nothing to compare with; the name and this line say so.
const present = existsSync(path);
if (!present) console.warn(`${path} is not there: the shape of real deliveries was not checked`);
const real: unknown = present ? JSON.parse(readFileSync(path, 'utf8')) : {};
const note = present ? '' : ' (shared data folder not present: nothing was checked)';

const PLACES = [
  [],
  ['deployment'],
  ['deployment', 'creator'],
  ['deployment', 'performed_via_github_app'],
  ['pull_requests', 0],
  ['pull_requests', 0, 'head'],
  ['repository'],
  ['organization'],
  ['installation'],
  ['sender'],
];

test(`the delivery of a gate has every field of a real one${note}`, async () => {
  const hook = await openHook();
  const { sandbox } = await openShop(hook.url);
  await sandbox.as('ann').commit('acme/shop', 'work', { files: { x: '1' }, message: 'x' });
  await sandbox.as('ann').openPullRequest('acme/shop', { head: 'work', title: 'x' });
  const job = { name: 'Deploy', jobs: [{ name: 'deploy', environment: 'production' }] };
  await sandbox.as('ann').dispatch('acme/shop', job, { ref: 'work', event: 'pull_request' });
  const sent = sandbox.webhooks.deliveries.find((delivery) => delivery.event === 'deployment_protection_rule');
  const made: unknown = JSON.parse(sent?.body ?? '{}');
  const missing = PLACES.flatMap((place) =>
    keys(at(real, ...place))
      .filter((key) => !LEFT_OUT.has(key) && !keys(at(made, ...place)).includes(key))
      .map((key) => [...place, key].join('.')),
  );
  expect(missing).toEqual([]);
  await sandbox.close();
  await hook.close();
});
