import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { z } from 'zod';

/** One request as it went over the wire; `path` below the API base, with its percent-encoding. */
export interface CheckedRequest {
  readonly method: string;
  readonly path: string;
  /** Without `?`. */
  readonly query?: string;
  /** Parsed JSON; undefined when there was none. */
  readonly body?: unknown;
}

const parameterSchema = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().optional(),
  schema: z.record(z.string(), z.unknown()),
});
type Parameter = z.infer<typeof parameterSchema>;

const operationSchema = z.object({
  operationId: z.string(),
  parameters: z.array(z.union([z.object({ $ref: z.string() }), parameterSchema])).optional(),
  requestBody: z
    .object({
      required: z.boolean().optional(),
      content: z.object({ 'application/json': z.object({ schema: z.unknown() }) }),
    })
    .optional(),
});
type Operation = z.infer<typeof operationSchema>;

const extractSchema = z.object({
  source: z.object({ package: z.string(), integrity: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ parameters: z.record(z.string(), parameterSchema) }).loose(),
});

const extractText = readFileSync(new URL('github.openapi.json', import.meta.url), 'utf8');
const extract = extractSchema.parse(JSON.parse(extractText));

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
ajv.addSchema({ ...JSON.parse(extractText), $id: 'github' });

/** Where the extract comes from. */
export const openapiSource = extract.source;

/** Every `METHOD /template` that the extract has. */
export const openapiRoutes: readonly string[] = Object.entries(extract.paths).flatMap(([path, operations]) =>
  Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
);

/** Path parameters that GitHub lets contain slashes. */
const LONG = new Set(['path', 'ref', 'basehead']);

interface Template {
  readonly path: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

// The template with the fewest parameters wins: `/repos/{owner}/{repo}/actions/runs` before anything looser.
const templates: readonly Template[] = Object.keys(extract.paths)
  .map((path) => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
    const pattern = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => (LONG.has(name) ? '(.+)' : '([^/]+)'));
    return { path, names, pattern: new RegExp(`^${pattern}$`) };
  })
  .toSorted((left, right) => left.names.length - right.names.length || right.path.length - left.path.length);

/** What GitHub's published description says against a request; empty when it is fine. */
export function checkRequest(request: CheckedRequest): readonly string[] {
  const method = request.method.toLowerCase();
  for (const template of templates) {
    const match = template.pattern.exec(request.path);
    const operation = extract.paths[template.path]?.[method];
    if (match === null || operation === undefined) continue;
    const where = `${request.method} ${template.path}`;
    const values = Object.fromEntries(
      template.names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]),
    );
    return [
      ...checkParameters(operation, values, new URLSearchParams(request.query ?? '')),
      ...checkBody(template.path, method, operation, request.body),
      ...(template.path.endsWith('/deployment_protection_rule') ? checkProtectionRule(request.body) : []),
    ].map((problem) => `${where}: ${problem}`);
  }
  return [`${request.method} ${request.path}: no such operation`];
}

function parametersOf(operation: Operation): readonly Parameter[] {
  return (operation.parameters ?? []).map((parameter) => {
    if (!('$ref' in parameter)) return parameter;
    const found = extract.components.parameters[parameter.$ref.replace('#/components/parameters/', '')];
    if (found === undefined) throw new TypeError(`the extract lacks ${parameter.$ref}`);
    return found;
  });
}

function checkParameters(
  operation: Operation,
  path: Readonly<Record<string, string>>,
  query: URLSearchParams,
): readonly string[] {
  const problems: string[] = [];
  const known = parametersOf(operation);
  for (const parameter of known) {
    const value = parameter.in === 'path' ? path[parameter.name] : (query.get(parameter.name) ?? undefined);
    if (parameter.in === 'header') continue;
    if (value === undefined) {
      if (parameter.required === true) problems.push(`${parameter.in} ${parameter.name} is missing`);
      continue;
    }
    const integer = parameter.schema['type'] === 'integer';
    const typed = integer && /^-?\d+$/.test(value) ? Number(value) : value;
    const validate = validatorOf({ ...parameter.schema, $ref: absolute(parameter.schema['$ref']) });
    if (!validate(typed)) problems.push(`${parameter.in} ${parameter.name}: ${ajv.errorsText(validate.errors)}`);
    // The limit stands only in the description's words.
    if (parameter.name === 'per_page' && (Number(value) < 1 || Number(value) > 100))
      problems.push('per_page is not 1 to 100');
  }
  const names = new Set(known.filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name));
  for (const name of query.keys()) if (!names.has(name)) problems.push(`query ${name} is unknown`);
  return problems;
}

function absolute(reference: unknown): string | undefined {
  return typeof reference === 'string' ? `github${reference}` : undefined;
}

const validators = new Map<string, ValidateFunction>();

function validatorOf(schema: object): ValidateFunction {
  const key = JSON.stringify(schema);
  const validate = validators.get(key) ?? ajv.compile(schema);
  validators.set(key, validate);
  return validate;
}

function checkBody(path: string, method: string, operation: Operation, body: unknown): readonly string[] {
  if (operation.requestBody === undefined) return body === undefined ? [] : ['has a body that GitHub does not know'];
  if (body === undefined) return operation.requestBody.required === true ? ['has no body'] : [];
  const escape = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
  const pointer = ['paths', path, method, 'requestBody', 'content', 'application/json', 'schema'].map(escape).join('/');
  const validate = validatorOf({ $ref: `github#/${pointer}` });
  const problems = validate(body) ? [] : [`body: ${ajv.errorsText(validate.errors)}`];
  // GitHub's objects are open, so a misspelt field would pass.
  const known = propertiesOf(operation.requestBody.content['application/json'].schema);
  for (const key of Object.keys(z.record(z.string(), z.unknown()).parse(body))) {
    if (!known.has(key)) problems.push(`body: ${key} is unknown`);
  }
  return problems;
}

const shapeSchema = z.object({
  $ref: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
});

function propertiesOf(schema: unknown): ReadonlySet<string> {
  const shape = shapeSchema.parse(schema);
  if (shape.$ref !== undefined) {
    const [, group = '', name = ''] = shape.$ref.replace('#/', '').split('/');
    return propertiesOf(z.record(z.string(), z.unknown()).parse(extract.components[group])[name]);
  }
  const parts = [...(shape.anyOf ?? []), ...(shape.oneOf ?? []), ...(shape.allOf ?? [])];
  return new Set([...Object.keys(shape.properties ?? {}), ...parts.flatMap((part) => [...propertiesOf(part)])]);
}

/**
 * The published body is any of "decision" and "status report", so a decision with a misspelt state passes as a report and
 * releases nothing without a word; and its limit of 1,024 characters stands only in the documentation.
 */
function checkProtectionRule(body: unknown): readonly string[] {
  const decision = z.strictObject({
    environment_name: z.string().min(1),
    state: z.enum(['approved', 'rejected']).optional(),
    comment: z.string().max(1024).optional(),
  });
  const parsed = decision.safeParse(body);
  if (!parsed.success) return [`body: ${z.prettifyError(parsed.error)}`];
  const { state, comment } = parsed.data;
  return state === undefined && comment === undefined ? ['body: neither a decision nor a report'] : [];
}
