import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const rules = join(root, 'core', 'risk');

test('docs/plan-findings.md lists every rule with its kind, and no other', () => {
  const sources = readdirSync(rules, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(rules, name), 'utf8'));
  const page = readFileSync(join(root, 'docs', 'plan-findings.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `([a-z-]+)` +\| `([a-z-]+)`/gm)].map((match) => `${match[1]} ${match[2]}`);
  // In the code a finding begins with [rule, kind, level]; one rule is chosen between two names.
  const used = sources
    .flatMap((source) => [
      ...source.matchAll(/\['([a-z-]+)',\s+'([a-z-]+)',\s+(?:'(?:low|medium|high|critical)'|level)\]/g),
    ])
    .map((match) => `${match[1]} ${match[2]}`);
  expect(new Set(listed)).toEqual(new Set([...used, 'exposure-opened public-exposure']));
  expect(new Set(listed).size).toBe(listed.length);
});
