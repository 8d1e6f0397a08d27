import type { Signal } from './classification.ts';

/** A signal before it is known where it was seen. `value` is the registry's own text or a login, never a person's mailbox. */
export type Sighting = Omit<Signal, 'where'>;

const VALUE_MAX = 120;
const TIERS = ['verified', 'declared', 'heuristic'] as const;

/** The same signal once, strongest tier first, otherwise in the order in which they were found. */
export function distinctSignals(signals: Iterable<Signal>): readonly Signal[] {
  const byKey = new Map<string, Signal>();
  for (const signal of signals) {
    const value = signal.value.slice(0, VALUE_MAX).toWellFormed();
    const key = JSON.stringify([signal.tier, signal.kind, signal.agent, signal.where, value]);
    if (!byKey.has(key)) byKey.set(key, { ...signal, value });
  }
  const all = [...byKey.values()];
  return TIERS.flatMap((tier) => all.filter((signal) => signal.tier === tier));
}
