import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

/** docs/design.md section 5: which folder may import which. Imports go one way, `import type` included. */
const root = join(import.meta.dirname, '..', '..', '..');

const ROOMS: Readonly<Record<string, { readonly rooms: readonly string[]; readonly packages: readonly RegExp[] }>> = {
  'core/evidence': { rooms: ['core/evidence'], packages: [] },
  core: { rooms: ['core', 'core/evidence'], packages: [/^zod$/, /^yaml$/, /^picomatch$/] },
  flow: { rooms: ['flow', 'core', 'core/evidence'], packages: [/^zod$/] },
  adapters: { rooms: ['adapters', 'core', 'core/evidence'], packages: [/./] },
  app: { rooms: ['app', 'adapters', 'flow', 'core', 'core/evidence'], packages: [/./] },
  cli: { rooms: ['cli', 'adapters', 'core', 'core/evidence'], packages: [/^node:/] },
  sandbox: { rooms: ['sandbox'], packages: [/./] },
  demo: { rooms: ['demo', 'sandbox'], packages: [/^node:/, /^yaml$/] },
};

function roomOf(path: string): string {
  const parts = path.split(sep);
  return parts[0] === 'core' && parts[1] === 'evidence' ? 'core/evidence' : (parts[0] ?? '');
}

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;

function importsOf(path: string): readonly string[] {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(IMPORT)].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
}

const folders = ['core', 'flow', 'adapters', 'app', 'cli', 'sandbox', 'demo'];

describe('imports go one way', () => {
  test.each(folders)('%s imports only what it may', (folder) => {
    const files = sources(folder);
    expect(files.length).toBeGreaterThan(0);
    const wrong: string[] = [];
    let seen = 0;
    for (const file of files) {
      const room = roomOf(file);
      const rule = ROOMS[room];
      for (const target of importsOf(file)) {
        seen += 1;
        const allowed = target.startsWith('.')
          ? rule?.rooms.includes(roomOf(relative(root, normalize(join(root, dirname(file), target)))))
          : rule?.packages.some((pattern) => pattern.test(target));
        if (allowed !== true) wrong.push(`${file} imports ${target}`);
      }
    }
    expect(seen).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  test('nothing of the product imports a test', () => {
    const wrong = folders
      .flatMap(sources)
      .filter((file) => importsOf(file).some((target) => target.includes('/test/')));
    expect(wrong).toEqual([]);
  });

  test('core uses no clock, randomness, environment or console', () => {
    const files = sources('core');
    expect(files.length).toBeGreaterThan(0);
    const wrong = files.filter((file) =>
      /\bDate\.now\(|new Date\(\)|Math\.random\(|\bprocess\.|\bconsole\.|\bcrypto\.|\bfetch\(/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
    expect(wrong).toEqual([]);
  });
});
