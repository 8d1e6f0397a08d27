import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openProgressBar } from '../../cli/progress-bar.ts';
import { formatWitnessKey, toWitnessKey } from '../../core/evidence/notes/cosignature.ts';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { createLog, fixedKey, recordBytes, sha256, writeFiles } from '../support/evidence-log.ts';
import { fullLog } from '../support/full-log.ts';
import type { FullLog } from '../support/full-log.ts';
import { ed25519Signer, keyChanged } from '../support/key-changes.ts';
import { runCli } from '../support/run-cli.ts';
import { logOf } from '../support/signed-log.ts';

let folder = '';
let log: FullLog;
let witness = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-options-'));
  log = await fullLog();
  witness = log.witnesses.map(formatWitnessKey).join();
  await writeFiles(join(folder, 'log'), log.files);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function verify(...args: readonly string[]) {
  return runCli(folder, ['verify', 'log', ...args]);
}

const stranger = formatWitnessKey(toWitnessKey('stranger.example', fixedKey(77).publicKey, sha256));

describe('countersign verify --key', () => {
  test('takes the first checkpoint key of a log that has changed it, and says that the log leads on from it', () => {
    const { status, output } = verify('--key', formatVerifierKey(log.pin));
    expect({ status, output }).toMatchObject({
      status: 0,
      output: expect.stringContaining('leads from the pinned one'),
    });
    const [before, after] = log.recordKeys.map(formatVerifierKey);
    expect(output).toContain(`keys from record 0: ${before}`);
    expect(output).toContain(`record key: ${after} (named by record 7)`);
  });

  test('takes the newest one', () => {
    const { status, output } = verify('--key', formatVerifierKey(log.newestPin));
    expect({ status, output }).toMatchObject({ status: 0, output: expect.stringContaining('(pinned)') });
    expect(output).not.toContain('NOT TRUSTED');
  });

  test('tells which records a revoked key signed', async () => {
    const old = { record: ed25519Signer('record', 1), checkpoint: ed25519Signer('checkpoint', 2) };
    const fresh = { ...old, record: ed25519Signer('record', 3) };
    const heartbeats = [1, 2, 3].map((second) => recordBytes('heartbeat', {}, second));
    const change = { role: 'record', before: old.record, after: fresh.record, revokedFrom: 2 } as const;
    const revoking = recordBytes('key-changed', await keyChanged(change), 4);
    const files = await logOf(
      [old, createLog().opening(), ...heartbeats, revoking],
      [fresh, recordBytes('heartbeat', {}, 5)],
    );
    await writeFiles(join(folder, 'revoked'), files);
    const { status, output } = runCli(folder, ['verify', 'revoked']);
    expect({ status, output }).toMatchObject({
      status: 0,
      output: expect.stringContaining('NOT TRUSTED: records 2 to 3'),
    });
    const json: unknown = JSON.parse(runCli(folder, ['verify', 'revoked', '--json']).output);
    expect(json).toMatchObject({ ok: true, distrusted: [{ role: 'record', from: 2, before: 4 }], since: null });
  });

  test("does not take a record key, nor another log's", () => {
    for (const key of log.recordKeys) {
      expect(verify('--key', formatVerifierKey(key))).toMatchObject({ status: 1 });
    }
  });
});

describe('countersign verify --require-witness', () => {
  test('says up to which record the witness has seen the log, and when', () => {
    const { status, output } = verify('--require-witness', witness);
    expect({ status, output }).toMatchObject({
      status: 0,
      output: expect.stringMatching(/witnessed: the first 9 records, at 20/),
    });
    const answer: unknown = JSON.parse(verify('--require-witness', witness, '--json').output);
    expect(answer).toMatchObject({ witnessed: { size: 9, cosignatures: [{ witness }] } });
  });

  test('refuses the log when one of several has not cosigned it', () => {
    expect(verify('--require-witness', witness, '--require-witness', stranger)).toMatchObject({
      status: 1,
      output: expect.stringContaining('witness-missing: stranger.example'),
    });
  });

  test('refuses a log without cosignatures', async () => {
    const files = new Map([...log.files].filter(([path]) => path !== 'checkpoint.witnessed'));
    await writeFiles(join(folder, 'unwitnessed'), files);
    expect(runCli(folder, ['verify', 'unwitnessed'])).toMatchObject({ status: 0 });
    expect(runCli(folder, ['verify', 'unwitnessed', '--require-witness', witness])).toMatchObject({
      status: 1,
      output: expect.stringContaining('DOES NOT VERIFY: checkpoint.witnessed\n  witness-missing'),
    });
  });

  test('takes no key of a log for that of a witness', () => {
    expect(verify('--require-witness', formatVerifierKey(log.pin))).toMatchObject({ status: 2, output: '' });
  });
});

test('countersign verify --since says what was checked and what was not read again', () => {
  writeFileSync(join(folder, 'kept'), log.versions.at(-3)?.get('checkpoint') ?? '');
  const { status, output, errors } = verify('--key', formatVerifierKey(log.pin), '--since', 'kept');
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  expect(output).toMatch(/checked: every path and tile; every signature, hash and rule of the \d+ records since \d+/);
  expect(output).toContain('Not read again: records 0 to');
});

describe('a progress bar', () => {
  test('is drawn in place on a terminal and taken off at the end', () => {
    let text = '';
    const bar = openProgressBar({ isTTY: true, write: (more) => (text += more) });
    bar.show(256, 1_024);
    bar.show(1_024, 1_024);
    bar.clear();
    expect(text).toContain('256 of 1,024 records');
    expect(text).not.toContain('\n');
    expect(text.endsWith('\r\u001B[K')).toBe(true);
  });

  test('is not drawn into a file', () => {
    let text = '';
    const bar = openProgressBar({ write: (more) => (text += more) });
    bar.show(1, 2);
    bar.clear();
    expect(text).toBe('');
  });
});
