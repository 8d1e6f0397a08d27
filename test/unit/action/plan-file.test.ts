import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ActionFailure } from '../../../action/failure.ts';
import { readPlanFile } from '../../../action/plan-file.ts';
import { findTools, showPlan } from '../../../action/show-plan.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PLAN = '{"format_version":"1.2","planned_values":{},"complete":true}';
const lines: string[] = [];

/** A folder of the PATH with these programs. */
function programs(name: string, scripts: Readonly<Record<string, string>>): string {
  const bin = join(folder, name);
  mkdirSync(bin, { recursive: true });
  for (const [program, script] of Object.entries(scripts)) {
    writeFileSync(join(bin, program), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, program), 0o755);
  }
  return bin;
}

function read(content: string, bin: string, env: Readonly<Record<string, string>> = {}, sha256?: string) {
  const path = join(folder, 'tfplan');
  writeFileSync(path, content);
  return readPlanFile({
    file: { kind: 'plan', name: 'infra/tfplan', path },
    sha256: sha256 ?? createHash('sha256').update(content).digest('hex'),
    directory: folder,
    env: { PATH: `relative::${bin}:/usr/bin:/bin`, RUNNER_TEMP: folder, ...env },
    print: (line) => lines.push(line),
  });
}

async function codeOf(reading: Promise<unknown>): Promise<string> {
  try {
    await reading;
    return 'read';
  } catch (error) {
    return error instanceof ActionFailure ? error.because.code : String(error);
  }
}

const ARCHIVE = 'PK\u0003\u0004rest';
const prints = `printf '%s' '${PLAN}'`;
const fails = "echo '╷' >&2; echo '│ Error: Failed to read plan file' >&2; exit 1";

describe('a plan file', () => {
  test('is shown by the program beside the wrapper of setup-terraform, not by the wrapper', async () => {
    const bin = programs('wrapped', { terraform: 'echo "[command]"', 'terraform-bin': prints });
    const { plan, form } = await read(ARCHIVE, bin);
    expect(form).toBe('plan-file');
    expect(plan.complete).toBe(true);
    const found = await findTools({ PATH: `relative:${bin}` });
    expect(found).toEqual([{ name: 'terraform', path: join(bin, 'terraform-bin') }]);
  });

  test('is shown by OpenTofu where that made it', async () => {
    const bin = programs('both', { terraform: fails, tofu: prints });
    expect((await read(ARCHIVE, bin)).plan.complete).toBe(true);
  });

  test('is shown as a copy, in an environment without what belongs to this step or changes what is printed', async () => {
    const bin = programs('look', { terraform: `env > '${folder}/env'; echo "$*" > '${folder}/args'; ${prints}` });
    await read(ARCHIVE, bin, { INPUT_TOKEN: 't', TF_CLI_ARGS_show: '-help', TF_LOG: 'trace', TF_WORKSPACE: 'staging' });
    const env = readFileSync(join(folder, 'env'), 'utf8');
    expect(env).not.toMatch(/^(?:INPUT_|TF_CLI_ARGS|TF_LOG)/m);
    expect(env).toMatch(/^TF_WORKSPACE=staging$/m);
    expect(readFileSync(join(folder, 'args'), 'utf8')).toMatch(
      /^show -json -no-color \S+\/countersign-plan-\w+\/plan\n$/,
    );
  });

  test('is refused where nothing can show it, where showing fails and where it prints something else', async () => {
    expect(await codeOf(read(ARCHIVE, programs('none', {})))).toBe('plan-tool-missing');
    lines.length = 0;
    const failing = read(ARCHIVE, programs('failing', { terraform: fails }));
    expect(await codeOf(failing)).toBe('plan-show-failed');
    await expect(failing).rejects.toThrow('Failed to read plan file');
    expect(lines).toEqual(['Error: Failed to read plan file']);
    expect(await codeOf(read(ARCHIVE, programs('noisy', { terraform: 'echo hello' })))).toBe('plan-malformed');
    const cut = programs('cut', { terraform: `${prints} | head -c 20` });
    expect(await codeOf(read(ARCHIVE, cut))).toBe('plan-truncated');
  });

  test('is stopped when it takes too long or prints too much', async () => {
    const bin = programs('hanging', { terraform: 'exec sleep 60', tofu: 'exec yes' });
    const options = { directory: folder, env: {}, print: () => {}, mostBytes: 1_000, timeoutSeconds: 0.1 };
    const slow = await showPlan({ name: 'terraform', path: join(bin, 'terraform') }, 'plan', options);
    expect(slow.kind).toBe('too-slow');
    const long = await showPlan({ name: 'tofu', path: join(bin, 'tofu') }, 'plan', { ...options, timeoutSeconds: 20 });
    expect(long.kind).toBe('too-large');
  });
});

describe('what is read is what is bound', () => {
  test('of a plan file and of JSON', async () => {
    const bin = programs('plain', { terraform: prints });
    expect((await read(PLAN, bin)).form).toBe('json');
    expect(await codeOf(read(PLAN, bin, {}, '0'.repeat(64)))).toBe('subject-changed');
    expect(await codeOf(read(ARCHIVE, bin, {}, '0'.repeat(64)))).toBe('subject-changed');
  });
});
