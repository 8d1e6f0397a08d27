import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createLog, writeFiles } from '../support/evidence-log.ts';
import {
  DAVE,
  enrolledRecord,
  EVE,
  passkeySigner,
  revokedRecord,
  signedReview,
  sshSigner,
} from '../support/signed-reviews.ts';
import type { ReviewOptions, Signer } from '../support/signed-reviews.ts';
import { softwarePasskey } from '../support/software-passkey.ts';
import { softwareSshKey, SSH_KEY_TYPES } from '../support/software-ssh-key.ts';
import type { SshSignOptions } from '../support/software-ssh-key.ts';
import { hasSshKeygen } from '../support/ssh-keygen.ts';

/** The commands of the page are run as they stand there. */
const doc = readFileSync(new URL('../../docs/evidence-format.md', import.meta.url), 'utf8');
const script = /## Human signatures\n[^]*?```bash\n([^]*?)```/.exec(doc)?.[1] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'countersign-human-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Do the commands take this record of the log, by itself the last one? */
async function accepts(records: readonly Uint8Array[], index = records.length): Promise<boolean> {
  const log = createLog();
  await log.append([log.opening()]);
  await log.append(records);
  const cwd = mkdtempSync(join(folder, 'checkout-'));
  await writeFiles(cwd, log.files);
  const env = { ...process.env, N: String(index) };
  const { status } = spawnSync('bash', ['-c', script], { cwd, env, stdio: 'ignore' });
  return status === 0;
}

function reviewBy(signer: Signer, options: Partial<ReviewOptions> = {}): readonly Uint8Array[] {
  const enrolled = enrolledRecord(signer, 1);
  return [enrolled, signedReview({ signer, enrolled, second: 9, ...options })];
}

/** No cases where OpenSSH is not installed; the first test says so. */
function whereThere<T>(cases: readonly T[]): readonly T[] {
  return hasSshKeygen() ? cases : [];
}

const passkey = softwarePasskey('p256');
const securityKey = softwareSshKey('sk-ecdsa-sha2-nistp256@openssh.com');

describe('the commands of docs/evidence-format.md, "Human signatures"', () => {
  test('are there, and use nothing of ours', () => {
    if (!hasSshKeygen())
      console.warn('ssh-keygen is not on this machine: the commands of the page were not run on SSH keys');
    expect(script).toContain('ssh-keygen -Y verify');
    expect(script).not.toContain('countersign verify');
  });

  test.each(whereThere(SSH_KEY_TYPES))('accept a review signed with an SSH key (%s)', async (type) => {
    expect(await accepts(reviewBy(sshSigner(softwareSshKey(type))))).toBe(true);
  });

  test.each(['ed25519', 'ed448', 'p256', 'p384', 'p521', 'rs256'] as const)(
    'accept a review signed with a passkey (%s)',
    async (algorithm) => {
      expect(await accepts(reviewBy(passkeySigner(softwarePasskey(algorithm))))).toBe(true);
    },
  );

  const withReason = 'c'.repeat(64);

  test('accept a rejection with a reason', async () => {
    const statement = { verdict: 'reject', reasonCommitment: withReason } as const;
    const records = reviewBy(passkeySigner(passkey), { statement, fields: statement });
    expect(await accepts(records)).toBe(true);
  });

  test.each<[string, Partial<ReviewOptions>]>([
    ['of another request', { statement: { requestDigest: 'd'.repeat(64) } }],
    ['of another verdict', { statement: { verdict: 'reject' } }],
    ['of another repository', { statement: { repository: { host: 'github.com', installationId: 1, id: 67_890 } } }],
    ['of another reviewer', { statement: { reviewerId: EVE.id } }],
    ['of a reviewer whose id begins alike', { statement: { reviewerId: 100 } }],
    ['with a reason that was not signed', { fields: { reasonCommitment: withReason } }],
    ['without the reason that was signed', { statement: { reasonCommitment: withReason } }],
    ['under another name', { reviewer: EVE }],
    ['with a credential that is not in the log', { human: { enrolledDigest: 'e'.repeat(64) } }],
  ])('refuse a review %s', async (_, options) => {
    for (const signer of [passkeySigner(passkey), ...whereThere([sshSigner(securityKey)])]) {
      expect(await accepts(reviewBy(signer, options))).toBe(false);
    }
  });

  test.each([
    ['of another challenge', { client: { challenge: 'AAAA' } }],
    ['of another relying party', { rpId: 'evil.example' }],
    ['of a registration', { client: { type: 'webauthn.create' } }],
    ['without a touch', { flags: 0x04 }],
    ['without verifying the person', { flags: 0x01 }],
  ])('refuse an assertion %s', async (_, options) => {
    expect(await accepts(reviewBy(passkeySigner(passkey, options)))).toBe(false);
  });

  test.each(
    whereThere<readonly [string, SshSignOptions]>([
      ['for git', { namespace: 'git' }],
      ['without a touch', { flags: 0 }],
      ['that says another key', { wire: softwareSshKey('ssh-ed25519').wire }],
    ]),
  )('refuse an SSH signature %s', async (_, options) => {
    expect(await accepts(reviewBy(sshSigner(securityKey, options)))).toBe(false);
  });

  test('refuse a signature by another key', async () => {
    for (const [signer, other] of [
      [passkeySigner(passkey), passkeySigner(softwarePasskey('p256'))],
      ...whereThere([[sshSigner(securityKey), sshSigner(softwareSshKey(securityKey.type))] as const]),
    ] as const) {
      const enrolled = enrolledRecord(signer, 1, DAVE);
      expect(await accepts([enrolled, signedReview({ signer: other, enrolled, second: 9 })])).toBe(false);
    }
  });

  test('refuse a credential that was enrolled only afterwards, or never', async () => {
    const signer = passkeySigner(passkey);
    const enrolled = enrolledRecord(signer, 1);
    const review = signedReview({ signer, enrolled, second: 9 });
    expect(await accepts([review, enrolled], 1)).toBe(false);
    expect(await accepts([review])).toBe(false);
  });

  test('refuse a key that was revoked before, by whichever of its enrolments', async () => {
    const signer = passkeySigner(passkey);
    const [enrolled, again] = [enrolledRecord(signer, 1), enrolledRecord(signer, 2)];
    const other = enrolledRecord(passkeySigner(softwarePasskey('p256')), 3, EVE);
    const review = signedReview({ signer, enrolled, second: 9 });
    expect(await accepts([enrolled, revokedRecord(enrolled, 5), review])).toBe(false);
    expect(await accepts([enrolled, again, revokedRecord(again, 5), review])).toBe(false);
    expect(await accepts([enrolled, other, revokedRecord(other, 5), review])).toBe(true);
    expect(await accepts([again, revokedRecord(again, 5), enrolled, review])).toBe(true);
    expect(await accepts([enrolled, review, revokedRecord(enrolled, 12)], 2)).toBe(true);
  });
});
