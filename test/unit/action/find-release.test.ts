import { describe, expect, test } from 'vitest';
import { ActionFailure } from '../../../action/failure.ts';
import { findRelease } from '../../../action/find-release.ts';
import type { Search } from '../../../action/find-release.ts';
import { explainNotReleased, weighRelease } from '../../../action/weigh-release.ts';
import { toHex } from '../../../core/evidence/bytes.ts';
import { WORKFLOW_INSTALLATION } from '../../../core/evidence/records/log-origin.ts';
import type { RecordKind } from '../../../core/evidence/kinds.ts';
import { createLog, recordBytes, sha256 } from '../../support/evidence-log.ts';
import type { LogBuilder } from '../../support/evidence-log.ts';
import { liveLog } from '../../support/live-log.ts';

/** What the gate makes of a log, without GitHub: records of a builder that signs whatever a test makes up. */

const HEAD = '1'.repeat(40);
const REQUEST = 'a'.repeat(64);
const wanted = { runId: 77, attempt: 1, environment: 'production' };
const gate = { ...wanted, opening: 1 };
const seats = [{ id: 's1', reviewer: { id: 5, login: 'dave' }, reviewId: 'r1' }];
const release = { requestDigest: REQUEST, gate, headSha: HEAD, seats, factsDigest: 'f'.repeat(64) };
/** The log's evening is at second 0. */
const EVENING = Date.UTC(2026, 10, 21, 23, 59, 0, 123);

let second = 0;
function record(kind: RecordKind, fields: object): Uint8Array {
  second += 1;
  return recordBytes(kind, { ...fields }, second % 50);
}
const authorised = (fields: object = {}): Uint8Array =>
  record('authorised', { ...release, notAfter: new Date(EVENING + 600_000).toISOString(), ...fields });
const digestOf = (bytes: Uint8Array): string => toHex(sha256(bytes));
const heartbeat = (): Uint8Array => record('heartbeat', {});

async function logOf(...records: readonly Uint8Array[]): Promise<LogBuilder> {
  const log = createLog();
  await log.append([log.opening(), ...records]);
  return log;
}

interface Look {
  readonly expectedSha?: string;
  readonly installationId?: number;
  readonly nowMs?: number;
}

/** What the gate says: a code, or `passed by` and the number of the record. */
async function look(log: LogBuilder, given: Look & Parameters<typeof liveLog>[1] = {}): Promise<string> {
  const at = { expectedSha: HEAD, installationId: 12_345, nowMs: EVENING, ...given };
  try {
    const live = await liveLog(log, given);
    const search: Search = await findRelease(live, wanted);
    if (search.anchor === null) return explainNotReleased(search, wanted, { ...at, size: 9 }).because.code;
    weighRelease({ anchor: search.anchor, later: search.later }, at);
    return `passed by ${search.anchor.located.index}`;
  } catch (error) {
    if (error instanceof ActionFailure) return error.because.code;
    throw error;
  }
}

describe('a release of this gate', () => {
  test('counts while the authorisation is in force', async () => {
    expect(await look(await logOf(heartbeat(), authorised(), heartbeat()))).toBe('passed by 2');
  });

  test('counts after its time once a record says that GitHub took it', async () => {
    const given = authorised();
    const taken = record('released', { how: 'answered', authorisedDigest: digestOf(given), gate });
    expect(await look(await logOf(given, taken), { nowMs: EVENING + 3_600_000 })).toBe('passed by 1');
    expect(await look(await logOf(given), { nowMs: EVENING + 600_000 })).toBe('release-expired');
  });

  test('counts when the newest of several is in force, although an older one was taken back', async () => {
    const first = authorised();
    const undone = record('void', { authorisedDigest: digestOf(first), requestDigest: REQUEST, gate });
    expect(await look(await logOf(first, undone, authorised()))).toBe('passed by 3');
  });

  test('is found far back, and everything after it is read', async () => {
    const many = Array.from({ length: 300 }, heartbeat);
    expect(await look(await logOf(authorised(), ...many))).toBe('passed by 1');
    const late = record('void', { authorisedDigest: 'e'.repeat(64), requestDigest: REQUEST, gate });
    expect(await look(await logOf(authorised(), late, ...many))).toBe('release-undone');
  });

  test.each(['void', 'misapplied', 'revoked', 'rejected', 'withdrawn', 'superseded', 'expired'] as const)(
    'does not count once a record `%s` of the same request follows',
    async (kind) => {
      const log = await logOf(authorised(), heartbeat(), record(kind, { requestDigest: REQUEST }), heartbeat());
      expect(await look(log)).toBe('release-undone');
    },
  );

  test('does not count once the release that it became is revoked', async () => {
    const given = authorised();
    const taken = record('released', { how: 'observed', authorisedDigest: digestOf(given), gate });
    const revoked = record('revoked', { releasedDigest: digestOf(taken), requestDigest: 'b'.repeat(64) });
    expect(await look(await logOf(given, taken, revoked))).toBe('release-undone');
  });

  test('does not count once the gate was bypassed, whichever opening of it', async () => {
    const log = await logOf(authorised(), record('bypassed', { gate: { ...gate, opening: 2 } }));
    expect(await look(log)).toBe('release-undone');
  });

  test('stands although other gates and requests are taken back', async () => {
    const others = (['void', 'bypassed', 'rejected'] as const).map((kind) =>
      record(kind, { requestDigest: 'b'.repeat(64), gate: { ...gate, attempt: 2 } }),
    );
    expect(await look(await logOf(authorised(), ...others))).toBe('passed by 1');
  });

  // C107: who stole the record key could have written it.
  test('does not count when its key is revoked from before it', async () => {
    expect(await look(await logOf(authorised(), record('key-changed', { role: 'record', revokedFrom: 1 })))).toBe(
      'release-by-revoked-key',
    );
    expect(await look(await logOf(authorised(), record('key-changed', { role: 'record', revokedFrom: 2 })))).toBe(
      'passed by 1',
    );
  });

  test('does not count for another commit', async () => {
    expect(await look(await logOf(authorised()), { expectedSha: '2'.repeat(40) })).toBe('release-of-other-commit');
  });

  test.each([
    ['no seat', { seats: [] }],
    ['one person twice', { seats: [...seats, { ...seats[0], id: 's2' }] }],
    ['a gate without an opening', { gate: wanted }],
    ['a short commit', { headSha: '1111111' }],
    ['no end', { notAfter: 'soon' }],
  ])('is refused with %s, never guessed', async (_, fields) => {
    expect(await look(await logOf(authorised(fields)))).toBe('evidence-record-unreadable');
  });
});

