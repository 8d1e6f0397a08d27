import { isSameRepository, readCheckpoint } from '../adapters/evidence-branch/find-place.ts';
import type { Branch } from '../adapters/evidence-branch/branch.ts';
import type { FoundCheckpoint } from '../adapters/evidence-branch/find-place.ts';
import { gitBranch } from '../adapters/evidence-branch/git-branch.ts';
import { parseLogState } from '../adapters/evidence-branch/log-state.ts';
import { openGitStore } from '../adapters/git-store/open-git-store.ts';
import type { GitStore } from '../adapters/git-store/open-git-store.ts';
import { restoreStore } from '../adapters/git-store/restore-store.ts';
import type { SealedRefOptions } from '../adapters/git-store/sealed-ref.ts';
import { storeSeal } from '../adapters/git-store/store-seal.ts';
import { sha256, verify } from '../adapters/signing/node-crypto.ts';
import { GateError } from '../core/errors.ts';
import { because, becauseOfError } from '../core/gate/reasons.ts';
import type { LogId } from '../core/ports.ts';
import { repairedRecord } from '../core/record/log-records.ts';
import { ActionFailure } from './failure.ts';
import { checkpointKeys, isByCurrentKey } from './job-keys.ts';
import type { JobKeys } from './job-keys.ts';
import type { LogTrust } from './log-trust.ts';
import type { ActionContext } from './verdict.ts';

/** One for the repository, whatever the branch: so there are never two logs of one name. */
const STORE_REF = 'refs/countersign/log';

export interface LogGiven extends Omit<SealedRefOptions, 'ref' | 'beside'>, Pick<ActionContext, 'warn'> {
  readonly log: Omit<LogId, 'generation'>;
  readonly trust: LogTrust;
  readonly keys: JobKeys;
  /** Points a ref at a commit that the server has. */
  readonly point: (ref: string, commit: string, isThere: boolean) => Promise<void>;
}

/** The log of this repository, in which a job of a workflow writes. */
export interface OpenLog {
  readonly branch: Branch;
  readonly store: GitStore;
  /**
   * May this job write it? Asked before anything else is done with it.
   * @returns whether the branch is where the store says that it is; else the log has to be inspected first
   * @throws {ActionFailure} `log-of-*`, `log-on-another-branch`, `log-vanished`, `signing-key-untrusted`
   * @throws {GateError} ERR_STORE_*
   */
  readonly begin: () => Promise<'in step' | 'moved'>;
  /**
   * Puts the store back to what the evidence branch says that it was, and warns.
   * @param error that said that the store is not the newest one
   * @returns the record that tells of it; null: the store is as the branch says, so that is not what is wrong
   * @throws {ActionFailure} `store-lost`, `store-forged`
   * @throws {GateError} ERR_FORGE_*
   */
  readonly restore: (error: GateError) => Promise<Uint8Array | null>;
}

