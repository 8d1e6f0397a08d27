import type { EvidenceLog, LogStore } from '../../core/ports.ts';
import type { Bench } from './branch-bench.ts';
import type { Choose } from './branch-explorer.ts';
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
}

/** What a process does; it is begun again from the start after a crash. */
export type Script = (log: EvidenceLog) => Promise<void>;

interface Actor {
  readonly script: Script;
  place: Place | 'running' | 'ended';
  release: (fate: Fate) => void;
}

/** More decisions than any run needs that comes to an end. */
const STUCK = 600;

/**
 * Runs processes against one bench, one step of one process at a time, each step and its fate chosen by `choose`: nothing
 * here depends on time. Ends when every process has done its script, whatever befell it on the way.
 */
export async function runModel(
  bench: Bench,
  scripts: readonly Script[],
  options: ModelOptions,
  choose: Choose,
): Promise<void> {
  const actors: Actor[] = [];
  const late: (() => void)[] = [];
  const failures: unknown[] = [];
  let attack = options.attack;
  let { faults, switches } = options;
  let settled: () => void = () => {};

  const start = (script: Script): Actor => {
    const actor: Actor = { script, place: 'running', release: () => {} };
    actors.push(actor);
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
      intercept: interceptor(reach, late),
      store: observed(bench.store, reach),
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
    for (const effect of late) {
      moves.push(async () => {
        late.splice(late.indexOf(effect), 1);
        effect();
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
    await moves[moves.length === 1 ? 0 : choose(moves.length)]?.();
  }
  for (const effect of late) effect();
  attack?.();
}

const never = (): Promise<never> => new Promise(() => {});

function interceptor(reach: (place: Place) => Promise<Fate>, late: (() => void)[]): Interceptor {
  return async (call, effect) => {
    const fate = await reach(call.isWrite ? 'write' : 'read');
    switch (fate) {
      case 'go':
        return effect();
      case 'lost':
        throw unavailable();
      case 'reply-lost':
        effect();
        throw unavailable();
      case 'late':
        late.push(() => void effect());
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
function observed(store: LogStore, reach: (place: Place) => Promise<Fate>): LogStore {
  const write = async (effect: () => Promise<void>): Promise<void> => {
    const fate = await reach('store');
    if (fate === 'crash') return never();
    const done = effect();
    if (fate !== 'crash-after') return done;
    await done.catch(() => {});
    return never();
  };
  return {
    keep: (log, record) => write(() => store.keep(log, record)),
    advance: (log, state, expected, published) => write(() => store.advance(log, state, expected, published)),
    queued: (log, limit) => store.queued(log, limit),
    record: (log, digest) => store.record(log, digest),
    published: (log, from, limit) => store.published(log, from, limit),
    state: (log) => store.state(log),
    latest: (id) => store.latest(id),
  };
}
