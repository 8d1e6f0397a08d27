import { GateError } from '../../core/errors.ts';
import type { Sha256 } from '../../core/evidence/bytes.ts';
import type { SshCrypto } from '../../core/evidence/people/ssh-signature.ts';
import type { Verify } from '../../core/evidence/public-key.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { Clock, EvidenceLog, Ids, KeptRecord, LogId, LogStore, Sealed } from '../../core/ports.ts';
import type { BranchOf } from './branch.ts';
import { openFirst } from './generation.ts';
import type { RepositoryContext } from './generation.ts';
import { loadPage } from './log-book.ts';
import type { LogContext } from './log-book.ts';
import { ownKeys } from './log-keys.ts';
import type { KeyRing, LogSigners } from './log-keys.ts';
import type { LogState } from './log-state.ts';
import { originOf } from './own-log.ts';
import { isDistrusted } from './distrust.ts';
import { findRefusalNow } from './people-records.ts';
import { prepareRecord, refuse } from './prepare-record.ts';
import { persist } from './persist.ts';
import type { Attempt, Patience } from './persist.ts';
import { isRotating } from './rotation.ts';
import { look, takeStep } from './sequencer.ts';
import type { Step } from './sequencer.ts';

export interface WriterOptions extends Patience {
  readonly branchOf: BranchOf;
  readonly store: LogStore;
  readonly signers: LogSigners;
  /** Keys that these replace: a log that they still hold in is taken over by a record that both sign. */
  readonly previousSigners?: LogSigners | null;
  /**
   * Where those were stolen: repository id → index of the first record that is not believed for their signature. A log that
   * still goes by them and is not named here is not gone over. null: they are only replaced.
   */
  readonly previousRevokedFrom?: ReadonlyMap<number, number> | null;
  /** So many pauses a batch of another process is given before it is taken over; default: one. */
  readonly pausesForOthers?: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly sha256: Sha256;
  readonly sha512: SshCrypto['sha512'];
  readonly verify: Verify;
}

/** One promise that somebody holds: looked at before every step. */
interface Goal {
  /** `true`: reached, and its promise is settled. */
  readonly check: (context: LogContext, state: LogState) => Promise<boolean>;
  readonly fail: (error: unknown) => void;
}

/** The work on one repository's log within this process. */
interface Line {
  ref: RepositoryRef;
  readonly goals: Set<Goal>;
  isRunning: boolean;
  /** Version of the state at which another process's batch was given its time, and how often. */
  awaited: { version: string; times: number };
  /** This process has seen the branch as its store says it is. */
  hasLooked: boolean;
  /** Generation and size of the log when it was last read: who loses races to somebody who gets on does not give up. */
  reached: string;
  /** How often in a row GitHub said no although nobody else had written. */
  refusals: number;
}

/** A branch that is protected against the App stays so; something that passes has passed by then. */
const MAX_REFUSALS = 4;

/**
 * The EvidenceLog port: one line a log, which sends a commit at once when it is idle and collects what comes while one is
 * on its way. Several processes may write one log through one Store: only compare and set on the state and on the branch
 * decides who was first (docs/decisions/0003-evidence-writer.md).
 */
