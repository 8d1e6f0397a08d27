import { describe, expect, test } from 'vitest';
import { toHex } from '../../../core/evidence/bytes.ts';
import type { RecordKind } from '../../../core/evidence/kinds.ts';
import { followLog, noteOf } from '../../../core/evidence/verify/log-semantics.ts';
import { parseRecord } from '../../../core/evidence/records/parse-record.ts';
import type { ProblemCode } from '../../../core/evidence/problem.ts';
import { verifyLog } from '../../../core/evidence/verify/verify-log.ts';
import {
  createLog,
  memorySource,
  recordBytes,
  sampleRepository,
  sha256,
  sha512,
  verifyOnPool,
} from '../../support/evidence-log.ts';

const gate = { runId: 1, attempt: 1, environment: 'production', opening: 1 };
const otherGate = { ...gate, environment: 'staging' };

/** One record of a story; `of` is the position of the authorisation that it names. */
interface Step {
  readonly kind: RecordKind;
  readonly gate?: unknown;
  readonly of?: number;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Of a log that workflows write. */
  readonly isByWorkflow?: boolean;
}

function tell(steps: readonly Step[]): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (const [second, step] of steps.entries()) {
    const named = step.of === undefined ? undefined : records[step.of];
    const fields = {
      ...(step.gate === undefined ? {} : { gate: step.gate }),
      ...(named === undefined ? {} : { authorisedDigest: toHex(sha256(named)) }),
      ...step.fields,
    };
    const repository = step.isByWorkflow === true ? { ...sampleRepository, installationId: 1 } : undefined;
    records.push(recordBytes(step.kind, fields, second, repository));
  }
  return records;
}

/** What the last record of the story is refused for; every earlier one must be accepted. */
function verdictOnLast(steps: readonly Step[]): ProblemCode | null {
  const rules = followLog();
  const verdicts = tell(steps).map((bytes, index) => {
    const parsed = parseRecord(bytes);
    if (!parsed.ok) throw new TypeError(parsed.issue);
    const note = noteOf(parsed.value, { index, bytes }, sha256);
    return note === null ? null : (rules.follow(note)?.code ?? null);
  });
  expect(verdicts.slice(0, -1)).toEqual(steps.slice(0, -1).map(() => null));
  return verdicts.at(-1) ?? null;
}

const opened: Step = { kind: 'log-opened' };
const authorised: Step = { kind: 'authorised', gate };
const byWorkflow: Step = { kind: 'released', gate, fields: { how: 'workflow' }, isByWorkflow: true };

describe('a log may say (invariant 1)', () => {
  test.each<[string, readonly Step[]]>([
    ['that an authorisation was released', [opened, authorised, { kind: 'released', gate, of: 1 }]],
    ['that an authorisation was voided', [opened, authorised, { kind: 'void', gate, of: 1 }]],
    ['that a release was misapplied', [opened, authorised, { kind: 'misapplied', gate, of: 1 }]],
    ['that a gate was authorised again after a void', [opened, authorised, { kind: 'void', gate, of: 1 }, authorised]],
    ['that two gates are authorised at once', [opened, authorised, { kind: 'authorised', gate: otherGate }]],
    [
      'that another attempt of the run is authorised meanwhile',
      [opened, authorised, { kind: 'authorised', gate: { ...gate, attempt: 2 } }],
    ],
    [
      'that a pull request was released, without an authorisation',
      [opened, { kind: 'released', fields: { number: 7 } }],
    ],
    [
      'that workflows released two gates, in a log of their own',
      [opened, byWorkflow, { ...byWorkflow, gate: otherGate }],
    ],
    ['that a gate was bypassed, without an authorisation', [opened, { kind: 'bypassed', gate }]],
    [
      'that a voided authorisation took effect after all',
      [opened, authorised, { kind: 'void', gate, of: 1 }, { kind: 'released', gate, of: 1 }],
    ],
  ])('%s', (_, steps) => {
    expect(verdictOnLast(steps)).toBeNull();
  });
});

