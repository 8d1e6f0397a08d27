import { afterEach, describe, expect, test } from 'vitest';
import { parseEvidencePath } from '../../core/evidence/layout.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import { askedBy, jobOf } from '../support/held-deployment.ts';
import { AGENT, oneSeatPolicy, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Names that are paths somewhere: in the log, in a URL, on disk. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

const NAMES = [
  '../../.github/workflows/x',
  '..%2f..%2fcheckpoint',
  '/etc/passwd',
  'a/../../actions/runs?status=waiting#x',
  String.raw`..\..\checkpoint`,
  'a:b*c?"<>|',
  'e'.repeat(255),
] as const;

/** Every one of them is gated and has a base, so that one seat suffices. */
async function openWith(names: readonly string[]): Promise<string> {
  stage = await openStage({
    policy: (sha) =>
      `${oneSeatPolicy(sha).split('baselines')[0]}baselines: { ${names.map((name) => `${JSON.stringify(name.toLowerCase())}: ${sha}`).join(', ')} }\n`,
  });
  for (const name of names) stage.sandbox.environment(stage.repo, name, { customRule: 'countersign' });
  const commit = { files: { 'infra/main.tf': 'x' }, message: askedBy(stage, 'carol') };
  return (await stage.sandbox.as(AGENT).commit(stage.repo, 'main', commit)).sha;
}

const deployTo = (environment: string) => stage.deploy('carol', { jobs: [{ name: 'deploy', environment }] });
const mainTree = (): readonly string[] =>
  ['README.md', 'infra/main.tf', '.github/countersign.yml', 'checkpoint', 'x'].filter(
    (path) => stage.sandbox.file(stage.repo, 'main', path) !== undefined,
  );

describe('C108 path traversal and size', () => {
  test('environments named like paths are held and released like others, and write only where records belong', async () => {
    const sha = await openWith(NAMES);
    const before = mainTree();
    for (const name of NAMES) {
      const run = await deployTo(name);
      expect(jobOf(stage, run)?.status, name).toBe('waiting');
      await stage.press('dave', sha, `countersign deploy: ${name.toLowerCase()}`, 'Approve');
      expect(stage.sandbox.runState(run).conclusion, name).toBe('success');
    }
    const paths = [...evidenceFiles(stage.sandbox, stage.repo).keys()];
    expect(paths.filter((path) => parseEvidencePath(path).kind === 'unknown')).toEqual([]);
    expect(paths.join('\n')).not.toMatch(/workflows|passwd|\.\.|%/);
    expect(mainTree()).toEqual(before);
    const asked = stage.sandbox.requests.map(({ route }) => route);
    expect(asked.filter((route) => route === 'unknown')).toEqual([]);
  }, 60_000);

  test('a name with NUL or longer than any real one is not released, and holds up nobody else', async () => {
    const sha = await openWith(['production']);
    const odd: number[] = [];
    for (const name of ['pro\u0000duction', 'x'.repeat(300)]) {
      stage.sandbox.environment(stage.repo, name, { customRule: 'countersign' });
      odd.push(await deployTo(name));
    }
    const honest = await deployTo('production');
    await stage.press('dave', sha, 'countersign deploy: production', 'Approve');
    expect(stage.sandbox.runState(honest).conclusion).toBe('success');
    for (const run of odd) expect(stage.sandbox.runState(run).status).toBe('waiting');
    expect(stage.sandbox.effectiveReleases).toHaveLength(1);
  });
});
