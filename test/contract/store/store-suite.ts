import { afterEach, beforeEach, describe } from 'vitest';

import type { Store } from '../../../core/ports.ts';
import { documentCases } from './document-cases.ts';
import { logCases } from './log-cases.ts';
import { queueCases } from './queue-cases.ts';

export interface StoreUnderTest {
  /** Opens one more store over the same data: what a second process sees. */
  readonly open: () => Store;
  /** Throws everything away. */
  readonly dispose: () => Promise<void>;
}

/** What one test gets: a store, and the means to open more over the same data. */
export interface StoreBench {
  readonly store: Store;
  /** Another store over the same data, closed after the test. */
  readonly another: () => Store;
  /** Closes all stores and opens one again. */
  readonly reopen: () => Promise<Store>;
}

/** The contract of the Store port; every adapter runs all of it. */
export function storeSuite(make: () => StoreUnderTest): void {
  describe('a store', () => {
    let under: StoreUnderTest;
    let stores: Store[];

    beforeEach(() => {
      under = make();
      stores = [under.open()];
    });
    afterEach(async () => {
      for (const store of stores) await store.close();
      await under.dispose();
    });

    const bench = (): StoreBench => {
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
    queueCases(bench);
    documentCases(bench);
    logCases(bench);
  });
}
