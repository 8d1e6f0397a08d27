import { createHash } from 'node:crypto';

import type { EvidenceLog, LogStore, StoredRecord } from '../../core/ports.ts';
import type { Bench, Holds } from './branch-bench.ts';
import type { Choices } from './branch-explorer.ts';
import { unavailable } from './branch-simulation.ts';
import type { Interceptor } from './branch-simulation.ts';

/**
 * What can happen where a process is about to do something that others can see:
 * - `go`: it happens;
 * - `lost`: it does not happen, and the process hears nothing;
 * - `reply-lost`: it happens, and the process hears nothing;
 * - `late`: the process hears nothing, and it happens at some later time, whatever the process does meanwhile;
 * - `crash`, `crash-after`: the process ends (kill -9) before or after it happens, and is started again.
 */
type Fate = 'go' | 'lost' | 'reply-lost' | 'late' | 'crash' | 'crash-after';

type Place = 'read' | 'write' | 'store' | 'wait';

const FATES: Readonly<Record<Place, readonly Fate[]>> = {
  read: ['go', 'lost', 'crash'],
  write: ['go', 'lost', 'reply-lost', 'late', 'crash', 'crash-after'],
  store: ['go', 'crash', 'crash-after'],
  wait: ['go'],
};

export interface ModelOptions {
  /** How many calls may have another fate than `go`. */
  readonly faults: number;
  /** How often a process that could go on is made to wait for another; Infinity: every interleaving. */
  readonly switches: number;
  /** Something that somebody else does once, at any time. */
  readonly attack?: (() => void) | undefined;
  /** The keys that each process is started with, in the order of the scripts; default: the old ones. */
  readonly holds?: readonly Holds[] | undefined;
  /** Of every process: index from which on the old keys are not believed. */
  readonly revokedFrom?: number | undefined;
}

/** What a process does; it is begun again from the start after a crash. */
export type Script = (log: EvidenceLog) => Promise<void>;

interface Actor {
  readonly name: string;
  readonly script: Script;
  /** All that it ever learned, as one digest: a deterministic program is in the state that this decides. */
  learned: string;
  place: Place | 'running' | 'ended';
  release: (fate: Fate) => void;
}

/** More decisions than any run needs that comes to an end. */
const STUCK = 600;

/** States that were reached before, in any run of one exploration. */
export type Visited = Set<string>;

/**
 * Runs processes against one bench, one step of one process at a time, each step and its fate chosen by `choices`: nothing
 * here depends on time. Ends when every process has done its script, whatever befell it on the way.
 *
 * @param visited a state that was reached before is not gone on from: what can follow is explored from there. A state is
 *   all of branch and store, and of each process where it stands and everything that it has learned.
 * @returns false: broken off in a known state
 */
