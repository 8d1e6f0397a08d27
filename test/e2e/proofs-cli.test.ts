import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatWitnessKey, toWitnessKey } from '../../core/evidence/notes/cosignature.ts';
import { formatEnvelope } from '../../core/evidence/dsse.ts';
import { WITNESSED_PATH } from '../../core/evidence/layout.ts';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { createLog, fixedKey, sampleLog, sha256, writeFiles } from '../support/evidence-log.ts';
import type { LogBuilder } from '../support/evidence-log.ts';
import { commitFiles, initRepository } from '../support/evidence-repository.ts';
import { fullLog } from '../support/full-log.ts';
import type { FullLog } from '../support/full-log.ts';
import { runCli } from '../support/run-cli.ts';
import type { CliAnswer } from '../support/run-cli.ts';

const SIZE = 270;
const INDEX = 42;

let folder = '';
let log: LogBuilder;
let full: FullLog;
let key = '';
let record: Uint8Array;

/*
 * What an auditor has: a folder and a bare clone of one log (`log`, `log.git`), of another one with changed keys and a
 * witness (`full`), the pin, a checkpoint kept when the log had 100 records, and one record with its proof.
 */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-proofs-'));
  log = await sampleLog(SIZE, 40);
  full = await fullLog();
  key = formatVerifierKey(log.pin);
  record = log.records[INDEX] ?? new Uint8Array(0);
  await writeFiles(at('log'), log.files);
  await writeFiles(at('full'), full.files);
  mkdirSync(at('log.git'));
  initRepository(at('log.git'));
  commitFiles(at('log.git'), log.files);
  const older = createLog();
  await older.append(log.records.slice(0, 100));
  writeFileSync(at('kept'), older.files.get('checkpoint') ?? '');
  writeFileSync(at('pin.vkey'), `${key}\n`);
  const proofs = [
    run('prove', 'log.git', String(INDEX), '--key', key, '--out', 'proof', '--record-out', 'record.json'),
    run('prove', 'log', '--since', 'kept', '--key', key, '--out', 'growth'),
  ];
  for (const { status, output, errors } of proofs) if (status !== 0) throw new Error(output + errors);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function at(name: string): string {
  return join(folder, name);
}

function run(...args: string[]): CliAnswer {
  return runCli(folder, args);
}

function check(...args: string[]): CliAnswer {
  return run('check', 'record.json', '--proof', 'proof', ...args);
}

describe('countersign prove', () => {
  test('gives one proof for a record however it is named, from a folder, a clone and a URL', () => {
    const proof = readFileSync(at('proof'), 'utf8');
    expect(readFileSync(at('record.json'))).toEqual(Buffer.from(record));
    const digest = createHash('sha256').update(record).digest('hex');
    for (const named of [String(INDEX), digest, 'record.json']) {
      const { status, output } = run('prove', 'log', named, '--key', 'pin.vkey');
      expect({ status, output }).toEqual({ status: 0, output: proof });
    }
    expect(run('prove', `file://${at('log.git')}`, String(INDEX)).output).toBe(proof);
    const { ok, index, path, proof: text } = JSON.parse(run('prove', 'log', digest, '--json').output);
    expect({ ok, index, text }).toEqual({ ok: true, index: INDEX, text: proof });
    expect(log.files.get(path)).toEqual(record);
  });

  test('says what it read, whether the key was pinned, and that it did not check the rest', () => {
    const { output } = run('prove', 'log', '0', '--out', 'first.tlog-proof');
    expect(output).toContain(`proven: record 0 of ${SIZE} of ${log.origin}`);
    expect(output).toContain('NOT pinned');
    expect(output).toContain('countersign verify checks the whole log');
    expect(run('prove', 'log', '1', '--key', key, '--out', 'second').output).not.toContain('NOT pinned');
  });

  test.each([
    ['an index beyond the log', [String(SIZE)], 'not-in-log'],
    ['an index of 2^64', ['18446744073709551616'], 'not-in-log'],
    ['a digest of no record', ['0'.repeat(64)], 'not-in-log'],
    ['a file that is no record of it', ['pin.vkey'], 'not-in-log'],
    ['a witness that never cosigned', ['1', '--witnessed'], 'file-missing'],
  ])('does not prove %s: exit code 1', (_, args, code) => {
    const { status, output } = run('prove', 'log', ...args, '--key', key);
    expect(status).toBe(1);
    expect(output).toMatch(/^NOT PROVEN/);
    expect(output).toContain(code);
    expect(JSON.parse(run('prove', 'log', ...args, '--key', key, '--json').output)).toMatchObject({
      ok: false,
      problem: { code },
    });
  });

  test('does not prove from a log that was tampered with, and names the file', async () => {
    const tile = log.files.get('tile/0/000') ?? new Uint8Array(0);
    const changed = new Map(log.files).set('tile/0/000', tile.with(5, (tile[5] ?? 0) ^ 1));
    await writeFiles(at('tampered'), changed);
    const { status, output } = run('prove', 'tampered', String(INDEX), '--key', key);
    expect({ status, output }).toEqual({ status: 1, output: expect.stringContaining('NOT PROVEN: tile/0/000') });
  });

  test('never overwrites: exit code 2', () => {
    for (const option of ['--out', '--record-out']) {
      const before = readFileSync(at('pin.vkey'));
      const { status, errors } = run('prove', 'log', '1', '--key', key, option, 'pin.vkey');
      expect({ status, errors }).toEqual({ status: 2, errors: expect.stringContaining('exists and is left as it is') });
      expect(readFileSync(at('pin.vkey'))).toEqual(before);
    }
  });

  test.each([
    [['log']],
    [['log', '1', '--since', 'kept']],
    [['log', '1', '2']],
    [['nowhere', '1']],
    [['log', 'nowhere']],
    [['log', '1', '--key', `${'x'.repeat(9)}+00000000+AAAA`]],
    [['log', '1', '--branch', '--upload-pack=x']],
    [['log', '--since', 'kept', '--record-out', 'x']],
    [['log', '1', '--unknown']],
  ])('%j is wrong usage: exit code 2', (args) => {
    const { status, output, errors } = run('prove', ...args);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toContain('countersign prove <folder');
  });
});

