import { HASH_BYTES } from './hash-levels.ts';

/**
 * Which leaf hashes stood in a log already. An open-addressed table of places in the one array of all leaves: a Set of
 * texts would take more memory than everything else that is kept of a log.
 */
export class LeafSet {
  readonly #leaves: Uint8Array;
  readonly #view: DataView;
  /** Place + 1; 0 is free. A power of two, at most half full. */
  readonly #table: Uint32Array;

  /** @param leaves leaf hashes, one after the other; may be filled in later, each before its `add` */
  constructor(leaves: Uint8Array) {
    this.#leaves = leaves;
    this.#view = new DataView(leaves.buffer, leaves.byteOffset, leaves.byteLength);
    let slots = 16;
    while (slots < (leaves.length / HASH_BYTES) * 2) slots *= 2;
    this.#table = new Uint32Array(slots);
  }

  /** Adds the leaf at that index; false when the same hash was added before. */
  add(index: number): boolean {
    const mask = this.#table.length - 1;
    for (let slot = this.#view.getUint32(index * HASH_BYTES) & mask; ; slot = (slot + 1) & mask) {
      const taken = this.#table[slot] ?? 0;
      if (taken === 0) {
        this.#table[slot] = index + 1;
        return true;
      }
      if (this.#isSame(taken - 1, index)) return false;
    }
  }

  #isSame(left: number, right: number): boolean {
    for (let at = 0; at < HASH_BYTES; at += 1) {
      if (this.#leaves[left * HASH_BYTES + at] !== this.#leaves[right * HASH_BYTES + at]) return false;
    }
    return true;
  }
}
