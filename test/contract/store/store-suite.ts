import { afterEach, beforeEach, describe } from 'vitest';

import type { Store } from '../../../core/ports.ts';
import { documentCases } from './document-cases.ts';
import { logCases } from './log-cases.ts';
import { queueCases } from './queue-cases.ts';
import { tokenCases } from './token-cases.ts';

/** What a process without webhooks keeps. */
export type Records = Pick<Store, 'documents' | 'logs' | 'close'>;

export interface StoreUnderTest<S extends Records = Store> {
  /** Opens one more store over the same data: what a second process sees. */
  readonly open: () => S;
  /** Throws everything away. */
  readonly dispose: () => Promise<void>;
}

/** What one test gets: a store, and the means to open more over the same data. */
export interface StoreBench<S extends Records = Store> {
  readonly store: S;
  /** Another store over the same data, closed after the test. */
  readonly another: () => S;
  /** Closes all stores and opens one again. */
  readonly reopen: () => Promise<S>;
}

/** The contract of the Store port; every adapter runs all of it. */
export function storeSuite(make: () => StoreUnderTest): void {
  describe('a store', () => {
    const bench = benchOf(make);
    queueCases(bench);
    documentCases(bench);
    logCases(bench);
    tokenCases(bench);
  });
}

/** The contract of a store that has no queue. */
export function recordsSuite(place: string, make: () => StoreUnderTest<Records>): void {
  describe(`a store on ${place}`, () => {
    const bench = benchOf(make);
    documentCases(bench);
    logCases(bench);
  });
}

function benchOf<S extends Records>(make: () => StoreUnderTest<S>): () => StoreBench<S> {
  let under: StoreUnderTest<S>;
  let stores: S[];

  beforeEach(() => {
    under = make();
    stores = [under.open()];
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    await under.dispose();
  });

  return () => {
    const [store] = stores;
    if (store === undefined) throw new TypeError('no store is open');
    return {
      store,
      another: () => {
        const more = under.open();
        stores.push(more);
        return more;
      },
      reopen: async () => {
        for (const open of stores) await open.close();
        const fresh = under.open();
        stores = [fresh];
        return fresh;
      },
    };
  };
}
