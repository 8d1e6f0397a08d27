import { afterEach, describe, expect, test } from 'vitest';
import type { VerifyResult } from '../../core/evidence/verify/verify-log.ts';
import { evidenceFiles } from '../support/evidence-files.ts';
import { commitFiles, evidenceBranch, git } from '../support/evidence-repository.ts';
import { pathOf, textOf, verdictOn } from '../support/evidence-verdict.ts';
import { approve, recordsOf } from '../support/reviewing.ts';
import { agentPullRequest, openStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** An administrator with `contents: write` rewrites, rolls back or deletes the evidence branch. */

let stage: Stage;

afterEach(async () => {
  // Verifies what is on the branch in the end: whatever was done to it is mended by then, and told.
  await stage.close();
});

/** A pull request that bob has countersigned; answers the head of the log before and after his review. */
async function countersigned() {
  stage = await openStage();
  const pull = await agentPullRequest(stage);
  const before = head();
  await approve(stage, 'bob', pull);
  return { pull, before, after: head() };
}

const head = (): string => stage.sandbox.branchHead(stage.repo, evidenceBranch) ?? '';
const admin = () => stage.sandbox.as('alice');
const kinds = (): readonly string[] => stage.records().map(({ kind }) => kind);

const verify = (ref: string, since?: Uint8Array): Promise<VerifyResult> =>
  verdictOn(stage, evidenceFiles(stage.sandbox, stage.repo, ref), { since });

/** The branch with one record's reviewer exchanged, as one commit without a past; answers it. */
function rewritten(): { readonly commit: string; readonly path: string } {
  const files = evidenceFiles(stage.sandbox, stage.repo);
  const path = pathOf(files, 'reviewed');
  files.set(path, Buffer.from(textOf(files, path).replaceAll('"bob"', '"eve"')));
  const dir = stage.sandbox.gitDir(stage.repo);
  const truth = head();
  git(dir, ['update-ref', '-d', `refs/heads/${evidenceBranch}`]);
  const commit = commitFiles(dir, files);
  git(dir, ['update-ref', `refs/heads/${evidenceBranch}`, truth]);
  return { commit, path };
}

describe('C101 rewrite of the log', () => {
  test('a changed record makes verification fail and name it', async () => {
    await countersigned();
    const { commit, path } = rewritten();
    expect(await verify(commit)).toMatchObject({ ok: false, problem: { code: 'record-signature', path } });
    expect(await verify(head())).toMatchObject({ ok: true });
  });

  test('a rewritten branch is noticed: a new log begins, names the old one, and has every record', async () => {
    const { after } = await countersigned();
    const before = kinds();
    await admin().forcePush(stage.repo, evidenceBranch, rewritten().commit);
    await stage.settle();
    expect(head()).not.toBe(after);
    expect(stage.records()[0]?.['log']).toMatchObject({ generation: 2, previous: { size: before.length } });
    expect(kinds().slice(1, before.length)).toEqual(before.slice(1));
    expect(kinds().slice(before.length)).toEqual(['drift']);
  });

  test('a rollback is verifiable in itself; who kept a checkpoint sees it, and the App puts the commits back', async () => {
    const { before, after } = await countersigned();
    const kept = evidenceFiles(stage.sandbox, stage.repo).get('checkpoint');
    expect(await verify(before)).toMatchObject({ ok: true });
    expect(await verify(before, kept)).toMatchObject({ ok: false, problem: { code: 'since-is-newer' } });
    await admin().forcePush(stage.repo, evidenceBranch, before);
    await stage.settle();
    expect(git(stage.sandbox.gitDir(stage.repo), ['merge-base', after, head()])).toBe(after);
    expect(recordsOf(stage, 'repaired')).toHaveLength(1);
    expect(await verify(head(), kept)).toMatchObject({ ok: true });
  });

  test('a deleted branch is made again from what was there', async () => {
    const { after } = await countersigned();
    await admin().deleteBranch(stage.repo, evidenceBranch);
    await stage.settle();
    expect(git(stage.sandbox.gitDir(stage.repo), ['merge-base', after, head()])).toBe(after);
    expect(recordsOf(stage, 'repaired')).toHaveLength(1);
  });

  test('honest: without any of it the log only grows', async () => {
    const { before, after } = await countersigned();
    expect(git(stage.sandbox.gitDir(stage.repo), ['merge-base', before, after])).toBe(before);
    expect(kinds()).not.toContain('repaired');
    expect(await verify(after)).toMatchObject({ ok: true });
  });
});
