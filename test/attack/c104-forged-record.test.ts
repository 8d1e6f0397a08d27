import { sign } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { toBase64, utf8 } from '../../core/evidence/bytes.ts';
import { PAYLOAD_TYPE, preAuthEncoding } from '../../core/evidence/dsse.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import { fixedKey } from '../support/evidence-log.ts';
import { pathOf, textOf, verdictOn } from '../support/evidence-verdict.ts';
import { heldDeployment, jobOf } from '../support/held-deployment.ts';
import { recordsOf } from '../support/reviewing.ts';
import { openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** A workflow with `contents: write` puts JSON of its own on the evidence branch. */

let stage: Stage;

afterEach(async () => {
  await stage.close();
});

/** The log of one released deployment. */
async function releasedLog(): Promise<Map<string, Uint8Array>> {
  stage = await openStage();
  const { sha } = await heldDeployment(stage);
  await stage.press('dave', sha, PRODUCTION_CHECK, 'Approve');
  return evidenceFiles(stage.sandbox, stage.repo);
}

/** A record one past the end, made of the newest `reviewed` with another reviewer. */
function forgedFrom(files: ReadonlyMap<string, Uint8Array>): { readonly path: string; readonly bytes: Uint8Array } {
  const size = Number(textOf(files, 'checkpoint').split('\n')[1]);
  const from = pathOf(files, 'reviewed');
  const path = from.replace(/\d{9}-/, `${String(size).padStart(9, '0')}-`);
  return { path, bytes: utf8(textOf(files, from).replaceAll('"dave"', '"eve"')) };
}

/** Signature files that cover exactly the newest `reviewed`, with this signature in its place. */
async function resigned(signer: (message: Uint8Array) => Promise<Uint8Array> | Uint8Array) {
  const files = await releasedLog();
  const path = pathOf(files, 'reviewed');
  const index = Number(/(\d{9})-reviewed/.exec(path)?.[1]);
  const bytes = utf8(textOf(files, path).replaceAll('"dave"', '"eve"'));
  files.set(path, bytes);
  const signature = toBase64(await signer(preAuthEncoding(PAYLOAD_TYPE, bytes)));
  for (const [name, content] of files) {
    const [, first, last] = /^signatures\/.*\/(\d{9})-(\d{9})\.json$/.exec(name) ?? [];
    if (first === undefined || last === undefined || index < Number(first) || index > Number(last)) continue;
    const parsed: unknown = JSON.parse(Buffer.from(content).toString('utf8'));
    const old = Object.entries(parsed ?? {}).find(([key]) => key === 'signatures')?.[1][index - Number(first)];
    files.set(name, utf8(Buffer.from(content).toString('utf8').replace(String(old), signature)));
  }
  return { verdict: await verdictOn(stage, files), path };
}

describe('C104 forged record', () => {
  test('unsigned, past the end of the tree: refused by name', async () => {
    const files = await releasedLog();
    const { path, bytes } = forgedFrom(files);
    files.set(path, bytes);
    expect(await verdictOn(stage, files)).toMatchObject({
      ok: false,
      problem: { code: 'record-beyond-checkpoint', path },
    });
  });

  test('signed by an unknown key: refused', async () => {
    const { privateKey } = fixedKey(66);
    const { verdict, path } = await resigned((message) => sign(null, message, privateKey));
    expect(verdict).toMatchObject({ ok: false, problem: { code: 'record-signature', path } });
  });

  test('signed by our own key of another purpose: refused', async () => {
    const { verdict, path } = await resigned((message) => stage.config.signingKeys.checkpoint.sign(message));
    expect(verdict).toMatchObject({ ok: false, problem: { code: 'record-signature', path } });
  });

  test('signed by the right key, but not what the tree has at that place: refused', async () => {
    const { verdict } = await resigned((message) => stage.config.signingKeys.record.sign(message));
    expect(verdict).toMatchObject({ ok: false, problem: { code: 'record-not-in-tree' } });
  });

  test('pushed to the branch, it releases nothing, is taken away again and told', async () => {
    stage = await openStage();
    const { runId } = await heldDeployment(stage);
    const path = `records/2026/11/21/${String(stage.records().length).padStart(9, '0')}-authorised.json`;
    const gate = { runId, attempt: 1, environment: 'production', opening: 1 };
    const forged = JSON.stringify({ predicate: { kind: 'authorised', gate } });
    const commit = { files: { [path]: forged }, message: 'Countersign: records' };
    await stage.sandbox.as('carol').commit(stage.repo, 'countersign-evidence', commit);
    await stage.settle();
    await stage.app().sweep();
    await stage.settle();
    expect(jobOf(stage, runId)?.status).toBe('waiting');
    expect(stage.sandbox.effectiveReleases).toHaveLength(0);
    expect(recordsOf(stage, 'authorised')).toEqual([]);
    expect(recordsOf(stage, 'repaired')).toHaveLength(1);
  });

  test('honest: the log as the App wrote it verifies with the pinned key', async () => {
    const files = await releasedLog();
    expect(await verdictOn(stage, files)).toMatchObject({ ok: true });
  });
});
