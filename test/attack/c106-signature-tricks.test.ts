import { afterEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../core/evidence/bytes.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import { pathOf, textOf, verdictOn } from '../support/evidence-verdict.ts';
import { approve, field } from '../support/reviewing.ts';
import { AGENT, agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** Bytes that read the same and are not, and signatures in places that they were not made for. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

async function log(): Promise<Map<string, Uint8Array>> {
  stage = await openStage();
  await approve(stage, 'bob', await agentPullRequest(stage));
  return evidenceFiles(stage.sandbox, stage.repo);
}

/** The log of a second repository of the same installation, signed by the same keys. */
async function otherLog(): Promise<Map<string, Uint8Array>> {
  const { sandbox } = stage;
  const other = 'acme/other';
  sandbox.repo(other, { by: 'alice' });
  sandbox.collaborator(other, 'bob', 'maintain');
  const installationId = Number(field(stage.records()[0]?.['repository'], 'installationId'));
  sandbox.selectRepository(installationId, other, true);
  await sandbox.as(AGENT).commit(other, 'copilot/y', { files: { 'infra/y.tf': 'y' }, message: 'y' });
  const pull = await sandbox.as(AGENT).openPullRequest(other, { head: 'copilot/y', title: 'y' });
  await stage.settle();
  await sandbox.as('bob').review(other, pull.number, { state: 'APPROVED' });
  await stage.settle();
  return evidenceFiles(sandbox, other);
}

/** The file with the signatures that cover the newest record of a kind, and where in it that one is. */
function signaturesOf(files: ReadonlyMap<string, Uint8Array>, kind: string) {
  const index = Number(/(\d{9})-/.exec(pathOf(files, kind))?.[1]);
  for (const path of files.keys()) {
    const [, first, last] = /^signatures\/.*\/(\d{9})-(\d{9})\.json$/.exec(path) ?? [];
    if (first === undefined || index < Number(first) || index > Number(last)) continue;
    const list = field(JSON.parse(textOf(files, path)), 'signatures');
    return { path, list: Array.isArray(list) ? list.map(String) : [], position: index - Number(first) };
  }
  throw new Error('no signature covers it');
}

describe('C106 signature format tricks', () => {
  test("a record and its good signature, copied from another repository's log, is refused as that", async () => {
    const files = await log();
    const other = await otherLog();
    const [path, from] = [pathOf(files, 'reviewed'), pathOf(other, 'reviewed')];
    const [into, out] = [signaturesOf(files, 'reviewed'), signaturesOf(other, 'reviewed')];
    files.set(path, utf8(textOf(other, from)));
    const signatures = textOf(files, into.path).replace(into.list[into.position] ?? '', out.list[out.position] ?? '');
    files.set(into.path, utf8(signatures));
    expect(await verdictOn(stage, files)).toMatchObject({
      ok: false,
      problem: { code: 'record-of-another-repository', path },
    });
  });

  test('two signatures of one file that change places are both wrong', async () => {
    const files = await log();
    const { path, list } = signaturesOf(files, 'released');
    const [first = '', second = ''] = list;
    expect(second).not.toBe('');
    const swapped = textOf(files, path).replace(first, '(first)').replace(second, first).replace('(first)', second);
    files.set(path, utf8(swapped));
    expect(await verdictOn(stage, files)).toMatchObject({ ok: false, problem: { code: 'signature-wrong', path } });
  });

  test.each([
    ['a key that stands twice', (text: string) => text.replace('"kind"', '"kind": "released",\n    "kind"')],
    ['a byte after the end', (text: string) => `${text} `],
    ['another spelling of a number', (text: string) => text.replace(/"number": (\d+)/, '"number": $1.0')],
    ['an escape for a letter', (text: string) => text.replace('"check"', '"chec\\u006b"')],
    ['other line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
  ])('a record with %s says the same and is refused', async (_, change) => {
    const files = await log();
    const path = pathOf(files, 'released');
    const changed = change(textOf(files, path));
    expect(changed).not.toBe(textOf(files, path));
    files.set(path, utf8(changed));
    expect(await verdictOn(stage, files)).toMatchObject({ ok: false, problem: { code: 'record-malformed', path } });
  });

  test('a checkpoint with a second signature line, or under another name, is refused', async () => {
    const files = await log();
    const text = textOf(files, 'checkpoint');
    const line = text.split('\n').find((each) => each.startsWith('\u2014')) ?? '';
    for (const changed of [`${text}${line}\n`, text.replaceAll('/1\n', '/2\n')]) {
      expect(changed).not.toBe(text);
      expect((await verdictOn(stage, new Map([...files, ['checkpoint', utf8(changed)]]))).ok).toBe(false);
    }
  });

  test('honest: both logs verify, each under its own name', async () => {
    const files = await log();
    expect(await verdictOn(stage, files)).toMatchObject({ ok: true });
    expect(await verdictOn(stage, await otherLog())).toMatchObject({ ok: true });
  });
});