export function evidenceLog(options: WriterOptions): EvidenceLog {
  const { store, signers, clock, sha256, sha512, verify } = options;
  const { previousSigners = null, previousRevokedFrom: revocations = null, pausesForOthers = 1 } = options;
  const ring: KeyRing = previousSigners === null ? [signers] : [signers, previousSigners];
  const me = options.ids.nonce();
  const lines = new Map<string, Line>();

  const repository = async (ref: RepositoryRef): Promise<RepositoryContext> => {
    const branch = await options.branchOf(ref);
    return { log: idOf(ref), branch, store, ring, revocations, clock, sha256, sha512, verify, me };
  };

  /** The log of the newest generation, or null when there is none yet. */
  const newest = async (ref: RepositoryRef): Promise<LogContext | null> => {
    const generation = await store.latest(idOf(ref));
    if (generation === null) return null;
    const log: LogId = { ...idOf(ref), generation };
    return { ...(await repository(ref)), log, keys: ownKeys(originOf(log), ring, sha256) };
  };

  const attempt = async (line: Line): Promise<Attempt<true>> => {
    const context = await newest(line.ref);
    if (context === null) {
      await openFirst(await repository(line.ref));
      return { kind: 'moved' };
    }
    const { version, state } = await loadPage(context);
    line.reached = `${context.log.generation}/${state.size}`;
    if (state.phase === 'open') {
      for (const goal of line.goals) if (await goal.check(context, state)) line.goals.delete(goal);
      if (line.goals.size === 0) return { kind: 'done', value: true };
    }
    const name = `${context.log.generation}/${version}`;
    const times = line.awaited.version === name ? line.awaited.times : 0;
    const step = await takeStep(context, { isPatient: times < pausesForOthers, hasLooked: line.hasLooked });
    if (step === 'theirs') line.awaited = { version: name, times: times + 1 };
    if (step === 'published') line.hasLooked = true;
    line.refusals = step === 'refused' ? line.refusals + 1 : 0;
    if (line.refusals >= MAX_REFUSALS) {
      line.refusals = 0;
      throw new GateError('ERR_LOG_REFUSED', 'GitHub refuses commits on the evidence branch; let the App write to it');
    }
    return { kind: ATTEMPT_OF[step] };
  };

  const run = async (line: Line): Promise<void> => {
    if (line.isRunning) return;
    line.isRunning = true;
    try {
      await persist(
        options,
        () => attempt(line),
        () => line.reached,
      );
    } catch (error) {
      for (const goal of line.goals) goal.fail(error);
      line.goals.clear();
    } finally {
      line.isRunning = false;
    }
    if (line.goals.size > 0) await run(line);
  };

  const reach = <T>(
    ref: RepositoryRef,
    seek: (context: LogContext, state: LogState) => Promise<T | undefined>,
  ): Promise<T> => {
    const name = `${ref.host}/${ref.installationId}/${ref.id}`;
    const line = lines.get(name) ?? {
      ref,
      goals: new Set(),
      isRunning: false,
      awaited: { version: '', times: 0 },
      hasLooked: false,
      reached: '',
      refusals: 0,
    };
    lines.set(name, line);
    line.ref = ref;
    return new Promise((resolve, reject) => {
      line.goals.add({
        check: async (context, state) => {
          try {
            const value = await seek(context, state);
            if (value !== undefined) resolve(value);
            return value !== undefined;
          } catch (error) {
            // What only this one asks for wrongly must not fail the others.
            if (!(error instanceof GateError && error.code === 'ERR_INPUT')) throw error;
            reject(error);
            return true;
          }
        },
        fail: reject,
      });
      void run(line);
    });
  };

  return {
    append: async (ref, records) => {
      const prepared: KeptRecord[] = [];
      for (const record of records) prepared.push(await prepareRecord(record, ref, signers.record, sha256));
      if (prepared.length === 0) return [];
      return reach(ref, (context, state) => seal(context, state, prepared));
    },

    find: async (ref, digest) => {
      const generation = await store.latest(idOf(ref));
      if (generation === null) return null;
      return (await store.record({ ...idOf(ref), generation }, digest))?.index ?? null;
    },

    isRevoked: async (ref, digest) => {
      const generation = await store.latest(idOf(ref));
      if (generation === null) return false;
      const log: LogId = { ...idOf(ref), generation };
      return isDistrusted((await loadPage({ store, log })).state, (await store.record(log, digest))?.index);
    },

    inspect: async (ref) => {
      try {
        const found = await persist<Awaited<ReturnType<typeof look>>>(options, async () => {
          const context = await newest(ref);
          return { kind: 'done', value: context === null ? 'intact' : await look(context) };
        });
        if (found === 'intact') return 'intact';
        return await reach(ref, async (context, state) => {
          if (state.notice !== null || state.head === null || isRotating(context, state)) return undefined;
          return found === 'rotating' ? 'intact' : 'repaired';
        });
      } catch (error) {
        if (error instanceof GateError && error.code === 'ERR_LOG_DRIFT') return 'drift';
        throw error;
      }
    },
  };
}

const ATTEMPT_OF = {
  published: 'moved',
  // Another process published between the check and the step: the next check sees it.
  idle: 'retry',
  moved: 'moved',
  theirs: 'pause',
  stale: 'retry',
  refused: 'retry',
} as const satisfies Record<Step, Attempt<true>['kind']>;

function idOf({ host, installationId, id }: RepositoryRef): Omit<LogId, 'generation'> {
  return { host, installationId, repositoryId: id };
}

/**
 * The records' numbers once all of them have one; until then they are put into the queue of this generation.
 * @throws {GateError} ERR_INPUT for one that no verifier would take where it would now come to stand
 */
async function seal(
  context: LogContext,
  state: LogState,
  records: readonly KeptRecord[],
): Promise<Sealed[] | undefined> {
  const { store, log } = context;
  const sealed: Sealed[] = [];
  for (const kept of records) {
    const known = await store.record(log, kept.digest);
    if (known !== null && known.index !== null) {
      sealed.push({ digest: kept.digest, index: known.index });
      continue;
    }
    const refusal = await findRefusalNow(context, state, kept);
    if (refusal !== null) throw refuse(refusal);
    if (known === null) await store.keep(log, kept);
  }
  return sealed.length === records.length ? sealed : undefined;
}
