import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { INPUTS, MODES, OUTPUTS, PERMISSIONS } from '../../../action/io.ts';
import { REASONS } from '../../../core/gate/reasons.ts';
import { tableAfter } from './markdown-table.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const readme = read('README.md');
const page = read('docs/action.md');

const description = z.string().min(1);
const action = z
  .strictObject({
    name: z.string(),
    description,
    author: z.string(),
    branding: z.strictObject({ icon: z.string(), color: z.string() }),
    inputs: z.record(z.string(), z.strictObject({ description, required: z.literal(false), default: z.string() })),
    outputs: z.record(z.string(), z.strictObject({ description })),
    runs: z.strictObject({ using: z.literal('node24'), main: z.string(), post: z.string() }),
  })
  .parse(parse(read('action.yml')));

const inputs = Object.entries(INPUTS).map(([name, spec]) => ({
  name,
  what: spec.description,
  default: 'default' in spec ? spec.default : '',
  modes: 'modes' in spec ? spec.modes.join(', ') : 'all',
}));
const outputs = Object.entries(OUTPUTS);

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

/** The sources of the Action, by path. */
const sources = readdirSync(new URL('action/', root), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && path !== 'io.ts')
  .map((path) => ({ path, text: read(`action/${path}`) }));

describe('action.yml, the registry, the code and the pages say the same', () => {
  test('there is something to compare', () => {
    expect(inputs.length).toBeGreaterThan(10);
    expect(outputs.length).toBeGreaterThan(5);
    expect(MODES.length).toBeGreaterThan(5);
    expect(sources.length).toBeGreaterThan(5);
  });

  test('action.yml has exactly the inputs of the registry, with their texts and defaults', () => {
    expect(Object.entries(action.inputs).map(([name, input]) => [name, input.description, input.default])).toEqual(
      inputs.map((input) => [input.name, input.what, input.default]),
    );
  });

  test('action.yml has exactly the outputs of the registry, with their texts', () => {
    expect(Object.entries(action.outputs).map(([name, output]) => [name, output.description])).toEqual(outputs);
  });

  test('the code reads exactly the inputs of the registry, and writes exactly its outputs', () => {
    const read = [...textOf('inputs.ts').matchAll(/\b(?:read|rawInput)\((?:env, )?'([a-z-]+)'\)/g)].map(
      ([, name]) => name,
    );
    expect(new Set(read)).toEqual(new Set(inputs.map(({ name }) => name)));
    const written = [...textOf('report.ts').matchAll(/\bsetOutput\('([a-z-]+)'/g)].map(([, name]) => name);
    expect(written).toEqual(outputs.map(([name]) => name));
    const elsewhere = sources
      .filter(({ path }) => path !== 'report.ts')
      .filter(({ text }) => text.includes('setOutput('));
    expect(elsewhere).toEqual([]);
  });

  // One file for both would be told by a `STATE_` variable which it is, and any step before can set one.
  test('main and post are two files, which are there', () => {
    expect(action.runs.post).not.toBe(action.runs.main);
    for (const path of [action.runs.main, action.runs.post]) expect(existsSync(new URL(path, root))).toBe(true);
  });

  test('docs/action.md lists exactly the inputs, outputs and permissions of the registry', () => {
    expect(tableAfter(page, '## Inputs')).toEqual(
      inputs.map((input) => [code(input.name), input.what, code(input.default), input.modes]),
    );
    expect(tableAfter(page, '## Outputs')).toEqual(outputs.map(([name, what]) => [code(name), what]));
    expect(tableAfter(page, '## Permissions')).toEqual(
      Object.entries(PERMISSIONS).map(([mode, { withApp, alone }]) => [code(mode), shown(withApp), shown(alone)]),
    );
  });

  test('the README lists exactly the inputs and outputs of the registry', () => {
    expect(tableAfter(readme, '| input ')).toEqual(inputs.map((input) => [code(input.name), input.what]));
    expect(tableAfter(readme, '| output ')).toEqual(outputs.map(([name, what]) => [code(name), what]));
  });
});

test('docs/action.md explains only reason codes that there are', () => {
  const codes = tableAfter(page, '## When it fails').flatMap(([cell = '']) => [...cell.matchAll(/`([a-z-]+)`/g)]);
  expect(codes.length).toBeGreaterThan(10);
  expect(codes.map(([, code = '']) => code).filter((code) => !Object.hasOwn(REASONS, code))).toEqual([]);
});

describe('every mode', () => {
  test.each(MODES)('%s is described in docs/action.md and named in the README', (mode) => {
    expect(page).toContain(`\n### \`${mode}\`\n`);
    expect(tableAfter(readme, '| mode ').map(([name]) => name)).toContain(code(mode));
  });

  test.each(MODES)('%s has a module of its own that only its use loads', (mode) => {
    expect(sources.map(({ path }) => path)).toContain(`${mode}.ts`);
    const main = read('action/main.ts');
    expect(main).toContain(`import('./${mode}.ts')`);
    expect(main).not.toMatch(new RegExp(`^import (?!type).*'\\./${mode}\\.ts'`, 'm'));
  });

  test('docs/action.md and the README describe no mode that is not there', () => {
    const modes = /## Modes\n([^]*?)\n## /.exec(page)?.[1] ?? '';
    expect([...modes.matchAll(/^### `(.+)`$/gm)].map((match) => match[1])).toEqual(MODES);
    expect(tableAfter(readme, '| mode ').map(([name]) => name)).toEqual(MODES.map(code));
  });
});

function textOf(path: string): string {
  return sources.find((source) => source.path === path)?.text ?? '';
}

function shown(access: Readonly<Record<string, string>> | 'never'): string {
  if (access === 'never') return '-';
  return Object.entries(access)
    .map(([name, level]) => code(`${name}: ${level}`))
    .join(', ');
}
