import { describe, expect, test } from 'vitest';
import { ActionFailure } from '../../../action/failure.ts';
import { environmentOf, linesOf, readInputs, required, secretInputs } from '../../../action/inputs.ts';

const code = (read: () => unknown): string => {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof ActionFailure) return error.because.code;
    throw error;
  }
};
const given = (inputs: Readonly<Record<string, string>>): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));

describe('inputs', () => {
  test('are read under the names that the runner gives them, without blanks around them', () => {
    const inputs = readInputs(given({ environment: ' Production ', 'app-url': 'https://countersign.example\n' }));
    expect(inputs.mode).toBe('gate');
    expect(inputs['app-url']).toBe('https://countersign.example');
    expect(environmentOf(inputs)).toBe('production');
    expect(inputs.plan).toBe('');
  });

  test('have one value a line where there may be several', () => {
    const { artifacts } = readInputs(given({ artifacts: '\n a.zip\r\n\r\n  b.zip ' }));
    expect(linesOf(artifacts)).toEqual(['a.zip', 'b.zip']);
  });

  test('that are needed and missing are named', () => {
    const inputs = readInputs({});
    expect(code(() => required(inputs, 'environment'))).toBe('action-input-missing');
  });

  test.each(['Gate', 'gates', 'toString', '__proto__', 'gate run', 'gate\u200b'])('mode %j is unknown', (mode) => {
    expect(code(() => readInputs(given({ mode })))).toBe('action-mode-unknown');
  });

  test.each([
    ['a line break', { environment: 'production\nstaging' }],
    ['a zero byte', { environment: 'production\u0000x' }],
    ['an escape character', { command: '\u001b[2Jls' }],
    ['a control character in many lines', { mode: 'propose', artifacts: 'a\u0007b' }],
    ['a lone surrogate', { environment: 'a\ud800' }],
    ['more than 10,000 characters', { artifacts: 'a'.repeat(10_001) }],
    ['an input of another mode', { reason: 'because' }],
    ['a check that the mode does not make', { mode: 'verify', plan: 'tf.plan' }],
  ])('with %s are refused', (_, inputs) => {
    expect(code(() => readInputs(given(inputs)))).toBe('action-input-refused');
  });

  test('that say why are cut and cleaned, never refused: they may be the message of a commit that is merged', () => {
    const reasonOf = (reason: string): string => readInputs(given({ mode: 'propose', reason })).reason;
    expect(reasonOf('Fix it\r\n\n\tby hand')).toBe('Fix it\n\n\tby hand');
    expect(reasonOf('red \u001b[31m\rand \u0007 \ud800')).toBe('red \\u{1b}[31m\nand \\u{7} \ufffd');
    expect(reasonOf('a'.repeat(2_000))).toBe('a'.repeat(2_000));
    const cut = reasonOf(`${'a'.repeat(1_949)}${'\u{1f600}'.repeat(9_000)}`);
    expect(cut).toBe(`${'a'.repeat(1_949)}… (18000 more characters)`);
  });

  test('that an earlier job hands on are as large as a process can be started with, in bytes', () => {
    const proposal = (size: number) => given({ mode: 'decide', proposal: '€'.repeat(size / 3) });
    expect(readInputs(proposal(120 * 1024)).proposal).toHaveLength(40 * 1024);
    expect(code(() => readInputs(proposal(120 * 1024 + 3)))).toBe('action-input-refused');
  });

  test('filled in by GitHub or by default are taken in every mode', () => {
    const filled = { 'wait-seconds': '90', 'job-status': 'success', token: 't', 'signing-environment': 'countersign' };
    for (const mode of ['gate', 'run', 'propose', 'decide', 'close', 'verify']) {
      expect(readInputs(given({ mode, ...filled })).mode).toBe(mode);
    }
  });

  test('that are secrets are known before anything is judged', () => {
    const env = given({ mode: 'no such mode', token: 'x', 'signing-key': 'one\ntwo', 'previous-signing-key': 'y' });
    expect(secretInputs(env)).toEqual(['x', 'one\ntwo', 'y']);
  });
});
