/** Wakes whoever waits for a state, once after any burst of changes. */
export class Waiting {
  readonly #probes = new Set<() => void>();
  #scheduled = false;

  changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const probe of this.#probes) probe();
    });
  }

  /** Resolves with the probe's first answer that is something; rejects with `dump` after the time. */
  until<Value>(probe: () => Value | undefined | null | false, timeoutMs: number, dump: () => string): Promise<Value> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#probes.delete(look);
      };
      const look = (): void => {
        try {
          const value = probe();
          if (value === undefined || value === null || value === false) return;
          end();
          resolve(value);
        } catch (error) {
          end();
          reject(error instanceof Error ? error : new TypeError(String(error)));
        }
      };
      const timer = setTimeout(() => {
        end();
        reject(new TypeError(`not reached within ${timeoutMs} ms\n${dump()}`));
      }, timeoutMs);
      this.#probes.add(look);
      look();
    });
  }
}
