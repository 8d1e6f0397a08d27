import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ActionFailure } from '../../../action/failure.ts';
import { runArgv } from '../../../action/run.ts';
import { withoutActionSecrets } from '../../../action/show-plan.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, text: string): string {
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return `./${name}`;
}

const env = { PATH: '/usr/bin:/bin' };

describe('the approved words', () => {
  test('are handed to the program as they are, in the directory that was approved', async () => {
    const program = script('say', 'printf "%s|" "$PWD" "$@" > said');
    expect(await runArgv([program, '$HOME', 'a b', '*', ''], folder, env)).toBe(0);
    expect(readFileSync(join(folder, 'said'), 'utf8')).toBe(`${folder}|$HOME|a b|*||`);
  });

  test('end with the exit code of the program, or with the signal that ended it', async () => {
    expect(await runArgv([script('seven', 'exit 7')], folder, env)).toBe(7);
    expect(await runArgv([script('killed', 'kill -TERM $$')], folder, env)).toBe(143);
  });

  test('are told of a signal that this process gets', async () => {
    const program = script('wait', 'trap "exit 9" HUP\necho > ready\nwhile :; do sleep 0.02; done');
    const ended = runArgv([program], folder, env);
    await expect.poll(() => readFileSync(join(folder, 'ready'), { encoding: 'utf8', flag: 'a+' })).toBe('\n');
    process.emit('SIGHUP', 'SIGHUP');
    expect(await ended).toBe(9);
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });

  test.each([['nowhere-to-be-found'], ['./missing'], ['./folder']])('without a program %s say so', async (program) => {
    const running = runArgv([program], folder, env);
    await expect(running).rejects.toThrow(ActionFailure);
    await expect(running).rejects.toThrow(program);
  });
});

test('nothing that belongs to this step reaches the command', () => {
  const given = {
    PATH: '/bin',
    GITHUB_REPOSITORY: 'acme/shop',
    TF_VAR_a: '1',
    INPUT_TOKEN: 't',
    'INPUT_SIGNING-KEY': 'k',
    STATE_gate: '{}',
    ACTIONS_ID_TOKEN_REQUEST_URL: 'u',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't',
    ACTIONS_RUNTIME_TOKEN: 't',
    GITHUB_STATE: '/s',
    GITHUB_OUTPUT: '/o',
  };
  expect(withoutActionSecrets(given)).toEqual({ PATH: '/bin', GITHUB_REPOSITORY: 'acme/shop', TF_VAR_a: '1' });
});
