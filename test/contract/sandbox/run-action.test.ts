import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readDefinition } from '../../support/runner/action-definition.ts';
import { parseCommandFile } from '../../support/runner/command-files.ts';
import { runAction, type ActionOptions } from '../../support/runner/run-action.ts';
import { WorkflowLog } from '../../support/runner/workflow-log.ts';
import { openShop, textAt, type Shop } from './sandbox-client.ts';

/** Says what it sees, and uses everything that a step can use. */
const PROBE = `
import { appendFileSync, readFileSync } from 'node:fs';
const { env } = process;
const write = (name, text) => appendFileSync(env[name], text + '\\n');
if (env.STATE_isPost === 'true') {
  console.log('post of ' + env.STATE_note + ', job ' + env['INPUT_JOB-STATUS']);
} else {
  console.log('before secret-1');
  console.log('::add-mask::secret-1');
  console.log('after secret-1 and ' + env.INPUT_TOKEN);
  console.log('::error file=main.tf,line=3,title=No%2C not so::one%0Atwo: 100%25');
  write('GITHUB_STATE', 'isPost=true');
  write('GITHUB_STATE', 'note<<EOF\\na\\nb\\nEOF');
  write('GITHUB_OUTPUT', 'seen=' + JSON.stringify(env));
  write('GITHUB_STEP_SUMMARY', '# secret-1');
  write('GITHUB_OUTPUT', 'event=' + readFileSync(env.GITHUB_EVENT_PATH, 'utf8'));
  if (env['ACTIONS_ID_TOKEN_REQUEST_URL']) {
    const headers = { authorization: 'Bearer ' + env.ACTIONS_ID_TOKEN_REQUEST_TOKEN };
    const reply = await fetch(env.ACTIONS_ID_TOKEN_REQUEST_URL + '&audience=me', { headers });
    write('GITHUB_OUTPUT', 'jwt=' + (await reply.json()).value);
  }
  const read = await fetch(env.GITHUB_API_URL + '/repos/' + env.GITHUB_REPOSITORY + '/contents/README.md', {
    headers: { authorization: 'Bearer ' + env.INPUT_TOKEN },
  });
  write('GITHUB_OUTPUT', 'read=' + read.status);
  write('GITHUB_STEP_SUMMARY', 'x'.repeat(Number(env.INPUT_SUMMARY_SIZE)));
  process.exitCode = Number(env.INPUT_EXIT);
}
`;

const ACTION = `
inputs:
  token: { description: t, default: '\${{ github.token }}' }
  job-status: { default: '\${{ job.status }}' }
  Summary Size: { default: 0 }
  exit: { default: 0 }
  empty: { description: nothing }
runs: { using: node24, main: probe.mjs, post: probe.mjs }
`;

let shop: Shop;
let folder = '';
let base: ActionOptions;

beforeAll(async () => {
  shop = await openShop();
  folder = mkdtempSync(join(tmpdir(), 'probe-'));
  writeFileSync(join(folder, 'action.yml'), ACTION);
  writeFileSync(join(folder, 'probe.mjs'), PROBE);
  const jobs = [{ name: 'apply', manual: true }];
  const { id } = await shop.sandbox.as('ann').dispatch('acme/shop', { name: 'deploy', jobs });
  base = {
    sandbox: shop.sandbox,
    repo: 'acme/shop',
    runId: id,
    job: 'apply',
    inputs: {},
    workspace: join(folder, 'work'),
    permissions: { contents: 'read' },
    definition: readDefinition(folder),
  };
});

