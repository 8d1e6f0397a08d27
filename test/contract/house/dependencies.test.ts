import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const decision = readFileSync(join(root, 'docs', 'decisions', '0002-dependencies.md'), 'utf8');

function section(manifest: object, name: string): Readonly<Record<string, string>> {
  const found: unknown = Object.entries(manifest).find(([key]) => key === name)?.[1];
  return typeof found === 'object' && found !== null ? Object.fromEntries(Object.entries(found)) : {};
}

const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
if (typeof manifest !== 'object' || manifest === null) throw new Error('package.json is no object');
const all = {
  ...section(manifest, 'dependencies'),
  ...section(manifest, 'devDependencies'),
  ...section(manifest, 'optionalDependencies'),
};

test('every direct dependency is pinned to one exact version', () => {
  expect(Object.keys(all).length).toBeGreaterThan(10);
  expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('every direct dependency has its reason in docs/decisions, and no reason outlives its dependency', () => {
  const rows = decision.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  );
  expect(named.toSorted()).toEqual(Object.keys(all).toSorted());
});
