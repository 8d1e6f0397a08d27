import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../action/command.ts';
import { ActionFailure } from '../../../action/failure.ts';

function codeOf(line: string): string {
  try {
    return `parsed as ${JSON.stringify(parseCommandLine(line))}`;
  } catch (error) {
    return error instanceof ActionFailure ? error.because.code : 'another error';
  }
}

describe('a command is plain words', () => {
  test.each([
    ['terraform apply tfplan', ['terraform', 'apply', 'tfplan']],
    ['  kubectl\tapply  -f   deploy.yaml ', ['kubectl', 'apply', '-f', 'deploy.yaml']],
    ["psql -c 'select 1; drop table x' db", ['psql', '-c', 'select 1; drop table x', 'db']],
    ['echo "two words" \'and $HOME\'', ['echo', 'two words', 'and $HOME']],
    ['echo ""', ['echo', '']],
    ['./scripts/migrate.sh --to=42', ['./scripts/migrate.sh', '--to=42']],
    ['echo a"b c"d\'e f\'', ['echo', 'ab cde f']],
    ['echo "it\'s" \'say "so"\'', ['echo', "it's", 'say "so"']],
    ['helm upgrade shop chart --set a=1,b=2', ['helm', 'upgrade', 'shop', 'chart', '--set', 'a=1,b=2']],
    ['échö ☃ 日本', ['échö', '☃', '日本']],
  ])('%s', (line, argv) => {
    expect(parseCommandLine(line)).toEqual(argv);
  });

  test('of nothing there is no command', () => {
    expect(parseCommandLine('')).toBe(null);
    expect(parseCommandLine('  \t ')).toBe(null);
  });
});

describe('what only a shell understands is refused', () => {
  test.each([
    'echo $HOME',
    'echo "$HOME"',
    'echo `id`',
    'echo "`id`"',
    'a; b',
    'a && b',
    'a &',
    'a | b',
    'a || b',
    'a < in',
    'a > out',
    '(a)',
    'rm *',
    'ls file?',
    'cd ~/x',
    'a # comment',
    'a\nb',
    'a\r\nb',
    'a \\\nb',
    'a "b\\"c"',
    'a {b,c}',
    'ls [ab]',
    '!!',
    'KEY=1 program',
    '"" program',
    'a\u0000b',
    'rm\u00a0-rf',
    'echo "a\u202eb"',
    'echo \u200b',
  ])('%j', (line) => {
    expect(codeOf(line)).toBe('command-needs-a-shell');
  });

  test('an open quote and an endless command have codes of their own', () => {
    expect(codeOf("echo 'a")).toBe('command-quote-open');
    expect(codeOf('echo "a')).toBe('command-quote-open');
    expect(codeOf(`echo ${'a'.repeat(20_000)}`)).toBe('command-too-long');
  });
});

test('words in single quotes come out as they went in, whatever stands in them', () => {
  const word = fc.string({ unit: 'binary-ascii' }).filter((text) => !/['\p{C}]/u.test(text));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
      const line = ['run', ...words.map((text) => `'${text}'`)].join(' ');
      expect(parseCommandLine(line)).toEqual(['run', ...words]);
    }),
  );
});

test('whatever is given either parses or is refused with a code', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (line) => {
      expect(codeOf(line)).toMatch(/^(?:parsed as |command-)/);
    }),
  );
});
