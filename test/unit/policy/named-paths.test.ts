import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { TECHNOLOGIES } from '../../../core/policy/infra-paths.ts';
import { NAMED_PATHS, globsOf, isInNamedPaths, touchesInfra } from '../../../core/policy/named-paths.ts';
import { globProblem } from '../../../core/policy/path-glob.ts';

describe('sets of paths', () => {
  test.each([
    ['infra', 'modules/net/main.tf'],
    ['infra', 'INFRA/MAIN.TF'],
    ['infra', '.github/x.tf'],
    ['infra', 'a\nb/main.tf'],
    ['infra', 'Dockerfile'],
    ['infra', 'apps/web/Dockerfile.prod'],
    ['infra', 'k8s/web.yaml'],
    ['infra', 'deploy/charts/web/templates/x.yaml'],
    ['infra', 'services/api/values-prod.yaml'],
    ['infra', 'scripts/deploy/run.py'],
    ['workflow', '.github/workflows/deploy.yml'],
    ['workflow', '.github/workflows/nested/deploy.yml'],
    ['workflow', 'tools/my-action/action.yml'],
    ['guardrails', '.github/countersign.yml'],
    ['guardrails', 'CODEOWNERS'],
    ['guardrails', 'docs/CODEOWNERS'],
    ['guardrails', 'AGENTS.md'],
    ['guardrails', 'packages/api/CLAUDE.md'],
    ['guardrails', '.claude/settings.json'],
    ['guardrails', '.gitmodules'],
    ['guardrails', 'sub/.gitattributes'],
    ['data', 'db/migrate/20260101_drop_users.rb'],
    ['iam', 'aws/trust-policy.json'],
    ['secrets', 'app/.env.production'],
  ] as const)('@%s holds %j, and so does @infra', (name, path) => {
    expect(isInNamedPaths(name, path)).toBe(true);
    expect(touchesInfra(['README.md', path], true)).toBe(true);
  });

  test.each(['README.md', 'src/app.ts', 'src/terraform.ts', 'docs/tf', 'main.tfx', 'locales/de.yaml', 'package.json'])(
    '@infra does not hold %j',
    (path) => {
      expect(touchesInfra([path], true)).toBe(false);
    },
  );

  test('a list that was cut touches everything, an empty one nothing (C81)', () => {
    expect([touchesInfra([], false), touchesInfra([], true)]).toEqual([true, false]);
  });

  test('every set has globs, every glob may be written in a policy too, every technology has its source', () => {
    expect(NAMED_PATHS.filter((name) => globsOf(name).length === 0)).toEqual([]);
    expect(globsOf('infra').filter((glob) => globProblem(glob) !== null)).toEqual([]);
    expect(TECHNOLOGIES.filter(({ source }) => source === '')).toEqual([]);
  });
});

/** What the facts list and this version leaves out, with the reason. */
const LEFT_OUT = new Map([
  ['**/*.{yaml,yml}', 'any YAML at all: known by content only'],
  ['**/Makefile', 'weak by its name'],
  ['**/justfile', 'weak by its name'],
  ['**/Taskfile.{yaml,yml}', 'weak by its name'],
  ['**/*changelog*.{xml,yaml,yml,sql,json}', 'release notes too; only its XML and SQL forms are taken'],
  ['**/*azure*pipeline*.{yaml,yml}', 'taken with the two words next to each other, so that it is quick'],
  ['.github/gate.yml', 'the policy of another gate'],
  ['.github/gate/**', 'the policy of another gate'],
]);

const shared = process.env['COUNTERSIGN_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared');
const file = join(shared, 'infra-globs.json');
const factsSchema = z.object({
  technologies: z.array(z.object({ confidence: z.string(), globs: z.array(z.string()) })),
});

const present = existsSync(file);
test(`every glob of the facts is in @infra or left out for a reason${present ? '' : ' (shared data folder not present: nothing was checked)'}`, () => {
  if (!present) console.warn('shared data folder not present: infra-globs.json was not checked');
  const { technologies } = factsSchema.parse(present ? JSON.parse(readFileSync(file, 'utf8')) : { technologies: [] });
  const globs = technologies
    .filter(({ confidence }) => confidence !== 'weak')
    .flatMap((technology) => technology.globs)
    .filter((glob) => !LEFT_OUT.has(glob));
  expect(globs.length > 0).toBe(present);
  expect(globs.filter((glob) => !samplesOf(glob).every((path) => touchesInfra([path], true)))).toEqual([]);
});

/** Paths that a glob is for: each alternative of its first braces, with something in the place of every star. */
function samplesOf(glob: string): readonly string[] {
  const braces = /\{([^{}]*)\}/.exec(glob);
  if (braces?.[1] !== undefined) {
    return braces[1].split(',').flatMap((choice) => samplesOf(glob.replace(braces[0], choice)));
  }
  return [glob.replaceAll('[0-9]', '7').replaceAll('**', 'one/two').replaceAll('*', 'some')];
}
