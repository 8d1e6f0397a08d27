import { equalBytes, toHex } from '../bytes.ts';
import type { EvidenceCrypto } from './check-chunk.ts';
import { formatWitnessKey, openCosignedCheckpoint } from '../notes/cosignature.ts';
import type { WitnessKey } from '../notes/cosignature.ts';
import { rootAt } from '../tree/hash-levels.ts';
import type { HashLevels } from '../tree/hash-levels.ts';
import { checkpointKeyFor } from '../notes/key-schedule.ts';
import type { KeySchedule } from '../notes/key-schedule.ts';
import { WITNESSED_PATH } from '../layout.ts';
import type { LogListing } from './log-listing.ts';
import type { LogSource } from './log-source.ts';
import type { Problem, ProblemCode } from '../problem.ts';

/** What witnesses have seen of a log. */
export interface Witnessed {
  /** Records below this index were in the tree that they cosigned. */
  readonly size: number;
  /** Only of witnesses whose keys were given. */
  readonly cosignatures: readonly {
    /** vkey */
    readonly witness: string;
    /** RFC 3339, UTC, by the witness's own clock; of a time beyond the year 275760 its seconds. */
    readonly at: string;
  }[];
}

/**
 * Checks `checkpoint.witnessed`: a checkpoint that this log has signed and still holds, cosigned by everyone who is asked
 * for. Cosignatures of others are ignored.
 * @returns null where the log has none and nobody asked for one
 */
export async function checkWitnessed(
  { source, listing }: { readonly source: LogSource; readonly listing: LogListing },
  tree: { readonly levels: HashLevels; readonly schedule: KeySchedule },
  required: readonly WitnessKey[],
  { sha256, verify }: EvidenceCrypto,
): Promise<Witnessed | Problem | null> {
  const { levels, schedule } = tree;
  if (!listing.heads.has(WITNESSED_PATH)) {
    return required.length === 0 ? null : wrong('witness-missing', 'the log has no checkpoint that witnesses cosigned');
  }
  const bytes = await source.read(WITNESSED_PATH, listing.heads.get(WITNESSED_PATH));
  const opened = await openCosignedCheckpoint(bytes, ({ size }) => checkpointKeyFor(schedule, size), required, verify);
  if (!opened.ok) return wrong('witness-signature', opened.issue);
  const { checkpoint, cosignatures } = opened.value;
  const { size, root } = checkpoint;
  if (size > levels.size) {
    return wrong('witnessed-not-of-this-log', `it signs ${size} records, and the log has ${levels.size}`);
  }
  if (!equalBytes(rootAt(levels, size, sha256), root)) {
    return wrong('witnessed-not-of-this-log', `the first ${size} records are not those that it signs`);
  }
  const signers = new Set(cosignatures.map(({ witness }) => toHex(witness.publicKey.spki)));
  const missing = required.find(({ publicKey }) => !signers.has(toHex(publicKey.spki)));
  if (missing !== undefined) return wrong('witness-missing', `${missing.name}+${missing.id} has not cosigned it`);
  return {
    size,
    cosignatures: cosignatures.map(({ witness, timestamp }) => ({
      witness: formatWitnessKey(witness),
      at: instantOf(timestamp),
    })),
  };
}

/** Seconds by a witness's clock, as RFC 3339; a number so large that no date has it stays one. */
export function instantOf(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1_000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}

function wrong(code: ProblemCode, message: string): Problem {
  return { code, path: WITNESSED_PATH, message };
}
