import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ATTEST_PERMISSIONS, INPUTS, MODES, PERMISSIONS } from '../../../action/io.ts';
import type { Mode } from '../../../action/io.ts';
import { examples } from './example-files.ts';
import type { ExampleJob, ExampleStep } from './example-files.ts';
import { actionIssues, workflowIssues } from './github-parser.ts';

const root = new URL('../../../', import.meta.url);
const reusablePath = '.github/workflows/countersign.yml';
const reusable = readFileSync(new URL(reusablePath, root), 'utf8');

const called = { name: reusablePath, content: reusable };
const OURS = 'countersign/countersign';
const PINNED = /^([\w-]+\/[\w-]+)(?:\/[\w./-]+)?@[0-9a-f]{40}$/;

/** What jobs may have beside what our modes need, and why they do. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  'scheduled-verify.yml': ['actions'], // finds the run that kept the last checkpoint
};

const named = examples.map((example) => [example.name, example] as const);
const steps = examples.flatMap(({ name, jobs }) =>
  jobs.flatMap(([id, job]) =>
    job.steps.map((step) => [`${name}, ${id}, ${step.name ?? step.uses ?? step.run}`, step] as const),
  ),
);
const ours = steps.filter(([, { uses }]) => uses?.startsWith(`${OURS}@`));

describe('action.yml', () => {
  test('is one to GitHub’s own parser', () => {
    const content = readFileSync(new URL('action.yml', root), 'utf8');
    expect(actionIssues({ name: 'action.yml', content })).toEqual([]);
    expect(actionIssues({ name: 'action.yml', content: content.replace('node24', 'node4') })).not.toEqual([]);
  });
});

describe('the reusable workflow', () => {
  test('is one to GitHub’s own parser, and asks for nothing that not every caller has to grant', async () => {
    expect(await workflowIssues({ name: reusablePath, content: reusable }, null)).toEqual([]);
    const { jobs, permissions } = z
      .looseObject({
        permissions: z.unknown().optional(),
        jobs: z.record(z.string(), z.looseObject({ permissions: z.record(z.string(), z.string()).optional() })),
      })
      .parse(parse(reusable));
    expect(permissions).toBeUndefined();
    // GitHub refuses the run of a caller who grants less than any job of it names, and only some attest.
    expect(Object.entries(jobs).map(([mode, job]) => [mode, job.permissions])).toEqual([
      ['decide', undefined],
      ['close', permissionsOf('close', true)],
    ]);
    expect(permissionsOf('decide', true)).toMatchObject(permissionsOf('close', true));
  });

  test('hands on only inputs that there are', () => {
    const given = [...reusable.matchAll(/^ {10}([a-z-]+): \$\{\{ (?:inputs|secrets)\./gm)].map(([, name = '']) => name);
    expect(given.length).toBeGreaterThan(5);
    for (const name of given)
      expect(readBy(name).filter((mode) => mode === 'decide' || mode === 'close')).not.toEqual([]);
  });
});

describe('the example workflows', () => {
  test('are all there, and are linked from docs/action.md', () => {
    const page = readFileSync(new URL('docs/action.md', root), 'utf8');
    expect(examples.map(({ name }) => name)).toEqual([
      'agent-pull-request.yml',
      'data-export.yml',
      'database-migration.yml',
      'kubernetes.yml',
      'privileged-command.yml',
      'scheduled-verify.yml',
      'standalone.yml',
      'terraform.yml',
    ]);
    for (const { name } of examples) expect(page).toContain(`(workflows/${name})`);
    expect(new Set(ours.map(([, step]) => modeOf(step)))).toEqual(new Set(['gate', 'run', 'propose', 'verify']));
  });

  test.each(named)('%s is one to GitHub’s own parser', async (name, { text }) => {
    expect(await workflowIssues({ name, content: text }, called)).toEqual([]);
    expect(await workflowIssues({ name, content: text.replace('runs-on:', 'runs-of:') }, called)).not.toEqual([]);
  });

  test('standalone.yml has the lines for keyless signing as comments, and is a workflow with them too', async () => {
    const text = examples.find(({ name }) => name === 'standalone.yml')?.text ?? '';
    const keyless = [...text.matchAll(/^ +# (\S.*?): (\S.*?) # keyless/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]);
    const expected = {
      ...ATTEST_PERMISSIONS,
      attest: 'github',
      attestation: '${{ needs.decide.outputs.attestation }}',
    };
    expect(Object.fromEntries(keyless)).toEqual(expected);
    const content = text.replaceAll(/^( +)# (\S.*) # keyless.*$/gm, '$1$2');
    expect(await workflowIssues({ name: 'keyless.yml', content }, called)).toEqual([]);
    for (const [name, level] of Object.entries(ATTEST_PERMISSIONS)) {
      expect(readFileSync(new URL('docs/action.md', root), 'utf8')).toContain(`\`${name}: ${level}\``);
    }
  });

  test.each(named)('%s gives nothing by default, and each job just what it needs', (name, { permissions, jobs }) => {
    expect(permissions).toEqual({});
    for (const [id, job] of jobs) {
      const given = job.permissions ?? {};
      const needed = neededBy(job, isAlone(jobs));
      const beside = BESIDE[name] ?? [];
      expect({ id, given: Object.fromEntries(Object.entries(given).filter(([key]) => !beside.includes(key))) }).toEqual(
        {
          id,
          given: needed,
        },
      );
      expect(beside.filter((key) => given[key] === 'write')).toEqual([]);
    }
  });

  test.each(named)('%s lets no job with an environment begin anything before the gate', (_, { jobs }) => {
    for (const [id, { environment, steps: own }] of jobs) {
      if (environment === undefined) continue;
      const gate = own.findIndex(
        (step) => step.uses?.startsWith(`${OURS}@`) === true && /^(gate|run)$/.test(modeOf(step)),
      );
      expect({ id, environment: own[gate]?.with['environment'] }).toEqual({ id, environment });
      const before = own
        .slice(0, gate)
        .filter(({ uses = '' }) => !/^actions\/(checkout|download-artifact)@/.test(uses));
      expect(before.filter(({ run = '' }) => !run.startsWith('umask 077\n'))).toEqual([]);
    }
  });

  const used = [
    ...steps.flatMap(([name, { uses }]) => (uses === undefined ? [] : [[name, uses] as const])),
    ...named.flatMap(([name, { jobs }]) =>
      jobs.flatMap(([id, { uses }]) => (uses === undefined ? [] : [[`${name}, ${id}`, uses] as const])),
    ),
  ];
  test.each(used)('%s: what it uses is pinned', (_, uses) => {
    expect(uses).toMatch(PINNED);
    const lines = examples.flatMap(({ text }) => text.split('\n')).filter((line) => line.includes(uses));
    for (const line of lines)
      expect(line).toMatch(/ # (v\d+\.\d+\.\d+|the full SHA of the release that you reviewed)$/);
  });

  test.each(ours)('%s: has only inputs that its mode reads', (_, step) => {
    const mode = MODES.find((known) => known === modeOf(step));
    expect(mode).toBeDefined();
    for (const name of Object.keys(step.with)) expect(readBy(name)).toContain(mode);
  });

  test.each(steps.filter(([, { run }]) => run !== undefined))(
    '%s: no expression reaches a shell',
    (_, { run = '' }) => {
      expect(run).not.toContain('${{');
    },
  );

  test.each(steps.filter(([, { uses }]) => uses?.startsWith('actions/checkout@')))(
    '%s: leaves no token behind',
    (_, step) => {
      expect(step.with['persist-credentials']).toBe('false');
    },
  );
});

function modeOf({ with: inputs }: ExampleStep): string {
  return inputs['mode'] ?? INPUTS.mode.default;
}

/** Modes that read an input; none where there is no such input. */
function readBy(name: string): readonly Mode[] {
  const spec = Object.entries(INPUTS).find(([known]) => known === name)?.[1];
  if (spec === undefined) return [];
  return 'modes' in spec ? spec.modes : MODES;
}

/** Only those who work without the App call the reusable workflow. */
function isAlone(jobs: readonly (readonly [string, ExampleJob])[]): boolean {
  return jobs.some(([, { uses }]) => uses !== undefined);
}

/** A job without our Action reads its checkout and no more. */
function neededBy(job: ExampleJob, alone: boolean): Readonly<Record<string, string>> {
  if (job.uses !== undefined) return permissionsOf(job.with['mode'] ?? 'decide', true);
  const modes = job.steps.filter(({ uses }) => uses?.startsWith(`${OURS}@`)).map(modeOf);
  return Object.assign({ contents: 'read' }, ...modes.map((mode) => permissionsOf(mode, alone)));
}

function permissionsOf(name: string, alone: boolean): Readonly<Record<string, string>> {
  const mode = MODES.find((known) => known === name);
  const access = mode === undefined ? 'never' : PERMISSIONS[mode][alone ? 'alone' : 'withApp'];
  if (access === 'never') throw new TypeError(`no job of this kind can have mode ${name}`);
  return access;
}
