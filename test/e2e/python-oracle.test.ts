import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { toBase64, utf8 } from '../../core/evidence/bytes.ts';
import { verifyEnvelope } from '../../core/evidence/dsse.ts';
import { formatVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../../core/evidence/notes/signed-note.ts';
import { createLog, sampleLog, sampleOrigin, verifyOnPool } from '../support/evidence-log.ts';
import type { LogAlgorithm } from '../support/evidence-log.ts';
import { pythonOracle } from '../support/oracles.ts';
import type { OracleAnswer } from '../support/oracles.ts';
import { textOf } from '../support/evidence-verdict.ts';
import { exportedLog } from '../support/exported-log.ts';
import { fullLog } from '../support/full-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-python-'));
const python = pythonOracle('verify_envelopes.py');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SIZE = 40;
const logs = {
  ed25519: await exportedSample('ed25519'),
  p256: await exportedSample('p256'),
};

async function exportedSample(algorithm: LogAlgorithm) {
  const { files, keys, pin } = await sampleLog(SIZE, 8, createLog(sampleOrigin, [1, 2], algorithm));
  return { keys, pin, lines: await envelopesOf(files, pin) };
}

async function envelopesOf(files: ReadonlyMap<string, Uint8Array>, pin: VerifierKey): Promise<string[]> {
  const text = textOf(await exportedLog(files, formatVerifierKey(pin)), 'envelopes.intoto.jsonl');
  return text.split('\n').slice(0, -1);
}

/** What securesystemslib says of an exported file of envelopes; null where it is not installed. */
function ask(text: string, ...vkeys: readonly string[]): OracleAnswer | null {
  const file = join(folder, 'envelopes.intoto.jsonl');
  writeFileSync(file, text);
  return python === null ? null : python([file, ...vkeys]);
}

type Lines = readonly string[];

function replaceIn(lines: Lines, at: number, from: string | RegExp, to: string): string[] {
  return lines.map((line, index) => (index === at ? line.replace(from, to) : line));
}

function signatureIn(line: string | undefined): string {
  return /"sig":"([^"]+)"/.exec(line ?? '')?.[1] ?? '';
}

const changes: readonly (readonly [string, (lines: Lines) => string])[] = [
  ['another byte in a payload', (lines) => joined(replaceIn(lines, 7, /"payload":"(.{80})./, '"payload":"$1#'))],
  [
    'a payload of one record more',
    (lines) => joined(replaceIn(lines, 7, '"payload":"', `"payload":"${toBase64(utf8('{ }'))}`)),
  ],
  ['another signature', (lines) => joined(replaceIn(lines, 7, signatureIn(lines[7]), signatureIn(lines[8])))],
  [
    'a good signature at another position',
    (lines) => joined(replaceIn(lines, 0, signatureIn(lines[0]), signatureIn(lines[1]))),
  ],
  ['no signatures', (lines) => joined(replaceIn(lines, 7, /"signatures":\[.*\]/, '"signatures":[]'))],
  ['another payload type', (lines) => joined(replaceIn(lines, 7, 'vnd.in-toto', 'vnd.other'))],
  ['an envelope that is cut', (lines) => joined(replaceIn(lines, 7, /.{20}$/, ''))],
  ['a last line that is cut', (lines) => joined(lines).slice(0, -1)],
  ['a line that is no envelope', (lines) => `${joined(lines)}{}\n`],
  ['nothing at all', () => ''],
];

function joined(lines: Lines): string {
  return lines.map((line) => `${line}\n`).join('');
}

test('envelopes of a log whose record key changed verify by its two keys, and not by either alone', async () => {
  const { files, pin, recordKeys } = await fullLog();
  const text = joined(await envelopesOf(files, pin));
  const [first = '', second = ''] = recordKeys.map(formatVerifierKey);
  const answers = [ask(text, first, second), ask(text, first), ask(text, second)];
  expect(first).not.toBe(second);
  if (python !== null) expect(answers.map((answer) => answer?.isAccepted)).toEqual([true, false, false]);
});

describe.each(Object.entries(logs))('envelopes of a log signed with %s', (_, log) => {
  const vkey = formatVerifierKey(log.keys.record);
  const { lines } = log;

  test('verify by securesystemslib and by our own reader, each of them', async () => {
    expect(lines).toHaveLength(SIZE);
    for (const line of lines) {
      expect((await verifyEnvelope(utf8(line), log.keys.record.key, verifyOnPool)).ok).toBe(true);
    }
    const answer = ask(joined(lines), vkey);
    if (answer !== null) expect(answer).toEqual({ isAccepted: true, output: `ok: ${SIZE} envelopes\n` });
  });

  test.each(python === null ? [] : changes)('are refused by securesystemslib with %s', (_, change) => {
    expect(change(lines)).not.toBe(joined(lines));
    expect(ask(change(lines), vkey)).toEqual({ isAccepted: false, output: expect.stringMatching(/^refused: /) });
  });

  test.each(python === null ? [] : ['checkpoint', 'other'])(
    'are refused by securesystemslib for the %s key',
    (which) => {
      const key = which === 'checkpoint' ? log.pin : createLog(sampleOrigin, [5, 6]).keys.record;
      expect(ask(joined(lines), formatVerifierKey(key))).toMatchObject({ isAccepted: false });
    },
  );
});
