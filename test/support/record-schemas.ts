import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** The committed JSON Schemas as anybody would use them: by an implementation that knows nothing of ours. */
const folder = new URL('../../docs/schemas/', import.meta.url);

export const schemaFiles: ReadonlyMap<string, string> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: false, discriminator: false });
for (const text of schemaFiles.values()) ajv.addSchema(JSON.parse(text));

/** What a schema says against a value, or null. @param name e.g. `statement` or the kind of a record, for its predicate */
export function schemaIssue(name: string, value: unknown): string | null {
  const validate = ajv.getSchema(`https://countersign.dev/evidence/v1/${name}.json`);
  if (validate === undefined) throw new TypeError(`no schema ${name}`);
  return validate(value) === true ? null : ajv.errorsText(validate.errors);
}
