import type { Signal } from './classification.ts';

/** A signal before it is known where it was seen. `value` is the registry's own text or a login, never a person's mailbox. */
export type Sighting = Omit<Signal, 'where'>;

const VALUE_MAX = 120;
/** Of one tier, kind and agent: a message can hold 10,000 trailers, and one more of the same changes nothing. */
const ALIKE_MAX = 1_000;
const TIERS = ['verified', 'declared', 'heuristic'] as const;

/** The same signal once, strongest tier first, otherwise in the order in which they were found. */
export function distinctSignals(signals: Iterable<Signal>): readonly Signal[] {
  const byKey = new Map<string, Signal>();
  const counts = new Map<string, number>();
  for (const signal of signals) {
    const value = signal.value.slice(0, VALUE_MAX).toWellFormed();
    const alike = `${signal.tier}\n${signal.kind}\n${signal.agent ?? ''}`;
    // None of the parts before the value holds a line end.
    const key = `${alike}\n${signal.where}\n${value}`;
    if (byKey.has(key)) continue;
    const count = counts.get(alike) ?? 0;
    if (count >= ALIKE_MAX) continue;
    counts.set(alike, count + 1);
    byKey.set(key, { ...signal, value });
  }
  if (byKey.size === 0) return [];
  const all = [...byKey.values()];
  return TIERS.flatMap((tier) => all.filter((signal) => signal.tier === tier));
}