describe('countersign check', () => {
  test('shows an approver what the record says, and plainly what the proof does not show', () => {
    const { status, output } = check('--key', key);
    expect(status).toBe(0);
    expect(output).toContain(`shown: this record stands in the log ${log.origin}`);
    const { predicate } = JSON.parse(Buffer.from(record).toString());
    for (const line of [
      `kind: ${predicate.kind}`,
      `when: ${predicate.at}`,
      'environment: production',
      `index: ${INDEX} `,
    ]) {
      expect(output).toContain(`  ${line}`);
    }
    expect(output).toContain('not shown: anything about later records');
    expect(output).toContain('not shown: that others are shown the same log');
    const review = run('prove', 'log', '2', '--out', 'review', '--record-out', 'review.json');
    expect(review.status).toBe(0);
    expect(run('check', 'review.json', '--proof', 'review', '--key', key).output).toContain(
      'who: kim, account 7 (reviewer)',
    );
  });

  test('gives the same as JSON', () => {
    const shown = JSON.parse(check('--key', 'pin.vkey', '--json').output);
    expect(shown).toMatchObject({ ok: true, origin: log.origin, index: INDEX, size: SIZE, checkpointKey: key });
    expect(shown.notShown.length).toBeGreaterThan(2);
  });

  test('checks the signature of an envelope by the record key, and says when it did not', () => {
    const recordKey = formatVerifierKey(log.keys.record);
    const envelope = (signature: Uint8Array): string => `${formatEnvelope(record, signature, 'x')}\n`;
    writeFileSync(at('envelope'), envelope(log.signRecord(record)));
    writeFileSync(at('forged'), envelope(new Uint8Array(64)));
    const checkFile = (file: string, ...more: string[]) =>
      run('check', file, '--proof', 'proof', '--key', key, ...more);
    expect(checkFile('envelope').output).toContain('NOT checked (no --record-key)');
    expect(checkFile('envelope', '--record-key', recordKey).output).toContain(`good, by ${recordKey}`);
    expect(checkFile('forged', '--record-key', recordKey)).toMatchObject({
      status: 1,
      output: expect.stringContaining('record-signature'),
    });
    expect(checkFile('envelope', '--record-key', key)).toMatchObject({ status: 1 });
    // A file that reads like another record, and of which only the payload is in the log.
    const other: unknown = JSON.parse(envelope(log.signRecord(record)));
    writeFileSync(at('disguised'), JSON.stringify({ predicate: { kind: 'released' }, ...Object(other) }));
    expect(checkFile('disguised')).toMatchObject({ status: 1, output: expect.stringContaining('other members') });
    expect(checkFile('record.json', '--record-key', recordKey)).toMatchObject({ status: 2 });
  });

  test.each([
    ['another record', ['log/checkpoint'], 'proof-wrong'],
    ['the proof of growth for a record', ['record.json', 'growth'], 'checkpoint-malformed'],
    ['a record as its own proof', ['record.json', 'record.json'], 'proof-malformed'],
    ['a proof with CRLF', ['record.json', 'crlf'], 'proof-malformed'],
    ['half a proof', ['record.json', 'half'], 'proof-malformed'],
    ['an empty proof', ['record.json', 'empty'], 'proof-malformed'],
  ])('does not show %s: exit code 1', (_, [subject = '', proof = 'proof'], code) => {
    const text = readFileSync(at('proof'), 'utf8');
    writeFileSync(at('crlf'), text.replaceAll('\n', '\r\n'));
    writeFileSync(at('half'), text.slice(0, 100));
    writeFileSync(at('empty'), '');
    const { status, output } = run('check', subject, '--proof', proof, '--key', key);
    expect({ status, output }).toEqual({ status: 1, output: expect.stringContaining(code) });
    expect(output).toMatch(/^NOT SHOWN/);
  });

  test('does not show anything by another key, or a name that hides what it says', () => {
    const other = formatVerifierKey(createLog(log.origin, [5, 6]).pin);
    expect(check('--key', other)).toMatchObject({ status: 1, output: expect.stringContaining('checkpoint-signature') });
    const elsewhere = formatVerifierKey(createLog('github.com/12345/67890/2').pin);
    expect(check('--key', elsewhere).output).toContain('checkpoint-of-another-log');
    expect(check('--key', other, '--key', key).status).toBe(0);
  });

  test('wants every witness that it is told of, and shows when they saw the log', () => {
    const [witness] = full.witnesses;
    if (witness === undefined) throw new Error('no witness');
    const pin = formatVerifierKey(full.pin);
    const proven = run('prove', 'full', '3', '--witnessed', '--key', pin, '--out', 'seen', '--record-out', 'seen.json');
    expect(proven.status).toBe(0);
    const seen = (...more: string[]) => run('check', 'seen.json', '--proof', 'seen', '--key', pin, ...more);
    const { status, output } = seen('--require-witness', formatWitnessKey(witness));
    expect({ status, output }).toEqual({
      status: 0,
      output: expect.stringContaining('witness: witness.example, 2026-'),
    });
    const absent = formatWitnessKey(toWitnessKey('absent.example', fixedKey(40).publicKey, sha256));
    expect(seen('--require-witness', absent)).toMatchObject({
      status: 1,
      output: expect.stringContaining('witness-missing'),
    });
    expect(seen('--require-witness', pin).status).toBe(2);
    const alias = formatWitnessKey(toWitnessKey('alias.example', witness.publicKey, sha256));
    expect(seen('--require-witness', alias, '--require-witness', formatWitnessKey(witness)).status).toBe(2);
    expect(existsSync(at(`full/${WITNESSED_PATH}`))).toBe(true);
  });

  test('says of a record that a person signed that their signature takes more than these files', () => {
    const signed = run('prove', 'full', '4', '--out', 'signed', '--record-out', 'signed.json');
    expect(signed.status).toBe(0);
    const pin = formatVerifierKey(full.newestPin);
    const { output } = run('check', 'signed.json', '--proof', 'signed', '--key', pin);
    expect(output).toContain('assurance: human-signed');
    expect(output).toContain("not shown: that the person's own signature");
  });

  test('shows that the log only grew since a kept checkpoint, and not since one that it does not extend', async () => {
    const shown = run('check', 'kept', '--proof', 'growth', '--key', key);
    expect(shown.output).toContain(`has ${SIZE} records, and the first 100 are those of the older checkpoint`);
    expect(shown.status).toBe(0);
    expect(JSON.parse(run('check', 'kept', '--proof', 'growth', '--key', key, '--json').output)).toMatchObject({
      ok: true,
      olderSize: 100,
      size: SIZE,
    });
    const rewritten = createLog();
    await rewritten.append([...log.records.slice(0, 99), log.records[120] ?? record]);
    writeFileSync(at('other'), rewritten.files.get('checkpoint') ?? '');
    expect(run('check', 'other', '--proof', 'growth', '--key', key)).toMatchObject({ status: 1 });
    expect(run('prove', 'log', '--since', 'other', '--key', key)).toMatchObject({
      status: 1,
      output: expect.stringContaining('since-is-not-a-prefix'),
    });
  });

  test.each([
    [[]],
    [['record.json']],
    [['record.json', '--proof', 'proof']],
    [['record.json', '--key', 'pin.vkey']],
    [['record.json', 'proof', '--proof', 'proof', '--key', 'pin.vkey']],
    [['nowhere', '--proof', 'proof', '--key', 'pin.vkey']],
    [['log', '--proof', 'proof', '--key', 'pin.vkey']],
  ])('%j is wrong usage: exit code 2', (args) => {
    const { status, output, errors } = run('check', ...args);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toContain('countersign check <record>');
  });
});
