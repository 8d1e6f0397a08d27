import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const permissions = z.record(z.string(), z.enum(['read', 'write', 'none']));

const step = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  env: z.record(z.string(), scalar).default({}),
  with: z.record(z.string(), scalar).default({}),
});

const job = z.looseObject({
  environment: z.string().optional(),
  permissions: permissions.optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), scalar).default({}),
  steps: z.array(step).default([]),
});

const workflow = z.looseObject({ permissions, jobs: z.record(z.string(), job) });

export type ExampleStep = z.output<typeof step>;
export type ExampleJob = z.output<typeof job>;

export interface Example {
  readonly name: string;
  readonly text: string;
  readonly permissions: z.output<typeof permissions>;
  readonly jobs: readonly (readonly [string, ExampleJob])[];
}

const folder = new URL('../../../docs/workflows/', import.meta.url);

/** Every file of docs/workflows. */
export const examples: readonly Example[] = readdirSync(folder).map((name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const { permissions, jobs } = workflow.parse(parse(text));
  return { name, text, permissions, jobs: Object.entries(jobs) };
});
