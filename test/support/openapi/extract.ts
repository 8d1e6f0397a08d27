import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { APP_ROUTES, INSTALLATION_ROUTES, REPOSITORY_ROUTES } from '../../../adapters/github/routes.ts';

/**
 * Takes what GitHub publishes about the requests that the product sends (parameters and bodies, with the schemas that they
 * name) out of its OpenAPI description and writes `github.openapi.json` beside this file. Run by hand when a route is added:
 * `node test/support/openapi/extract.ts`. The package is 385 MB, so it is fetched for the run and not a dependency.
 */
const PACKAGE = '@octokit/openapi@23.0.2';
const ENTRY = 'package/generated/api.github.com.json';

const METHODS = ['get', 'post', 'patch', 'put', 'delete'];

const packedSchema = z.array(z.object({ filename: z.string(), version: z.string(), integrity: z.string() })).length(1);
const manifestSchema = z.object({ license: z.string() });
const descriptionSchema = z.object({
  openapi: z.string(),
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.record(z.string(), z.record(z.string(), z.unknown())),
});
const operationSchema = z.object({
  operationId: z.string(),
  parameters: z.array(z.unknown()).optional(),
  requestBody: z.unknown().optional(),
});
type Description = z.infer<typeof descriptionSchema>;

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-openapi-'));
  try {
    const [packed] = packedSchema.parse(JSON.parse(run(folder, 'npm', ['pack', PACKAGE, '--json'])));
    if (packed === undefined) throw new TypeError('npm packed nothing');
    run(folder, 'tar', ['-xzf', packed.filename, ENTRY, 'package/package.json']);
    const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'));
    const { license } = manifestSchema.parse(read('package/package.json'));
    const description = descriptionSchema.parse(read(ENTRY));
    const extract = {
      source: { package: PACKAGE, version: packed.version, integrity: packed.integrity, license, entry: ENTRY },
      openapi: description.openapi,
      ...extractOperations(description),
    };
    writeFileSync(new URL('github.openapi.json', import.meta.url), `${JSON.stringify(extract, null, 1)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(folder: string, command: string, parameters: readonly string[]): string {
  return execFileSync(command, parameters, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

function extractOperations(description: Description): {
  readonly paths: Record<string, Record<string, unknown>>;
  readonly components: Record<string, Record<string, unknown>>;
} {
  const paths: Record<string, Record<string, unknown>> = {};
  const components: Record<string, Record<string, unknown>> = {};

  /** Copies a value without its examples, and what it refers to into `components`. */
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => key !== 'examples' && key !== 'example');
    const reference = '$ref' in value ? value.$ref : undefined;
    if (typeof reference === 'string') follow(reference);
    return Object.fromEntries(entries.map(([key, each]) => [key, copy(each)]));
  };
  const follow = (reference: string): void => {
    const [, group, name] = /^#\/components\/([^/]+)\/([^/]+)$/.exec(reference) ?? [];
    const target = group === undefined || name === undefined ? undefined : description.components[group]?.[name];
    if (group === undefined || name === undefined || target === undefined) throw new TypeError(`unknown ${reference}`);
    const found = (components[group] ??= {});
    if (name in found) return;
    // First, so that a schema that names itself ends.
    found[name] = null;
    found[name] = copy(target);
  };

  for (const route of [
    ...Object.keys(REPOSITORY_ROUTES),
    ...Object.keys(INSTALLATION_ROUTES),
    ...APP_ROUTES,
  ].toSorted()) {
    const [method = '', path = ''] = route.split(' ');
    const key = method.toLowerCase();
    const found = METHODS.includes(key) ? description.paths[path]?.[key] : undefined;
    if (found === undefined) throw new TypeError(`GitHub publishes no ${route}`);
    (paths[path] ??= {})[key] = copy(operationSchema.parse(found));
  }
  return { paths, components };
}

main();
