import { z } from 'zod';
import { PREDICATE_TYPE, recordKinds } from '../evidence/kinds.ts';
import { frameSchema } from './build-statement.ts';
import { beyondSchema, meanings } from './meanings.ts';
import { recordSchemas } from './schemas.ts';

const STRICT =
  'As version 1 writes it. A later version may add fields: a reader ignores those that it does not know (docs/evidence-format.md). All texts are well-formed Unicode.';

/**
 * JSON Schemas (draft 2020-12) of what a record may say, by file name: `<kind>.json` for the predicate of each kind, and
 * `statement.json` for the whole record. Made from the schemas that the writer itself uses; what those refine beyond JSON
 * Schema is said in words.
 */
export function jsonSchemas(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const kind of recordKinds) {
    const beyond = beyondSchema[kind];
    const description = [meanings[kind], ...(beyond === undefined ? [] : [`Beyond this schema: ${beyond}`]), STRICT];
    files.set(`${kind}.json`, render(kind, recordSchemas[kind], { title: kind, description: description.join(' ') }));
  }
  const predicate = { oneOf: recordKinds.map((kind) => ({ $ref: `${kind}.json` })) };
  const description = `One record: an in-toto Statement v1, written as JSON.stringify(statement, null, 2) and a newline. ${STRICT}`;
  files.set('statement.json', render('statement', frameSchema, { title: 'statement', description }, { predicate }));
  return files;
}

/** @param properties stand in place of those that the schema has */
function render(
  name: string,
  schema: z.ZodType,
  about: { readonly title: string; readonly description: string },
  properties: object = {},
): string {
  const { $schema, ...made } = z.toJSONSchema(schema, { unrepresentable: 'throw', reused: 'inline' });
  const whole = {
    $schema,
    $id: `${PREDICATE_TYPE}/${name}.json`,
    ...about,
    ...made,
    ...(made.properties === undefined ? {} : { properties: { ...made.properties, ...properties } }),
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