afterAll(async () => {
  await shop.sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('an action runs as on a runner', () => {
  test('it sees the run, its inputs and defaults, and nothing of the environment around it', async () => {
    const ran = await runAction({ ...base, inputs: { 'summary size': '3', exit: '7' } });
    expect(ran.exitCode).toBe(7);
    const seen: unknown = JSON.parse(ran.outputs['seen'] ?? '');
    expect(seen).toMatchObject({
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_SHA: shop.sandbox.branchHead('acme/shop', 'main'),
      'INPUT_JOB-STATUS': 'success',
      INPUT_SUMMARY_SIZE: '3',
      INPUT_EMPTY: '',
    });
    expect(seen).not.toHaveProperty('VITEST');
    expect(seen).not.toHaveProperty('ACTIONS_ID_TOKEN_REQUEST_URL');
    expect(textAt(JSON.parse(ran.outputs['event'] ?? ''), 'repository', 'full_name')).toBe('acme/shop');
    expect(ran.outputs['read']).toBe('200');
  });

  test('masks hide from the moment they are asked for, the token always; annotations are decoded', async () => {
    const ran = await runAction({ ...base, permissions: {} });
    expect(ran.stdout).toContain('before secret-1\n::add-mask::***\nafter *** and ***\n');
    expect([ran.masks, ran.summary.trim()]).toEqual([['secret-1'], '# ***']);
    expect(ran.annotations).toEqual([
      { level: 'error', message: 'one\ntwo: 100%', title: 'No, not so', file: 'main.tf', line: '3' },
    ]);
    expect(ran.outputs['read']).toBe('403');
  });

  test('with id-token: write it gets an OIDC token; the post step gets the state and how the job ended', async () => {
    const ran = await runAction({ ...base, permissions: { 'id-token': 'write' } });
    expect(decodeJwt(ran.outputs['jwt'] ?? '')).toMatchObject({ aud: 'me', run_id: String(base.runId) });
    const post = await runAction({ ...base, post: ran, jobStatus: 'cancelled' });
    expect([post.stdout, ran.state]).toEqual(['post of a\nb, job cancelled\n', { isPost: 'true', note: 'a\nb' }]);
  });

  test('a summary above one MiB is not shown, and the step does not fail for it', async () => {
    const ran = await runAction({ ...base, inputs: { 'summary size': String(1024 * 1024) } });
    expect([ran.exitCode, ran.summary]).toEqual([0, '']);
    expect(ran.annotations.at(-1)?.message).toContain('upload aborted');
  });
});

describe('command files', () => {
  test.each([
    ['a=b=c', { a: 'b=c' }],
    ['a<<X\none\ntwo=2\nX\nb=', { a: 'one\ntwo=2', b: '' }],
    ['a=x<<y', { a: 'x<<y' }],
    ['a<<X\n\nX\na=2', { a: '2' }],
  ])('%j is read', (text, wanted) => {
    expect(Object.fromEntries(parseCommandFile(text))).toEqual(wanted);
  });

  test.each(['nothing', '=x', 'a<<', 'a<<X\none'])('%j is refused', (text) => {
    expect(() => parseCommandFile(text)).toThrow(/Invalid/);
  });
});

describe('the log', () => {
  test.each([
    ['  ::warning::w', [{ level: 'warning', message: 'w' }]],
    ['::notice title=a::b::c', [{ level: 'notice', message: 'b::c', title: 'a' }]],
    ['::error title=a%253A%3A::m', [{ level: 'error', message: 'm', title: 'a%3A:' }]],
    ['text ::error::no command', []],
    ['::error file=a:b,line=::x%250A', [{ level: 'error', message: 'x%0A', file: 'a:b', line: '' }]],
  ])('%j', (line, annotations) => {
    const log = new WorkflowLog(new Set());
    log.take(line);
    expect(log.annotations).toEqual(annotations);
  });

  test('between stop-commands and its token nothing is a command', () => {
    const log = new WorkflowLog(new Set());
    for (const line of ['::stop-commands::pause', '::error::a', '::pause::', '::error::b']) log.take(line);
    expect(log.annotations.map(({ message }) => message)).toEqual(['b']);
  });

  test('each line of a mask of several lines is hidden, longest first', () => {
    const log = new WorkflowLog(new Set());
    log.take('::add-mask::key%0Akey-2');
    expect(log.take('key-2 key')).toBe('*** ***');
  });
});
