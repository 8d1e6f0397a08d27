import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

import { INPUTS } from '../../../action/io.ts';

/** What a runner reads of an action.yml. */
export interface ActionDefinition {
  readonly main: string;
  readonly post: string | null;
  /** Every declared input with its default; one without a default is empty. */
  readonly inputs: Readonly<Record<string, string>>;
}

const project = join(import.meta.dirname, '..', '..', '..');

const manifestSchema = z.object({
  inputs: z
    .record(z.string(), z.object({ default: z.union([z.string(), z.number(), z.boolean()]).default('') }).nullable())
    .default({}),
  runs: z.object({ using: z.literal('node24'), main: z.string(), post: z.string().optional() }),
});

/** Read from the folder of an action. */
export function readDefinition(folder: string): ActionDefinition {
  const { inputs, runs } = manifestSchema.parse(parse(readFileSync(join(folder, 'action.yml'), 'utf8')));
  return {
    main: join(folder, runs.main),
    post: runs.post === undefined ? null : join(folder, runs.post),
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, String(input?.default ?? '')])),
  };
}

/** Our own Action: the bundle, or what COUNTERSIGN_ACTION_ENTRY names, or the source while there is no bundle. */
export function ownAction(): ActionDefinition {
  const declared = existsSync(join(project, 'action.yml')) ? readDefinition(project) : null;
  const bundle = join(project, 'dist', 'action', 'main.js');
  const entry =
    process.env['COUNTERSIGN_ACTION_ENTRY'] ?? (existsSync(bundle) ? bundle : join(project, 'action', 'main.ts'));
  const registry = Object.entries(INPUTS).map(([name, input]) => [name, 'default' in input ? input.default : '']);
  // The post step stands beside the main step, in the bundle as in the source.
  const post = entry.replace(/main(?=\.[jt]s$)/, 'post-step');
  return { main: entry, post, inputs: declared?.inputs ?? Object.fromEntries(registry) };
}
