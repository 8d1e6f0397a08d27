import { createHash } from 'node:crypto';
import { copyFile, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { because } from '../core/gate/reasons.ts';
import { parsePlan } from '../core/risk/parse-plan.ts';
import type { Plan } from '../core/risk/plan-schema.ts';
import { ActionFailure } from './failure.ts';
import { findTools, showPlan } from './show-plan.ts';
import type { ShownPlan } from './show-plan.ts';
import { codeOf, digestFile } from './subjects.ts';
import type { BoundFile } from './subjects.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** Of the JSON, given or made. */
const PLAN_JSON_MAX_BYTES = 64 * 2 ** 20;

export interface ReadPlan {
  readonly plan: Plan;
  /** `json`: only the text is bound, and nothing says that it belongs to the plan file that is applied. */
  readonly form: 'plan-file' | 'json';
}

export interface PlanSource {
  readonly file: BoundFile;
  /** Of the file, as it stands in the proposal, lower-case hex: what is read must be what is bound. */
  readonly sha256: string;
  /** Real path of the working directory, where the providers are installed. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly print: (line: string) => void;
}

/**
 * Reads a plan: the plan file of `plan -out` (a ZIP archive, shown by the Terraform or OpenTofu of this job), or its JSON.
 *
 * @throws {ActionFailure} `plan-*` for everything that is no whole plan; `subject-changed` when it is written to meanwhile
 */
export async function readPlanFile(source: PlanSource): Promise<ReadPlan> {
  const { file } = source;
  const isArchive = await startsAsArchive(file);
  const bytes = isArchive ? await showCopy(source) : await readJson(source);
  const parsed = parsePlan(bytes, file.name);
  if (!parsed.ok) throw new ActionFailure(parsed.because);
  return { plan: parsed.plan, form: isArchive ? 'plan-file' : 'json' };
}

async function startsAsArchive({ name, path }: BoundFile): Promise<boolean> {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return bytesRead === 4 && buffer.toString('latin1') === 'PK\u0003\u0004';
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new ActionFailure(because('subject-unreadable', { path: name, what: codeOf(error) }));
  }
}

async function readJson({ file, sha256 }: PlanSource): Promise<Uint8Array> {
  const { name, path } = file;
  if ((await stat(path)).size > PLAN_JSON_MAX_BYTES) throw tooLarge(name);
  const bytes = await readFile(path);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw changed(name);
  return bytes;
}

/** Shows a copy that nobody else writes to: what was hashed, what is shown and what is bound are the same bytes. */
async function showCopy(source: PlanSource): Promise<Uint8Array> {
  const { file, env } = source;
  const tools = await findTools(env);
  const [first] = tools;
  if (first === undefined) throw new ActionFailure(because('plan-tool-missing', { path: file.name }));
  const folder = await makeTemporaryFolder(env, 'plan');
  try {
    const copy = join(folder, 'plan');
    await copyFile(file.path, copy);
    if ((await digestFile({ ...file, path: copy })) !== source.sha256) throw changed(file.name);
    let refused: Exclude<ShownPlan, { kind: 'shown' }> | null = null;
    let by = first;
    // Where both are installed only one of them has made the plan, and the other one says that it did not.
    for (const tool of tools) {
      const shown = await showPlan(tool, copy, { ...source, mostBytes: PLAN_JSON_MAX_BYTES });
      if (shown.kind === 'shown') return shown.json;
      if (refused === null) [refused, by] = [shown, tool];
    }
    throw failureOf(refused, by.name, file.name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function failureOf(shown: Exclude<ShownPlan, { kind: 'shown' }> | null, tool: string, path: string): ActionFailure {
  if (shown?.kind === 'too-large') return tooLarge(path);
  if (shown?.kind === 'too-slow') {
    return new ActionFailure(because('plan-show-timeout', { tool, path, seconds: shown.seconds }));
  }
  return new ActionFailure(because('plan-show-failed', { tool, path, what: shown?.what ?? 'it did not start' }));
}

function tooLarge(path: string): ActionFailure {
  return new ActionFailure(because('plan-too-large', { path, most: PLAN_JSON_MAX_BYTES / 2 ** 20 }));
}

function changed(path: string): ActionFailure {
  return new ActionFailure(because('subject-changed', { what: `\`${path}\`` }));
}
