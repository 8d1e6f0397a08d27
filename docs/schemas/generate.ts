import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchemas } from '../../core/record/json-schemas.ts';

/** Writes the JSON Schemas of all records beside this file; a test holds what is committed against the source. */
for (const [name, text] of jsonSchemas()) writeFileSync(join(import.meta.dirname, name), text);