export async function runModel(
  bench: Bench,
  scripts: readonly Script[],
  options: ModelOptions,
  choices: Choices,
  visited: Visited,
): Promise<boolean> {
  const actors: Actor[] = [];
  const late: Late[] = [];
  const failures: unknown[] = [];
  let attack = options.attack;
  let { faults, switches } = options;
  let settled: () => void = () => {};

  const start = (script: Script): Actor => {
    const name = `actor ${actors.length}`;
    const actor: Actor = { name, script, learned: '', place: 'running', release: () => {} };
    actors.push(actor);
    const learn: Learn = (what) => {
      actor.learned = createHash('sha1')
        .update(actor.learned)
        .update(JSON.stringify([what]))
        .digest('hex');
    };
    const reach = (place: Place): Promise<Fate> =>
      new Promise((resolve) => {
        actor.place = place;
        actor.release = (fate) => {
          actor.place = 'running';
          resolve(fate);
        };
        settled();
      });
    const log = bench.writer({
      holds: options.holds?.[scripts.indexOf(script)] ?? 'old',
      revokedFrom: options.revokedFrom,
      intercept: interceptor(reach, learn, (effect) => late.push({ name: `${actor.name} ${actor.learned}`, effect })),
      store: observed(bench.store, reach, learn),
      wait: async () => {
        await reach('wait');
      },
    });
    const end = (error?: unknown): void => {
      if (error !== undefined) failures.push(error);
      actor.place = 'ended';
      settled();
    };
    script(log).then(() => end(), end);
    return actor;
  };

  const untilSettled = async (): Promise<void> => {
    while (actors.some(({ place }) => place === 'running')) {
      await new Promise<void>((resolve) => {
        settled = resolve;
      });
    }
  };

  let current: Actor | undefined;
  const begin = async (script: Script): Promise<void> => {
    current = start(script);
    await untilSettled();
  };
  for (const script of scripts) await begin(script);
  current = actors[0];

  for (let decisions = 0; ; decisions += 1) {
    if (decisions > STUCK) throw new Error('the writer never comes to an end');
    if (failures.length > 0) throw failures[0];
    const waiting = actors.filter(({ place }) => place !== 'ended');
    if (waiting.length === 0) break;
    if (choices.isNew()) {
      const state = [
        bench.repository.fingerprint,
        await bench.stored(),
        ...actors.map(({ name, place, learned }) => `${name} ${place} ${place === 'ended' ? '' : learned}`),
        ...late.map(({ name }) => name),
        `${faults} ${switches} ${current?.name} ${attack === undefined}`,
      ].join('\n');
      const key = createHash('sha1').update(state).digest('hex');
      if (visited.has(key)) return false;
      visited.add(key);
    }
    const mayStay = current !== undefined && waiting.includes(current);
    const isFree = !mayStay || current?.place === 'wait';
    const able = isFree || switches > 0 ? waiting : waiting.filter((actor) => actor === current);
    // The one that runs comes first: the first run of the exploration is the undisturbed one.
    able.sort((a, b) => Number(b === current) - Number(a === current));

    const moves: (() => Promise<void>)[] = [];
    for (const actor of able) {
      for (const fate of FATES[actor.place === 'running' || actor.place === 'ended' ? 'wait' : actor.place]) {
        if (fate !== 'go' && faults === 0) continue;
        moves.push(async () => {
          if (actor !== current && !isFree) switches -= 1;
          if (fate !== 'go') faults -= 1;
          current = actor;
          const isCrash = fate === 'crash' || fate === 'crash-after';
          actor.release(fate);
          // A dead process never goes on; what it was doing may just have happened.
          if (isCrash) actor.place = 'ended';
          await untilSettled();
          if (isCrash) await begin(actor.script);
        });
      }
    }
    for (const one of late) {
      moves.push(async () => {
        late.splice(late.indexOf(one), 1);
        one.effect();
        await Promise.resolve();
      });
    }
    if (attack !== undefined) {
      const act = attack;
      moves.push(async () => {
        attack = undefined;
        act();
        await Promise.resolve();
      });
    }
    await moves[moves.length === 1 ? 0 : choices.choose(moves.length)]?.();
  }
  for (const { effect } of late) effect();
  attack?.();
  return true;
}

/** A call that nobody waits for any more and that has not happened yet. */
interface Late {
  readonly name: string;
  readonly effect: () => void;
}

type Learn = (what: unknown) => void;

const never = (): Promise<never> => new Promise(() => {});

function interceptor(
  reach: (place: Place) => Promise<Fate>,
  learn: Learn,
  postpone: (effect: () => void) => void,
): Interceptor {
  return async (call, effect) => {
    const fate = await reach(call.isWrite ? 'write' : 'read');
    learn([call.name, fate]);
    switch (fate) {
      case 'go': {
        const answer = effect();
        learn(answer instanceof Uint8Array ? [...answer] : answer);
        return answer;
      }
      case 'lost':
        throw unavailable();
      case 'reply-lost':
        effect();
        throw unavailable();
      case 'late':
        postpone(() => void effect());
        throw unavailable();
      case 'crash':
        return never();
      case 'crash-after':
        effect();
        return never();
    }
  };
}

/** The real store, seen at each write. A crash while a row is being stored leaves it stored or not, never half. */
function observed(store: LogStore, reach: (place: Place) => Promise<Fate>, learn: Learn): LogStore {
  const write = async (name: string, effect: () => Promise<void>): Promise<void> => {
    const fate = await reach('store');
    learn([name, fate]);
    if (fate === 'crash') return never();
    const done = effect();
    if (fate === 'crash-after') {
      await done.catch(() => {});
      return never();
    }
    return done.catch((error: unknown) => {
      learn('conflict');
      throw error;
    });
  };
  const read = async <T>(effect: Promise<T>, tell: (value: T) => unknown): Promise<T> => {
    const value = await effect;
    learn(tell(value));
    return value;
  };
  const names = (records: readonly StoredRecord[]): unknown => records.map(({ digest, index }) => [digest, index]);
  return {
    keep: (log, record) => write('keep', () => store.keep(log, record)),
    advance: (log, state, expected, published, resigned) =>
      write('advance', () => store.advance(log, state, expected, published, resigned)),
    queued: (log, limit) => read(store.queued(log, limit), names),
    record: (log, digest) => read(store.record(log, digest), (record) => (record === null ? 'none' : record.index)),
    marked: (log, name) => read(store.marked(log, name), names),
    published: (log, from, limit) => read(store.published(log, from, limit), names),
    state: (log) => read(store.state(log), (state) => state),
    latest: (id) => read(store.latest(id), (generation) => generation),
  };
}
