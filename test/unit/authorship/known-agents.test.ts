import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agentRegistry } from '../../../core/authorship/registry.ts';

/** Everything usable that the shared facts know about agents (`agents.json`) is in our registry, or is left out for a reason. */

const file = join(
  process.env['COUNTERSIGN_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared'),
  'agents.json',
);

const list = <T extends z.ZodType>(item: T) => z.array(item).default([]);
const Facts = z.object({
  agents: z.array(
    z.object({
      id: z.string(),
      accounts: list(z.object({ login: z.string(), id: z.number().nullish(), app_id: z.number().nullish() })),
      author_identities: list(z.object({ email: z.string().default('') })),
      trailers: list(z.object({ key: z.string(), value: z.string().default('') })),
      branch_prefixes: list(z.object({ prefix: z.string() })),
      signing_keys: list(z.object({ fingerprint: z.string() })),
    }),
  ),
});

/** What our registry does not have, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'chris@roocode.com': 'a person at the vendor',
  'support@roo.vet': 'answers mail; not known to commit',
};

const mailboxes = (text: string): readonly string[] =>
  (text.toLowerCase().match(/[a-z0-9._+[\]-]+@[a-z0-9.-]+\.[a-z]{2,}/g) ?? []).filter(
    (address) => !address.startsWith('@'),
  );

function isKnownMailbox(address: string): boolean {
  const id = Number(/^(\d+)\+/.exec(address)?.[1] ?? 0);
  return agentRegistry.agentByMailbox.has(address) || agentRegistry.agentByAccountId.has(id);
}

function checkFacts(): void {
  const { agents } = Facts.parse(JSON.parse(readFileSync(file, 'utf8')));
  const missing: string[] = [];
  const want = (isKnown: boolean, what: string): void => {
    if (!isKnown && LEFT_OUT[what] === undefined) missing.push(what);
  };
  for (const { id, accounts, author_identities, trailers, branch_prefixes, signing_keys } of agents) {
    for (const account of accounts) {
      if (typeof account.id === 'number') want(agentRegistry.agentByAccountId.has(account.id), `${id} ${account.id}`);
      if (typeof account.app_id === 'number')
        want(agentRegistry.agentByAppId.has(account.app_id), `${id} App ${account.app_id}`);
    }
    for (const text of [...author_identities.map(({ email }) => email), ...trailers.map(({ value }) => value)])
      for (const address of mailboxes(text)) want(isKnownMailbox(address), address);
    for (const { key } of trailers) {
      const isOwn = /^[A-Z][A-Za-z-]+$/.test(key) && !/-by$/i.test(key);
      if (isOwn) want(agentRegistry.trailers.has(key.toLowerCase()), `${id} ${key}`);
    }
    for (const { fingerprint } of signing_keys) want(agentRegistry.agentByKey.has(fingerprint), fingerprint);
    for (const { prefix } of branch_prefixes)
      for (const text of prefix.match(/[a-z-]+(?:\/|-issue-)/g) ?? [])
        want(
          agentRegistry.branchPrefixes.some((known) => known.text === text),
          `${id} ${text}`,
        );
  }
  expect(missing).toEqual([]);
}

function sayAbsent(): void {
  console.warn(`${file} is not there: the registry was not compared with it`);
  expect(existsSync(file)).toBe(false);
}

const cases: readonly [sentence: string, check: () => void][] = existsSync(file)
  ? [['every account, App, mailbox, trailer, prefix and key of the shared facts is known', checkFacts]]
  : [['the shared facts (data folder not present: nothing was compared)', sayAbsent]];

test.each(cases)('%s', (_sentence, check) => {
  expect.hasAssertions();
  check();
});
