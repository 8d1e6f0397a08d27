import { concatBytes, equalBytes } from '../bytes.ts';
import type { Sha256 } from '../bytes.ts';

/*
 * RFC 6962 / RFC 9162 Merkle tree. Sizes and indices of proofs are bigint: they come from outside and may be any uint64.
 *
 *   leaf  = SHA-256(0x00 ‖ record bytes)
 *   node  = SHA-256(0x01 ‖ left ‖ right)      the prefixes keep a node from being passed off as a leaf
 *   empty = SHA-256("")
 */
const HASH_BYTES = 32;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(record: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(concatBytes(LEAF, record));
}

export function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(concatBytes(NODE, left, right));
}

export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array(0));
}

export interface InclusionClaim {
  readonly leafIndex: bigint;
  readonly treeSize: bigint;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Does this leaf stand at this index of the tree with this root? RFC 9162 section 2.1.3.2; every field is untrusted. */
export function verifyInclusion(claim: InclusionClaim, sha256: Sha256): boolean {
  const { leafIndex, treeSize, proof, root } = claim;
  if (leafIndex < 0n || leafIndex >= treeSize) return false;
  if (![claim.leafHash, root, ...proof].every(isHash)) return false;
  let node = leafIndex;
  let last = treeSize - 1n;
  let hash = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0n) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash, sha256);
      while (!isOdd(node) && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, sibling, sha256);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equalBytes(hash, root);
}

export interface ConsistencyClaim {
  readonly size1: bigint;
  readonly size2: bigint;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Is the larger tree an extension of the smaller one? RFC 9162 section 2.1.4.2. Size 0 is refused: every tree extends the
 * empty one, so such a proof shows nothing, and treating it as shown has misled verifiers before.
 */
export function verifyConsistency(claim: ConsistencyClaim, sha256: Sha256): boolean {
  const { size1, size2, root1, root2, proof } = claim;
  if (size1 <= 0n || size1 > size2) return false;
  // For one tree there is nothing to compute, and the published vectors accept any bytes that are the same.
  if (size1 === size2) return proof.length === 0 && equalBytes(root1, root2);
  if (![root1, root2, ...proof].every(isHash)) return false;
  // An older tree that is a perfect subtree is its own first proof element.
  const path = (size1 & (size1 - 1n)) === 0n ? [root1, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined || proof.length === 0) return false;
  let node = size1 - 1n;
  let last = size2 - 1n;
  while (isOdd(node)) {
    node >>= 1n;
    last >>= 1n;
  }
  let older = first;
  let newer = first;
  for (const sibling of rest) {
    if (last === 0n) return false;
    if (isOdd(node) || node === last) {
      older = nodeHash(sibling, older, sha256);
      newer = nodeHash(sibling, newer, sha256);
      while (!isOdd(node) && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      newer = nodeHash(newer, sibling, sha256);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equalBytes(older, root1) && equalBytes(newer, root2);
}

/** Root over leaf hashes; `leaves` of length 0 gives the empty root. */
export function rootOfLeaves(leaves: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return emptyRoot(sha256);
  if (leaves.length === 1) return only;
  const split = splitPoint(leaves.length);
  return nodeHash(rootOfLeaves(leaves.slice(0, split), sha256), rootOfLeaves(leaves.slice(split), sha256), sha256);
}

/**
 * Audit path of one leaf, from the leaf up. RFC 9162 section 2.1.3.1.
 * @throws {TypeError} when the index is outside the tree
 */
export function inclusionProof(leaves: readonly Uint8Array[], index: number, sha256: Sha256): Uint8Array[] {
  if (!(index >= 0 && index < leaves.length)) throw new TypeError(`leaf ${index} is not in a tree of ${leaves.length}`);
  if (leaves.length === 1) return [];
  const split = splitPoint(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return index < split
    ? [...inclusionProof(left, index, sha256), rootOfLeaves(right, sha256)]
    : [...inclusionProof(right, index - split, sha256), rootOfLeaves(left, sha256)];
}

/**
 * Proof that the tree over `leaves` extends the tree over its first `size1`. RFC 9162 section 2.1.4.1.
 * @throws {TypeError} when `size1` is 0 or greater than the tree
 */
export function consistencyProof(leaves: readonly Uint8Array[], size1: number, sha256: Sha256): Uint8Array[] {
  if (!(size1 >= 1 && size1 <= leaves.length)) throw new TypeError(`no proof from ${size1} to ${leaves.length}`);
  return subproof(leaves, size1, true, sha256);
}

function subproof(leaves: readonly Uint8Array[], size1: number, isWhole: boolean, sha256: Sha256): Uint8Array[] {
  if (size1 === leaves.length) return isWhole ? [] : [rootOfLeaves(leaves, sha256)];
  const split = splitPoint(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return size1 <= split
    ? [...subproof(left, size1, isWhole, sha256), rootOfLeaves(right, sha256)]
    : [...subproof(right, size1 - split, false, sha256), rootOfLeaves(left, sha256)];
}

/** Largest power of two smaller than n (n ≥ 2). */
function splitPoint(n: number): number {
  let split = 1;
  while (split * 2 < n) split *= 2;
  return split;
}

function isOdd(value: bigint): boolean {
  return (value & 1n) === 1n;
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}