describe('a log may not say (invariant 1)', () => {
  test.each<[string, ProblemCode, readonly Step[]]>([
    [
      'that a workflow released, in a log of the App',
      'not-authorised',
      [opened, { ...byWorkflow, isByWorkflow: false }],
    ],
    ['that a workflow released one gate twice', 'released-twice', [opened, byWorkflow, byWorkflow]],
    [
      'that a workflow released no gate in particular',
      'not-authorised',
      [opened, { kind: 'released', fields: { how: 'workflow' }, isByWorkflow: true }],
    ],
    [
      'that a workflow released on an authorisation that is not there',
      'not-authorised',
      [opened, { ...byWorkflow, fields: { how: 'workflow', authorisedDigest: 'a'.repeat(64) } }],
    ],
    ['anything before it was opened', 'log-opened-misplaced', [{ kind: 'heartbeat' }]],
    ['that it was opened again', 'log-opened-misplaced', [opened, { kind: 'log-opened', fields: { again: 1 } }]],
    ['that no gate in particular is authorised', 'authorised-without-gate', [opened, { kind: 'authorised' }]],
    [
      'that a gate of unknown shape is authorised',
      'authorised-without-gate',
      [opened, { kind: 'authorised', gate: { ...gate, opening: '1' } }],
    ],
    [
      'that a gate has two authorisations in force',
      'gate-already-authorised',
      [opened, authorised, { ...authorised, fields: { n: 2 } }],
    ],
    ['that a deployment was released without one', 'not-authorised', [opened, { kind: 'released', gate }]],
    [
      'that a deployment was released on a record that is no authorisation',
      'not-authorised',
      [opened, { kind: 'reviewed', gate }, { kind: 'released', gate, of: 1 }],
    ],
    [
      'that a deployment was released on an authorisation from another log',
      'not-authorised',
      [opened, authorised, { kind: 'released', gate, fields: { authorisedDigest: 'ab'.repeat(32) } }],
    ],
    ['that an authorisation without a name was voided', 'not-authorised', [opened, authorised, { kind: 'void', gate }]],
    ['that something was misapplied without one', 'not-authorised', [opened, { kind: 'misapplied' }]],
    [
      'that another gate was released on it',
      'authorised-for-another-gate',
      [opened, authorised, { kind: 'released', gate: otherGate, of: 1 }],
    ],
    [
      'that it was released without naming the gate',
      'authorised-for-another-gate',
      [opened, authorised, { kind: 'released', of: 1 }],
    ],
    [
      'that it was released twice',
      'released-twice',
      [opened, authorised, { kind: 'released', gate, of: 1 }, { kind: 'released', gate, of: 1, fields: { n: 2 } }],
    ],
  ])('%s', (_, code, steps) => {
    expect(verdictOnLast(steps)).toBe(code);
  });
});

describe('a verifier', () => {
  test('refuses a well-signed log that releases without an authorisation, and names the record', async () => {
    const log = createLog();
    await log.append([log.opening(), recordBytes('released', { gate }, 1)]);
    expect(
      await verifyLog(memorySource(log.files), { sha256, sha512, verify: verifyOnPool, checkpointKey: log.pin }),
    ).toEqual({
      ok: false,
      problem: expect.objectContaining({
        code: 'not-authorised',
        path: 'records/2026/11/21/000000001-released.json',
        index: 1,
      }),
    });
  });

  test('refuses a well-signed log that holds a record twice', async () => {
    const log = createLog();
    const heartbeat = recordBytes('heartbeat', {}, 1);
    await log.append([log.opening(), heartbeat]);
    await log.append([heartbeat]);
    expect(await verifyLog(memorySource(log.files), { sha256, sha512, verify: verifyOnPool })).toMatchObject({
      ok: false,
      problem: { code: 'record-repeated', index: 2 },
    });
  });
});
