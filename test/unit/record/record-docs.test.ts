import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { recordKinds } from '../../../core/evidence/kinds.ts';
import { meanings } from '../../../core/record/meanings.ts';
import { schemaFiles } from '../../support/record-schemas.ts';

/** docs/evidence-format.md, "Records", against the JSON Schemas: a stranger reads the one, a program the other. */
const page = readFileSync(new URL('../../../docs/evidence-format.md', import.meta.url), 'utf8');
const section = page.slice(page.indexOf('\n### Kinds'), page.indexOf('\n### Facts'));
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | +\|$/g, '').trim()));
const kinds = new Map(rows.filter((cells) => cells.length === 3).map(([name = '', ...cells]) => [name, cells]));
const fields = rows.filter((cells) => cells.length === 2).flatMap(([names = '']) => names.split(', '));

interface Variant {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
}

type Schema = Variant | { readonly oneOf: readonly Schema[] };

function variantsOf(schema: Schema): readonly Variant[] {
  return 'oneOf' in schema ? schema.oneOf.flatMap(variantsOf) : [schema];
}

/** Names of the fields of a kind, in any of its variants, with `?` where one may be without it. */
function fieldsOf(kind: string): readonly string[] {
  const variants = variantsOf(JSON.parse(schemaFiles.get(`${kind}.json`) ?? '{}'));
  const names = new Set(variants.flatMap(({ properties }) => Object.keys(properties)));
  for (const implied of ['kind', 'at', 'repository', 'moreReasons']) names.delete(implied);
  return [...names].map((name) =>
    variants.every(({ required }) => required.includes(name)) ? `\`${name}\`` : `\`${name}\`?`,
  );
}

describe('docs/evidence-format.md', () => {
  test('lists every kind of record and no other', () => {
    expect([...kinds.keys()]).toEqual(recordKinds.map((kind) => `\`${kind}\``));
  });

  test.each(recordKinds)('says of %s what it states and which fields it has', (kind) => {
    const [meaning, listed = ''] = kinds.get(`\`${kind}\``) ?? [];
    expect(meaning).toBe(meanings[kind]);
    expect(listed.split(', ').toSorted()).toEqual(fieldsOf(kind).toSorted());
  });

  test('explains every field, and none that no record has', () => {
    const all = new Set(recordKinds.flatMap((kind) => fieldsOf(kind)).map((name) => name.replace('?', '')));
    expect(fields.toSorted()).toEqual([...all, '`moreReasons`'].toSorted());
  });
});
