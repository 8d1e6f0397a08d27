import { parse } from 'yaml';
import { z } from 'zod';

import { workflowIssues } from '../../contract/action/github-parser.ts';
import type { Permissions } from './run-action.ts';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const texts = z.record(z.string(), z.union([text, z.null().transform(() => '')])).nullish();
const level = z.enum(['read', 'write', 'none']);
const permissions = z.union([z.enum(['read-all', 'write-all']), z.record(z.string(), level)]).nullish();
const defaults = z
  .object({ run: z.object({ shell: z.string(), 'working-directory': z.string() }).partial() })
  .partial();

const step = z.object({
  id: z.string().optional(),
  name: z.string().optional(),
  if: text.optional(),
  uses: z.string().optional(),
  with: texts,
  run: z.string().optional(),
  shell: z.string().optional(),
  'working-directory': z.string().optional(),
  env: texts,
  'continue-on-error': text.optional(),
});

const job = z.object({
  name: z.string().optional(),
  needs: z.union([z.string().transform((name) => [name]), z.array(z.string())]).default([]),
  if: text.optional(),
  permissions,
  environment: z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]).optional(),
  env: texts,
  outputs: texts,
  defaults: defaults.optional(),
  steps: z.array(step).default([]),
  uses: z.string().optional(),
  with: texts,
  secrets: z.union([z.literal('inherit'), texts]),
  // What the runner of the tests cannot do is refused, not passed over.
  strategy: z.undefined().optional(),
  container: z.undefined().optional(),
});

const input = z
  .object({ type: z.string().default('string'), default: text.optional(), required: z.boolean().default(false) })
  .nullable()
  .transform((found) => found ?? { type: 'string', required: false });
const inputs = z.record(z.string(), input).default({});

const workflow = z.object({
  name: z.string().optional(),
  on: z.unknown(),
  permissions,
  env: texts,
  defaults: defaults.optional(),
  concurrency: z
    .union([
      z.string().transform((group) => ({ group, 'cancel-in-progress': false })),
      z.object({ group: z.string(), 'cancel-in-progress': z.boolean().default(false) }),
    ])
    .optional(),
  jobs: z.record(z.string(), job),
});

const triggers = z.object({
  workflow_call: z
    .object({
      inputs,
      secrets: z.record(z.string(), z.unknown()).default({}),
      outputs: z.record(z.string(), z.object({ value: z.string() })).default({}),
    })
    .nullish(),
  workflow_dispatch: z.object({ inputs }).nullish(),
});

export type WorkflowStep = z.infer<typeof step>;
export type WorkflowJob = z.infer<typeof job>;
export type Inputs = z.infer<typeof inputs>;

export type WorkflowFile = z.infer<typeof workflow> & {
  readonly inputs: Inputs;
  /** Secrets that a caller hands over; null: it cannot be called. */
  readonly called: { readonly secrets: readonly string[]; readonly outputs: Readonly<Record<string, string>> } | null;
};

/** Reads a workflow. Throws TypeError with what GitHub's own parser says about it. */
export async function readWorkflow(path: string, content: string): Promise<WorkflowFile> {
  const issues = await workflowIssues({ name: path, content }, null);
  if (issues.length > 0) throw new TypeError(`${path}: ${issues.join('; ')}`);
  const file = workflow.parse(parse(content));
  const on = typeof file.on === 'object' && !Array.isArray(file.on) ? triggers.parse(file.on) : {};
  const call = on.workflow_call;
  const asked = call ?? on.workflow_dispatch;
  const outputs = Object.entries(call?.outputs ?? {}).map(([name, output]) => [name, output.value]);
  return {
    ...file,
    inputs: asked?.inputs ?? {},
    called:
      call === undefined || call === null
        ? null
        : { secrets: Object.keys(call.secrets), outputs: Object.fromEntries(outputs) },
  };
}

const NAMES =
  'actions attestations checks contents deployments discussions id-token issues models packages pages pull-requests security-events statuses';

/** What a job is given: its own `permissions`, else the file's, else `fallback`. What is not named is not given. */
export function grantedBy(
  file: WorkflowFile,
  { permissions: own }: Pick<WorkflowJob, 'permissions'>,
  fallback: Permissions,
): Permissions {
  const declared = own === undefined || own === null ? file.permissions : own;
  if (declared === undefined || declared === null) return fallback;
  const given =
    typeof declared === 'string'
      ? NAMES.split(' ').map((name) => [name, declared === 'write-all' ? 'write' : 'read'] as const)
      : Object.entries(declared);
  return Object.fromEntries(given.flatMap(([name, granted]) => (granted === 'none' ? [] : [[name, granted]])));
}
