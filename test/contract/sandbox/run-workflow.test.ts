import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { ActionDefinition } from '../../support/runner/action-definition.ts';
import { fill, holds, type Scope } from '../../support/runner/expression.ts';
import { startWorkflow, type WorkflowOptions, type WorkflowResult } from '../../support/runner/run-workflow.ts';
import { readWorkflow } from '../../support/runner/workflow-file.ts';
import { openShop, type Shop } from './sandbox-client.ts';

const DEPLOY = `
name: Deploy
on: { workflow_dispatch: { inputs: { who: { default: nobody } } } }
permissions: {}
env: { WHERE: 'the \${{ vars.place }}' }
jobs:
  plan:
    runs-on: ubuntu-latest
    permissions: { contents: read }
    outputs: { digest: '\${{ steps.digest.outputs.value }}', leak: '\${{ steps.digest.outputs.leak }}' }
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd
      - uses: hashicorp/setup-terraform@v4
      - run: |
          cat infra/main.tf > plan.bin
          echo "MORE=of \${{ inputs.who }}" >> "$GITHUB_ENV"
      - id: digest
        run: |
          printf 'value=%s\\nleak=%s\\n' "$WHERE $MORE $(cat ../plan.bin) $(git rev-parse HEAD)" "$SECRET" >> "$GITHUB_OUTPUT"
        working-directory: infra
        env: { SECRET: '\${{ secrets.API }}' }
      - uses: actions/upload-artifact@v6
        with: { name: plan, path: plan.bin }
  decide:
    needs: plan
    permissions: { contents: write }
    uses: ./.github/workflows/decide.yml
    secrets: inherit
    with: { digest: '\${{ needs.plan.outputs.digest }}' }
  apply:
    needs: [plan, decide]
    runs-on: ubuntu-latest
    environment: production
    permissions: { id-token: write }
    steps:
      - uses: actions/download-artifact@v7
        with: { name: plan, path: here }
      - uses: countersign/countersign@v1
        id: gate
        with: { environment: '\${{ needs.decide.outputs.answer }}' }
      - run: test "$(cat here/plan.bin)" = one && exit \${{ vars.fail }}
      - if: failure()
        run: echo failed
      - run: echo not reached
  close:
    if: always()
    needs: [apply]
    runs-on: ubuntu-latest
    steps:
      - run: test '\${{ needs.apply.result }}' = failure
  never:
    needs: [apply]
    runs-on: ubuntu-latest
    steps: [{ run: 'exit 1' }]
`;

const DECIDE = `
on:
  workflow_call:
    inputs: { digest: { type: string, required: true } }
    outputs: { answer: { value: '\${{ jobs.sign.outputs.answer }}' } }
permissions: { contents: write }
jobs:
  sign:
    runs-on: ubuntu-latest
    environment: signing
    outputs: { answer: 'signed \${{ steps.it.outputs.digest }}' }
    steps:
      - id: it
        run: test "$KEY" = key && echo "digest=\${{ inputs.digest }}" >> "$GITHUB_OUTPUT"
        env: { KEY: '\${{ secrets.KEY }}' }
`;

const ACTION = `
import { appendFileSync } from 'node:fs';
const { env } = process;
if (env.STATE_isPost) console.log('ended ' + env['INPUT_JOB-STATUS']);
else {
  appendFileSync(env.GITHUB_STATE, 'isPost=true\\n');
  console.log([env.INPUT_ENVIRONMENT, env.GITHUB_JOB, env.GITHUB_ACTION_REF, !!env.ACTIONS_ID_TOKEN_REQUEST_URL].join('|'));
}
`;

let shop: Shop;
let folder = '';
let action: ActionDefinition;

beforeAll(async () => {
  shop = await openShop();
  folder = mkdtempSync(join(tmpdir(), 'workflow-'));
  const main = join(folder, 'entry.mjs');
  writeFileSync(main, ACTION);
  action = { main, post: main, inputs: { 'job-status': '${{ job.status }}' } };
  shop.sandbox.environment('acme/shop', 'production', { reviewers: ['bob'] });
  await shop.sandbox.as('ann').commit('acme/shop', 'main', {
    files: { '.github/workflows/deploy.yml': DEPLOY, '.github/workflows/decide.yml': DECIDE },
    message: 'workflows',
  });
});

