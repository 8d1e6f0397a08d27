import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SealOptions {
  /** The store's ref in full: `refs/countersign/…`. */
  readonly ref: string;
  /** Whose store it is, e.g. `github.com/34`: what is sealed for one repository is not another's. */
  readonly owner: string;
  /** Of 32 bytes, from the log's own keys. Whoever may push to the repository can move the ref, and must not be believed. */
  readonly key: Uint8Array;
  /** Of the keys that these replace: what it seals is taken over, and the next write is sealed with `key`. */
  readonly previousKey?: Uint8Array | null;
}

/** What the store was once: a commit of its ref. The number grows by one with each. */
export interface StoreState {
  readonly commit: string;
  readonly number: number;
}

/** What commits of the evidence branch say of the store. */
export interface NamedStates {
  /** Those that our key says, newest first, each once. */
  readonly ours: readonly StoreState[];
  /** The largest number that anybody says; -1: nobody says one. */
  readonly claimed: number;
}

/**
 * The seals that tie the store, which anybody who may push can put back or throw away, to the evidence branch, which a ruleset
 * lets only grow. A state of the store is sealed with the one before it, so an older tree is not taken for a newer state. Each
 * commit of the evidence branch names the state that it rests on, so a store that does not know that state is not the newest.
 */
export interface StoreSeal {
  /** End of the message of the commit that makes this state. @param parent null: it is the first */
  readonly state: (tree: string, parent: string | null, number: number) => string;
  /** Number of the state that a commit makes; null: our key did not seal it. @param text the whole commit object */
  readonly numberOf: (text: string) => number | null;
  /** The number that a commit of the store only says that it has; -1: none. */
  readonly claimOf: (text: string) => number;
  /** Line for the message of a commit of the evidence branch. */
  readonly name: (state: StoreState) => string;
  /** @param messages of any commits, by anybody */
  readonly named: (messages: string) => NamedStates;
}

export function storeSeal({ ref, owner, key, previousKey = null }: SealOptions): StoreSeal {
  const mac = (by: Uint8Array, what: string): string =>
    createHmac('sha256', by).update(`countersign store v2\n${owner}\n${ref}\n${what}\n`).digest('hex');
  const isOurs = (found: string, what: string): boolean =>
    [key, previousKey].some((by) => by !== null && isSame(found, mac(by, what)));
  const stateText = (tree: string, parent: string, number: string): string => `state\n${number}\n${parent}\n${tree}`;

  return {
    state: (tree, parent, number) =>
      `number ${number}\nmac ${mac(key, stateText(tree, parent ?? NONE, String(number)))}`,
    numberOf: (text) => {
      const [, tree = '', parent = NONE] = /^tree ([0-9a-f]+)\n(?:parent ([0-9a-f]+)\n)?author /.exec(text) ?? [];
      const [, number = '', found = ''] = /\nnumber (\d{1,12})\nmac ([0-9a-f]{64})\n$/.exec(text) ?? [];
      return isOurs(found, stateText(tree, parent, number)) ? Number(number) : null;
    },
    claimOf: (text) => Number(/^number (\d{1,12})$/m.exec(text)?.[1] ?? -1),
    name: ({ commit, number }) => `store ${commit} ${number} ${mac(key, `name\n${number}\n${commit}`)}`,
    named: (messages) => {
      const lines = [...new Set(messages.match(/^store [0-9a-f]{40,64} \d{1,12} [0-9a-f]{64}$/gm))];
      const all = lines.map((line) => {
        const [, commit = '', number = '', found = ''] = line.split(' ');
        return { state: { commit, number: Number(number) }, isOurs: isOurs(found, `name\n${number}\n${commit}`) };
      });
      const ours = all.filter((each) => each.isOurs).map(({ state }) => state);
      const claimed = all.reduce((most, { state }) => Math.max(most, state.number), -1);
      return { ours: ours.toSorted((one, other) => other.number - one.number), claimed };
    },
  };
}

const NONE = 'none';

function isSame(found: string, expected: string): boolean {
  return found.length === expected.length && timingSafeEqual(Buffer.from(found), Buffer.from(expected));
}
