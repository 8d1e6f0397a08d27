import type { Timer } from '../../../app/timer.ts';
import type { Clock } from '../../../core/ports.ts';

/** A clock and a timer that move only when told to. */
export class ManualTime implements Clock, Timer {
  #now = Date.parse('2026-11-21T04:33:12.123Z');
  #pending: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const entry = { at: this.#now + ms, run };
    this.#pending.push(entry);
    return () => {
      this.#pending = this.#pending.filter((other) => other !== entry);
    };
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#pending.filter((entry) => entry.at <= this.#now);
    this.#pending = this.#pending.filter((entry) => entry.at > this.#now);
    for (const { run } of due) run();
  }

  /** Milliseconds until the next call, or null. */
  next(): number | null {
    const times = this.#pending.map((entry) => entry.at - this.#now);
    return times.length === 0 ? null : Math.min(...times);
  }
}
