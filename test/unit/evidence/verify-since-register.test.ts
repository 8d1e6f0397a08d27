import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../../core/evidence/bytes.ts';
import { CHECKPOINT_PATH } from '../../../core/evidence/layout.ts';
import { verifyLog } from '../../../core/evidence/verify/verify-log.ts';
import type { VerifyOptions, VerifyResult } from '../../../core/evidence/verify/verify-log.ts';
import { createLog, memorySource, recordBytes, sha256, sha512, verifyOnPool } from '../../support/evidence-log.ts';
import type { LogBuilder } from '../../support/evidence-log.ts';
import { DAVE, enrolledRecord, revokedRecord, signedReview, sshSigner } from '../../support/signed-reviews.ts';
import { softwareSshKey } from '../../support/software-ssh-key.ts';

/*
 * Keys, credentials and expunged files are read from older records also where everything else of those is left out. Whoever
 * changes the branch, and even who holds all keys of the log, must not be able to put other ones in their place.
 */

type Files = ReadonlyMap<string, Uint8Array>;

/** A log with these records, and the checkpoint that it had before the news. */
async function grown(
  older: readonly Uint8Array[],
  news: readonly Uint8Array[],
): Promise<{ readonly log: LogBuilder; readonly since: Uint8Array }> {
  const log = createLog();
  await log.append([log.opening(), ...older]);
  const since = log.files.get(CHECKPOINT_PATH) ?? new Uint8Array();
  await log.append(news);
  return { log, since };
}

function check(files: Files, options: Partial<VerifyOptions>): Promise<VerifyResult> {
  return verifyLog(memorySource(files), { sha256, sha512, verify: verifyOnPool, ...options });
}

function replaced(files: Files, part: string, bytes: Uint8Array): Files {
  return new Map([...files].map(([path, before]) => [path, path.includes(part) ? bytes : before]));
}

const mine = sshSigner(softwareSshKey('ssh-ed25519'));
const theirs = sshSigner(softwareSshKey('ssh-ed25519'));

describe('since a checkpoint that was kept, an older record that keys and credentials are taken from', () => {
  test('is the one that the checkpoint signs: an enrolment cannot be exchanged for the key of somebody else', async () => {
    const forged = enrolledRecord(mine, 1);
    const review = signedReview({ signer: mine, enrolled: forged, second: 5 });
    const { log, since } = await grown([enrolledRecord(theirs, 1)], [review]);
    const files = replaced(log.files, 'credential-enrolled', forged);
    const whole = await check(files, { checkpointKey: log.pin });
    expect(whole).toMatchObject({ ok: false, problem: { code: 'record-signature', index: 1 } });
    expect(await check(files, { checkpointKey: log.pin, since })).toEqual(whole);
  });

  test('is the one that the checkpoint signs: the first record cannot name another record key', async () => {
    const thief = createLog(undefined, [9, 2]);
    const { log, since } = await grown([recordBytes('heartbeat', {}, 1)], [recordBytes('heartbeat', {}, 2)]);
    const files = replaced(log.files, 'log-opened', thief.opening());
    const result = await check(files, { checkpointKey: log.pin, since });
    expect(result).toEqual(await check(files, { checkpointKey: log.pin }));
    expect(result).toMatchObject({ ok: false, problem: { index: 0 } });
  });

  test('is the one that the checkpoint signs: what expunges a file cannot name another one', async () => {
    const expunging = (digest: string): Uint8Array =>
      recordBytes('expunged', { expungedDigest: digest, by: { id: 1 }, approvedBy: { id: 2 }, because: [] }, 1);
    const missing = toHex(sha256(utf8('facts')));
    const news = recordBytes('requested', { factsDigest: missing }, 3);
    const { log, since } = await grown([expunging('ab'.repeat(32))], [news]);
    const files = replaced(log.files, 'expunged', expunging(missing));
    expect(await check(files, { checkpointKey: log.pin, since })).toMatchObject({ ok: false, problem: { index: 1 } });
  });

  test('is found by its name, which no tree holds: a renamed one only a whole check finds, and the result says so', async () => {
    const enrolled = enrolledRecord(mine, 1);
    const review = signedReview({ signer: mine, enrolled, second: 5 });
    const { log, since } = await grown([enrolled, revokedRecord(enrolled, 2)], [review]);
    const files = new Map(
      [...log.files].map(([path, bytes]) => [path.replace('credential-revoked', 'heartbeat'), bytes]),
    );
    expect(await check(files, {})).toMatchObject({ ok: false, problem: { code: 'record-misplaced', index: 2 } });
    const result = await check(files, { since });
    expect(result.ok && result.warnings.join()).toContain('names of older files are not signed');
  });
});

test('the result says which keys of people are enrolled, and that only the writer of the log vouches for them', async () => {
  const enrolled = enrolledRecord(mine, 1);
  const { log } = await grown([enrolled, revokedRecord(enrolled, 2)], [recordBytes('heartbeat', {}, 3)]);
  const result = await check(log.files, {});
  expect(result).toMatchObject({ ok: true, credentials: [{ index: 1, reviewerId: DAVE.id, revokedAt: 2 }] });
  expect(result.ok && result.warnings.join()).toMatch(
    /Keys of people are enrolled: 1 .* only the writer of the log vouches/,
  );
});