describe('a release by a workflow', () => {
  const released = (): Uint8Array => record('released', { ...release, how: 'workflow', sealedBy: 'workflow' });

  test('counts only in a log that a workflow writes', async () => {
    expect(await look(await logOf(released()), { installationId: WORKFLOW_INSTALLATION })).toBe('passed by 1');
    expect(await look(await logOf(released()))).toBe('release-of-wrong-writer');
  });

  test('is the only one that counts there', async () => {
    const given = { installationId: WORKFLOW_INSTALLATION };
    expect(await look(await logOf(authorised()), given)).toBe('release-of-wrong-writer');
  });

  test('counts for a day, because nobody takes it back when its review is dismissed', async () => {
    const log = await logOf(released());
    const at = Date.parse((await (await liveLog(log)).read([1]))[0]?.record.at ?? '');
    const given = { installationId: WORKFLOW_INSTALLATION };
    expect(await look(log, { ...given, nowMs: at + 86_399_999 })).toBe('passed by 1');
    expect(await look(log, { ...given, nowMs: at + 86_400_000 })).toBe('release-expired');
  });

  test('does not count once it is revoked', async () => {
    const given = released();
    const log = await logOf(given, record('revoked', { releasedDigest: digestOf(given) }));
    expect(await look(log, { installationId: WORKFLOW_INSTALLATION })).toBe('release-undone');
  });
});

describe('without a release of this gate it is said what there is', () => {
  test.each([
    ['nothing', {}, 'release-not-recorded', true],
    ['another attempt', { gate: { ...gate, attempt: 2 } }, 'release-of-other-attempt', false],
    ['another environment', { gate: { ...gate, environment: 'staging' } }, 'release-of-other-environment', false],
    ['another run of the commit', { gate: { ...gate, runId: 78 } }, 'release-of-other-run', false],
    ['another run', { gate: { ...gate, runId: 78 }, headSha: '2'.repeat(40) }, 'release-not-recorded', false],
    ['another case', { gate: { ...gate, environment: 'Production' } }, 'release-of-other-environment', false],
  ])('%s', async (_, fields, code, isEmpty) => {
    expect(await look(await logOf(...(isEmpty ? [heartbeat()] : [authorised(fields)])))).toBe(code);
  });

  test('a bypass', async () => {
    expect(await look(await logOf(record('bypassed', { gate, headSha: HEAD })))).toBe('gate-was-bypassed');
  });

  test('a request that somebody rejected', async () => {
    const asked = record('requested', {
      requestDigest: REQUEST,
      code: '0123ABCD',
      request: { kind: 'deployment', gate, headSha: HEAD },
      seats: [{ id: 's1', group: 'maintainers' }],
    });
    expect(await look(await logOf(asked))).toBe('release-not-recorded');
    expect(await look(await logOf(asked, record('rejected', { requestDigest: REQUEST })))).toBe('gate-was-ended');
  });
});