afterAll(async () => {
  await shop.sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

function options(more: Partial<WorkflowOptions> = {}): WorkflowOptions {
  return {
    sandbox: shop.sandbox,
    repo: 'acme/shop',
    path: '.github/workflows/deploy.yml',
    by: 'ann',
    inputs: { who: 'ann' },
    vars: { place: 'cloud', fail: '7' },
    secrets: { API: 'api-secret' },
    environmentSecrets: { signing: { KEY: 'key' } },
    action,
    ...more,
  };
}

const results = ({ jobs }: WorkflowResult): Record<string, string> =>
  Object.fromEntries(Object.values(jobs).map(({ name, result }) => [name, result]));

test('a workflow runs from its plan through a called workflow and a gate to its closing job, and again where it failed', async () => {
  const { sandbox } = shop;
  const run = await startWorkflow(options());
  const waits = () => sandbox.runState(run.runId).jobs.some((job) => job.name === 'apply' && job.status === 'waiting');
  const approve = () =>
    sandbox.as('bob').reviewDeployment(run.runId, { environments: ['production'], state: 'approved' });
  try {
    await sandbox.until(waits, 20_000);
    await approve();
    const first = await run.finish();
    expect([first.conclusion, results(first)]).toEqual([
      'failure',
      { plan: 'success', 'decide / sign': 'success', apply: 'failure', close: 'success', never: 'skipped' },
    ]);
    const head = sandbox.branchHead('acme/shop', 'main') ?? '';
    expect(first.jobs['plan']?.outputs).toEqual({ digest: `the cloud of ann one ${head}` });
    const steps = first.jobs['apply']?.steps ?? [];
    expect(steps.map(({ outcome }) => outcome)).toEqual(['success', 'success', 'failure', 'success', 'skipped']);
    expect(steps[1]?.run?.stdout).toBe(`signed the cloud of ann one ${head}|apply|v1|true\n`);
    expect(steps[1]?.post?.stdout).toBe('ended failure\n');

    await run.rerun('ann', { failedOnly: true });
    await sandbox.until(waits);
    await sandbox.as('bob').reviewDeployment(run.runId, { environments: ['production'], state: 'rejected' });
    const second = await run.finish();
    expect([second.attempt, results(second)]).toEqual([2, results(first)]);
    expect(second.jobs['apply']?.steps).toEqual([]);
    expect(second.jobs['plan']).toBe(first.jobs['plan']);
  } finally {
    run.close();
  }
});

test('a cancelled job still runs its last steps', async () => {
  const text = `
on: push
jobs:
  long:
    runs-on: ubuntu-latest
    steps:
      - uses: ./
      - run: |
          mkfifo wait; exec 3<>"/dev/tcp/127.0.0.1/\${GITHUB_SERVER_URL##*:}" 4<>wait
          printf 'GET /api/v3/meta HTTP/1.0\\r\\n\\r\\n' >&3
          read -r -u 4 _
      - run: echo no
      - if: always()
        run: echo '\${{ job.status }}'
`;
  const run = await startWorkflow(options({ text, path: '.github/workflows/long.yml' }));
  try {
    await shop.sandbox.until(({ requests }) => requests.some(({ path }) => path === '/meta'));
    await shop.sandbox.as('ann').cancel(run.runId);
    const { jobs, conclusion } = await run.finish();
    expect([conclusion, jobs['long']?.result]).toEqual(['cancelled', 'cancelled']);
    expect(jobs['long']?.steps.at(-1)?.run?.stdout).toBe('cancelled\n');
    expect(jobs['long']?.steps[0]?.post?.stdout).toBe('ended cancelled\n');
  } finally {
    run.close();
  }
});

describe('what GitHub would not start is not started', () => {
  test.each([
    ['an unknown key', 'on: push\njobs: { a: { runs-on: x, steps: [{ runs: y }] } }'],
    [
      'a context that is not there',
      'on: push\njobs: { a: { runs-on: x, if: "matrix.x == \'1\'", steps: [{ run: y }] } }',
    ],
  ])('%s', async (_what, text) => {
    await expect(readWorkflow('x.yml', text)).rejects.toThrow(TypeError);
  });

  test('a called workflow that asks for more than its caller has', async () => {
    const text =
      'on: push\npermissions: {}\njobs: { decide: { uses: ./.github/workflows/decide.yml, with: { digest: x } } }';
    await expect(startWorkflow(options({ text }))).rejects.toThrow(
      'requests contents: write, but is only allowed none',
    );
  });
});

describe('expressions', () => {
  const scope = (status: Scope['status']): Scope => ({ contexts: { needs: { a: { outputs: { x: '{}}' } } } }, status });
  test.each([
    ['${{ needs.a.outputs.x }}!', '{}}!'],
    ["${{ format('}}{0}', 1) }}", '}1'],
    ['${{ needs.b.outputs.x || false }}', 'false'],
  ])('%s', (text, wanted) => {
    expect(fill(text, scope('success'))).toBe(wanted);
  });

  test.each([
    [undefined, 'success', true],
    [undefined, 'failure', false],
    ['1 == 1', 'failure', false],
    ['${{ always() && true }}', 'cancelled', true],
    ["'always()' == 'x' || true", 'failure', false],
    ['failure()', 'failure', true],
    ['!cancelled()', 'skipped', true],
  ] as const)('if: %s after %s', (condition, status, wanted) => {
    expect(holds(condition, scope(status))).toBe(wanted);
  });
});
