import type { Sha256 } from '../bytes.ts';
import { buildEnrolments } from '../people/human-signature.ts';
import type { Enrolment } from '../people/enrolment.ts';
import { buildKeySchedule } from '../notes/key-schedule.ts';
import type { KeySchedule } from '../notes/key-schedule.ts';
import type { RecordKind } from '../kinds.ts';
import { factsPath } from '../layout.ts';
import type { LocatedRecord } from '../records/located-record.ts';
import type { LogOpened } from '../records/log-opened.ts';
import type { LogOrigin } from '../records/log-origin.ts';
import type { DistrustedRange } from './log-semantics.ts';
import type { RecordProblem } from '../problem.ts';
import type { Verify } from '../public-key.ts';
import { isObject } from '../strict-json.ts';

/**
 * What every record is checked against: keys, people's credentials, expunged files. Read before all other records, because
 * those are checked many at a time and in no order. Plain data: it is sent to worker threads.
 */
export interface Register {
  readonly ids: LogOrigin;
  readonly schedule: KeySchedule;
  readonly enrolments: ReadonlyMap<string, Enrolment>;
  /** Path of a facts file → index of the record from which on it is not on the branch. */
  readonly expunged: ReadonlyMap<string, number>;
}

/** The kinds that a register is built from. There are few of them in any log. */
export const registerKinds: ReadonlySet<RecordKind> = new Set([
  'key-changed',
  'credential-enrolled',
  'credential-revoked',
  'expunged',
]);

export interface ReadRegister {
  readonly register: Register;
  /** The first of its records that cannot stand in a log; the register holds what comes before it. */
  readonly problem: RecordProblem | null;
}

/**
 * Builds the register of a log.
 * @param records of `registerKinds`, in log order, parsed; their signatures are checked with those of all other records
 */
export async function buildRegister(
  opened: LogOpened,
  records: readonly LocatedRecord[],
  crypto: { readonly sha256: Sha256; readonly verify: Verify },
): Promise<ReadRegister> {
  const { sha256 } = crypto;
  const ofKinds = (...kinds: readonly RecordKind[]): LocatedRecord[] =>
    records.filter(({ record }) => kinds.includes(record.kind));
  const schedule = await buildKeySchedule(opened, ofKinds('key-changed'), crypto);
  const enrolments = buildEnrolments(ofKinds('credential-enrolled', 'credential-revoked'), sha256);
  const { expunged, problem: malformed } = findExpunged(ofKinds('expunged'));
  if (!('code' in schedule || 'code' in enrolments)) {
    const trusted = untilRevoked(enrolments, distrustedRanges({ schedule }));
    return { register: { ids: opened.ids, schedule, enrolments: trusted, expunged }, problem: malformed };
  }
  const problems = [schedule, enrolments, malformed].filter((part) => part !== null && 'code' in part);
  const [problem] = problems.sort((left, right) => (left.index ?? 0) - (right.index ?? 0));
  const { index = 0 } = problem ?? {};
  // Fewer records each time, so this ends; what is expunged later is expunged all the same.
  const before = records.filter((located) => located.index < index);
  const { register } = await buildRegister(opened, before, crypto);
  return { register: { ...register, expunged }, problem: problem === undefined ? malformed : { ...problem, index } };
}

/** An enrolment that only a stolen key vouches for ends with that key: the thief could sign as anybody ever after. */
export function untilRevoked(
  enrolments: ReadonlyMap<string, Enrolment>,
  ranges: readonly DistrustedRange[],
): Map<string, Enrolment> {
  const trusted = new Map(enrolments);
  for (const [digest, enrolment] of enrolments) {
    const range = ranges.find(({ from, at }) => from <= enrolment.index && enrolment.index < at);
    if (range === undefined) continue;
    trusted.set(digest, { ...enrolment, revokedAt: Math.min(enrolment.revokedAt ?? range.at, range.at) });
  }
  return trusted;
}

/** Records that a key signed which was revoked from an earlier record on. */
export function distrustedRanges({ schedule }: Pick<Register, 'schedule'>): DistrustedRange[] {
  return schedule.revoked.filter(({ role }) => role === 'record').map(({ from, at }) => ({ from, at }));
}

function findExpunged(records: readonly LocatedRecord[]): {
  readonly expunged: ReadonlyMap<string, number>;
  readonly problem: RecordProblem | null;
} {
  const expunged = new Map<string, number>();
  let problem: RecordProblem | null = null;
  for (const { index, path, record } of records) {
    const { expungedDigest: digest, by, approvedBy } = record.predicate;
    const people = [by, approvedBy].map((account) => (isObject(account) ? account['id'] : undefined));
    if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) {
      problem ??= { code: 'expunged-malformed', path, index, message: 'it names no facts file by its digest' };
    } else if (!people.every(Number.isSafeInteger) || people[0] === people[1]) {
      problem ??= {
        code: 'expunged-malformed',
        path,
        index,
        message: 'it does not name two people, by and approvedBy',
      };
    } else if (!expunged.has(factsPath(digest))) expunged.set(factsPath(digest), index);
  }
  return { expunged, problem };
}