describe('a branch that is not what its checkpoint signs', () => {
  const changed = async (
    change: (files: Map<string, Uint8Array>, log: LogBuilder) => void,
    ...records: readonly Uint8Array[]
  ): Promise<string> => {
    const log = await logOf(...records);
    const files = new Map(log.files);
    change(files, log);
    return look(log, { files });
  };
  const pathOf = (files: ReadonlyMap<string, Uint8Array>, index: number): string =>
    [...files.keys()].find((path) => path.includes(`/00000000${index}-`) && path.startsWith('records/')) ?? '';

  test('a record that nobody signed is refused where it would be the next one (C104)', async () => {
    const forged = authorised();
    const code = await changed(
      (files) => files.set('records/2026/11/21/000000002-authorised.json', forged),
      heartbeat(),
    );
    expect(code).toBe('evidence-not-in-tree');
  });

  test('a record in the place of another one is refused (C104)', async () => {
    const forged = authorised();
    const replace = (files: Map<string, Uint8Array>): void => {
      files.delete(pathOf(files, 1));
      files.set('records/2026/11/21/000000001-authorised.json', forged);
    };
    expect(await changed(replace, heartbeat())).toBe('evidence-not-in-tree');
  });

  test('the record that undoes a release cannot be left out', async () => {
    const hide = (files: Map<string, Uint8Array>): unknown => files.delete(pathOf(files, 2));
    const undone = record('rejected', { requestDigest: REQUEST });
    expect(await changed(hide, authorised(), undone, heartbeat())).toBe('evidence-gap');
    expect(await changed(hide, authorised(), undone)).toBe('evidence-gap');
  });

  test('the record that undoes a release cannot be called something else', async () => {
    const rename = (files: Map<string, Uint8Array>): void => {
      const path = pathOf(files, 2);
      files.set(path.replace('rejected', 'heartbeat'), files.get(path) ?? new Uint8Array());
      files.delete(path);
    };
    const undone = record('rejected', { requestDigest: REQUEST });
    expect(await changed(rename, authorised(), undone, heartbeat())).toBe('evidence-not-in-tree');
  });

  test('two files for one record are refused', async () => {
    const twice = (files: Map<string, Uint8Array>): unknown =>
      files.set('records/2026/11/20/000000001-void.json', heartbeat());
    expect(await changed(twice, authorised())).toBe('evidence-not-in-tree');
  });

  test('a changed or missing tile is refused', async () => {
    const tile = 'tile/0/000.p/2';
    const flip = (files: Map<string, Uint8Array>): unknown => files.set(tile, new Uint8Array(64));
    expect(await changed(flip, authorised())).toBe('evidence-not-in-tree');
    expect(await changed((files) => files.delete(tile), authorised())).toBe('evidence-not-in-tree');
  });

  test('a checkpoint that is missing, changed, cut or empty is refused', async () => {
    const note = (edit: (text: string) => string) => (files: Map<string, Uint8Array>) =>
      files.set('checkpoint', Buffer.from(edit(Buffer.from(files.get('checkpoint') ?? '').toString())));
    expect(await changed((files) => files.delete('checkpoint'), authorised())).toBe('checkpoint-unreadable');
    expect(
      await changed(
        note(() => ''),
        authorised(),
      ),
    ).toBe('checkpoint-unreadable');
    expect(
      await changed(
        note((text) => text.slice(0, 60)),
        authorised(),
      ),
    ).toBe('checkpoint-unreadable');
    expect(
      await changed(
        note((text) => text.replace('\n2\n', '\n3\n')),
        authorised(),
      ),
    ).toBe('key-does-not-match');
    expect(
      await changed(
        note((text) => text.replace('12345', '12346')),
        authorised(),
      ),
    ).toBe('key-does-not-match');
  });
});

describe('whose log it is', () => {
  test('another repository or host is refused', async () => {
    const log = await logOf(authorised());
    expect(await look(log, { repositoryId: 67_891 })).toBe('evidence-of-another-repository');
    expect(await look(log, { host: 'git.example' })).toBe('evidence-of-another-repository');
  });

  test('any of the trusted keys counts, and a stranger does not', async () => {
    const log = await logOf(authorised());
    const next = createLog(log.origin, [3, 4]);
    const stranger = createLog('github.com/12345/67890/2', [5, 6]);
    expect(await look(log, { keys: [next.pin, log.pin] })).toBe('passed by 1');
    expect(await look(log, { keys: [next.pin] })).toBe('key-does-not-match');
    expect(await look(log, { keys: [stranger.pin] })).toBe('key-does-not-match');
  });

  test('a log with nothing of the last days has no release to find', async () => {
    const log = await logOf(authorised());
    const files = new Map([...log.files].filter(([path]) => !path.startsWith('records/')));
    expect(await look(log, { files })).toBe('release-not-recorded');
  });
});
