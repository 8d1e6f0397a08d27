/** The value below which this share (0 to 1) of the values lies, by nearest rank; 0 when there are none. */
export function quantile(values: readonly number[] | Float64Array, share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
