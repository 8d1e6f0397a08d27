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
  // The one command that asks GitHub; the others only know its name (docs/decisions/0006-who.md).
  'cli/who': { rooms: ['cli/who', 'cli', 'flow', 'adapters', 'core', 'core/evidence'], packages: [/^node:/] },
  action: {
    rooms: ['action', 'flow', 'adapters', 'core', 'core/evidence'],
    packages: [/^node:/, /^@actions\/core$/, /^zod$/],
  },
  sandbox: { rooms: ['sandbox'], packages: [/./] },
  demo: { rooms: ['demo', 'sandbox'], packages: [/^node:/, /^yaml$/] },
};

function roomOf(path: string): string {
  const [first = '', second] = path.split(sep);
  const inner = `${first}/${second}`;
  return inner === 'core/evidence' || inner === 'cli/who' ? inner : first;
}

/** Read only when the command is asked for, from a file of its own. */
const LOADED_LATE: readonly string[] = ['cli/main.ts imports ./who/who.ts'];

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
        const named = `${file} imports ${target}`;
        if (allowed !== true && !LOADED_LATE.includes(named)) wrong.push(named);
      }
    }
    expect(seen).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  test('the verifier reads nothing but Node and the files of cli, core and adapters that need no package', () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const target of importsOf(file)) {
        if (LOADED_LATE.includes(`${file} imports ${target}`)) continue;
        if (target.startsWith('.')) visit(relative(root, normalize(join(root, dirname(file), target))));
        else packages.add(target);
      }
    };
    visit(join('cli', 'main.ts'));
    expect(seen.size).toBeGreaterThan(10);
    expect([...packages].filter((target) => !target.startsWith('node:'))).toEqual([]);
    expect([...seen].filter((file) => roomOf(file) === 'flow' || file.startsWith(join('cli', 'who')))).toEqual([
      join('cli', 'who-usage.ts'),
    ]);
    expect(readFileSync(join(root, 'cli', 'main.ts'), 'utf8')).toContain("await import('./who/who.ts')");
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