/** Nothing is looked at but the branch. @throws {GateError} ERR_FORGE_* */
export async function openLog({ log, trust, keys, warn, point, ...given }: LogGiven): Promise<OpenLog> {
  const { clone, clock } = given;
  const { host, repositoryId } = log;
  const place = `refs/heads/${trust.branch}`;
  const head = await clone.lookAt(place, STORE_REF);
  const shown = head === null ? null : await checkpointAt(gitBranch(clone, trust.branch), head, log, keys);
  const own = { ref: STORE_REF, owner: `${host}/${repositoryId}`, key: keys.current.storeKey };
  // Once the log has gone over to the current keys nothing that the previous ones authenticate is taken over any more: whoever
  // stole them could make the log remember what never was. They can push an older tree on top; what we named stays below it.
  const isGoneOver = async (): Promise<boolean> =>
    isByCurrentKey(shown, keys) ||
    (head !== null && storeSeal(own).named(await clone.messages(head, null)).ours.length > 0);
  const taken = keys.previous === null || (await isGoneOver()) ? null : keys.previous.storeKey;
  const sealing = { ...own, previousKey: taken };
  const seal = storeSeal(sealing);
  const store = openGitStore({ ...given, ...sealing, beside: place, push: 'together' });
  const branch = gitBranch(clone, trust.branch, store);
  /** What all commits of the branch say, and who wrote its newest checkpoint. */
  const branchNow = async (): Promise<{ messages: string; isByCurrentKey: boolean }> => {
    const now = await clone.lookAt(place, null);
    if (now === null) return { messages: '', isByCurrentKey: false };
    const checkpoint = await checkpointAt(branch, now, log, keys);
    return { messages: await clone.messages(now, null), isByCurrentKey: isByCurrentKey(checkpoint, keys) };
  };

  return {
    branch,
    store,

    begin: async () => {
      if (shown !== null && shown.signedBy === null) await checkWriter(trust.branch, shown, store, log, keys);
      const generation = await store.logs.latest(log);
      if (generation === null && head !== null) {
        const isOurs = shown !== null || seal.named((await branchNow()).messages).ours.length > 0;
        if (isOurs) throw new GateError('ERR_STORE_LOST', 'it is not there');
        const origin = 'there is no log of ours on it';
        throw new ActionFailure(because('log-of-another-writer', { branch: trust.branch, origin }));
      }
      if (generation === null && trust.isOpened) {
        throw new ActionFailure(because('log-vanished', { branch: trust.branch }));
      }
      trust.check(generation ?? 1);
      const written = await store.branchOf(trust.branch);
      if (written !== trust.branch) {
        throw new ActionFailure(because('log-on-another-branch', { found: written, expected: trust.branch }));
      }
      const state = generation === null ? null : await store.logs.state({ ...log, generation });
      const known = state === null ? null : parseLogState(state.body).head;
      return known === head ? 'in step' : 'moved';
    },

    restore: async (error) => {
      const back = (commit: string, isThere: boolean): Promise<void> => point(STORE_REF, commit, isThere);
      const done = await restoreStore(clone, seal, { ref: STORE_REF, branch: branchNow, point: back });
      if (done.kind === 'intact') return null;
      if (done.kind === 'impossible') {
        const code = error.code === 'ERR_STORE_FORGED' ? error.code : 'ERR_STORE_LOST';
        throw new ActionFailure(becauseOfError(code, done.why));
      }
      const why = because('store-restored', { what: done.found === null ? 'deleted' : 'moved' });
      warn(why);
      const frame = { nowMs: clock.now(), repository: { ...log, id: repositoryId }, sha256 };
      return repairedRecord(frame, {
        expectedHead: done.commit,
        foundHead: done.found,
        by: null,
        because: [why],
      });
    },
  };
}

function checkpointAt(
  branch: Branch,
  commit: string,
  log: Omit<LogId, 'generation'>,
  keys: JobKeys,
): Promise<FoundCheckpoint | null> {
  return readCheckpoint({ branch, log, sha256, verify }, commit, checkpointKeys(keys));
}

/**
 * One log has one writer: a log that our key did not sign is never continued, and no branch of anything else is taken over.
 * @param found the newest checkpoint, which our key did not sign
 */
async function checkWriter(
  branch: string,
  found: FoundCheckpoint,
  { logs }: GitStore,
  log: Omit<LogId, 'generation'>,
  { previous }: JobKeys,
): Promise<void> {
  if (!isSameRepository(found.ids, log)) {
    throw new ActionFailure(because('log-of-another-writer', { branch, origin: found.origin }));
  }
  try {
    // Our own log, and somebody has written another checkpoint over ours: the writer puts ours back.
    if ((await logs.latest(log)) !== null) return;
  } catch (error) {
    if (!(error instanceof GateError && error.code === 'ERR_STORE_FORGED')) throw error;
  }
  const what = previous === null ? 'no previous signing key was given' : 'the previous one that was given is not it';
  throw new ActionFailure(because('log-of-previous-key', { branch, what }));
}
