import { execFile } from 'node:child_process';
import { rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { formatVerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../core/evidence/notes/signed-note.ts';
import { parseOrigin } from '../core/evidence/records/log-origin.ts';
import { because } from '../core/gate/reasons.ts';
import { checkLog } from './check-log.ts';
import type { LogCheck } from './check-log.ts';
import { ActionFailure } from './failure.ts';
import { fetchBranch, plainEnvironment } from './fetch-branch.ts';
import { required } from './inputs.ts';
import { readTrustNow } from './live-reader.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';
import type { ActionContext, Verdict } from './verdict.ts';

const run = promisify(execFile);

/** In the runner's temporary folder, so that a later step can keep it. docs/action.md names it. */
const CHECKPOINT_FILE = 'countersign-checkpoint';

/** What the verifier says of a log that the pinned key does not fit: another trusted key may. */
const OF_ANOTHER_KEY: ReadonlySet<string> = new Set(['key-not-pinned', 'pinned-key-revoked', 'checkpoint-signature']);
const ROLLED_BACK: ReadonlySet<string> = new Set(['since-is-newer', 'since-is-not-a-prefix']);
const SINCE_UNUSABLE: ReadonlySet<string> = new Set(['since-malformed', 'since-signature', 'since-of-another-log']);

/**
 * Verifies the whole evidence branch, for scheduled workflows. Passes only where the shipped verifier ends with 0 for a key of
 * the policy on the default branch, and the log is this repository's.
 * @throws {ActionFailure} with decision `not-verified`
 */
export async function runVerify(context: ActionContext): Promise<Verdict> {
  try {
    return await verifyBranch(context);
  } catch (error) {
    if (!(error instanceof ActionFailure)) throw error;
    const [first = error.because, ...more] = error.verdict.because;
    throw new ActionFailure([first, ...more], { ...error.verdict, decision: 'not-verified' });
  }
}

async function verifyBranch(context: ActionContext): Promise<Verdict> {
  const { runner, inputs, env } = context;
  const token = required(inputs, 'token');
  const since = await sinceFile(context);
  const { keys, branch } = await readTrustNow(context);
  const temporary = env['RUNNER_TEMP'] || tmpdir();
  const folder = await makeTemporaryFolder(env, 'verify');
  try {
    const url = `${runner.serverUrl}/${runner.repository.owner}/${runner.repository.name}.git`;
    await fetchBranch(folder, { url, branch, token }, env);
    const checkpoint = await readCheckpoint(folder, branch, env);
    const check = await checkWithAny(keys, { ...context, folder, branch, since });
    if (!check.verified) throw refusal(check, checkpoint);
    const size = checkOrigin(checkpoint, context);
    await writeFile(join(temporary, CHECKPOINT_FILE), checkpoint);
    return { decision: 'verified', because: [because('log-verified', { size })], checkpoint, summary: [shown(check)] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Fetched extends ActionContext {
  readonly folder: string;
  readonly branch: string;
  readonly since: string | null;
}

/** While keys are being replaced the policy has two, and the log may be at either. */
async function checkWithAny(keys: readonly VerifierKey[], fetched: Fetched): Promise<LogCheck> {
  let last: LogCheck | null = null;
  for (const key of keys) {
    last = await checkLog({ ...fetched, key: formatVerifierKey(key) });
    if (last.verified || !OF_ANOTHER_KEY.has(last.problem?.code ?? '')) return last;
  }
  // The schema of the policy asks for at least one.
  if (last === null) throw new ActionFailure(because('log-check-failed', { what: 'there is no key' }));
  return last;
}

function refusal(check: LogCheck, checkpoint: string): ActionFailure {
  const { problem } = check;
  const summary = { summary: [shown(check)] };
  if (problem === null) return new ActionFailure(because('log-check-failed', { what: check.ended }), summary);
  const { path, code, message } = problem;
  const told = `${code}, ${message}`;
  if (OF_ANOTHER_KEY.has(code)) {
    const [found = ''] = checkpoint.split('\n');
    return new ActionFailure(because('key-does-not-match', { found, what: told }), summary);
  }
  if (ROLLED_BACK.has(code)) return new ActionFailure(because('since-not-a-prefix', { problem: told }), summary);
  if (SINCE_UNUSABLE.has(code)) return new ActionFailure(because('since-unusable', { what: told }), summary);
  return new ActionFailure(because('log-does-not-verify', { path, problem: told }), summary);
}

/** @returns the path, from the workspace on; null: none was asked for */
async function sinceFile({ inputs, runner }: ActionContext): Promise<string | null> {
  if (inputs.since === '') return null;
  const path = resolve(runner.workspace, inputs.since);
  const found = await stat(path).catch(() => null);
  // An older checkpoint that got lost must not turn into a check without one.
  if (found?.isFile() !== true) {
    throw new ActionFailure(because('since-unusable', { what: `there is no file ${inputs.since}` }));
  }
  return path;
}

/** @returns nothing where there is none: the verifier says so */
async function readCheckpoint(folder: string, branch: string, env: NodeJS.ProcessEnv): Promise<string> {
  const asked = ['--git-dir', folder, 'cat-file', 'blob', `refs/heads/${branch}:checkpoint`];
  const { stdout } = await run('git', asked, { env: plainEnvironment(env) }).catch(() => ({ stdout: '' }));
  return stdout;
}

/**
 * The log verified, so its origin is that of the trusted key; a policy that was copied from another repository would trust
 * that one's.
 * @returns records that the checkpoint signs
 */
function checkOrigin(checkpoint: string, { runner }: ActionContext): number {
  const [origin = '', size = ''] = checkpoint.split('\n');
  const named = parseOrigin(origin);
  if (!named.ok || named.value.host !== runner.host || named.value.repositoryId !== runner.repository.id) {
    const params = { found: origin, expected: runner.repository.id, host: runner.host };
    throw new ActionFailure(because('evidence-of-another-repository', params));
  }
  return Number(size);
}

/** The verifier's report as it is; HTML keeps its lines, and nothing in it is markup. */
function shown({ report }: LogCheck): string {
  const lines = report.map((line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;'));
  return `<pre>\n${lines.join('\n')}\n</pre>`;
}
