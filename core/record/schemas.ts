import type { z } from 'zod';
import type { RecordKind } from '../evidence/kinds.ts';
import { keySchemas } from './key-schemas.ts';
import { logSchemas } from './log-schemas.ts';
import { releaseSchemas } from './release-schemas.ts';
import { requestSchemas } from './request-schemas.ts';

/** The predicate of every kind of record that a log may hold (docs/design.md section 7); kinds not written yet included. */
export const recordSchemas = {
  ...requestSchemas,
  ...releaseSchemas,
  ...keySchemas,
  ...logSchemas,
} satisfies Record<RecordKind, z.ZodType>;

/** What `buildStatement` takes; `kind` says which record it is. */
export type Predicate = { [Kind in RecordKind]: z.input<(typeof recordSchemas)[Kind]> }[RecordKind];
