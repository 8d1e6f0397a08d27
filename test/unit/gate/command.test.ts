import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../core/gate/command.ts';

describe('a comment is a command', () => {
  test.each([
    ['an approval', '/countersign approve K3M9QX2T', { kind: 'approve', code: 'K3M9QX2T', reason: '' }],
    [
      'an approval with a reason',
      '/countersign approve K3M9QX2T looked at the plan',
      { kind: 'approve', code: 'K3M9QX2T', reason: 'looked at the plan' },
    ],
    [
      'a code in lower case with a dash',
      '/countersign approve k3m9-qx2t',
      { kind: 'approve', code: 'K3M9QX2T', reason: '' },
    ],
    [
      'a code with O and l for 0 and 1',
      '/countersign approve OlOlOlOl',
      { kind: 'approve', code: '01010101', reason: '' },
    ],
    [
      'a rejection',
      '/countersign reject K3M9QX2T too risky',
      { kind: 'reject', code: 'K3M9QX2T', reason: 'too risky' },
    ],
    [
      'a rejection without a reason: whoever wants to stop something does',
      '/countersign reject K3M9QX2T',
      { kind: 'reject', code: 'K3M9QX2T', reason: '' },
    ],
    [
      'a rejection with only spaces as its reason',
      '/countersign reject K3M9QX2T    ',
      { kind: 'reject', code: 'K3M9QX2T', reason: '' },
    ],
    ['a question for the state', '/countersign status', { kind: 'status' }],
    ['spaces at its end', '/countersign status  \t', { kind: 'status' }],
    [
      'CRLF and lines below, which are no part of it',
      '/countersign approve K3M9QX2T ok\r\n\r\n> /countersign reject K3M9QX2T no\r\n',
      { kind: 'approve', code: 'K3M9QX2T', reason: 'ok' },
    ],
  ])('%s', (_, body, command) => {
    expect(parseCommand(body)).toEqual(command);
  });
});

// C39: nothing is searched for inside a text.
describe('a comment has no effect', () => {
  test.each([
    ['an empty comment', ''],
    ['a negation around it', 'do not /countersign approve K3M9QX2T'],
    ['a negation before it', 'No!\n/countersign approve K3M9QX2T'],
    ['a quote', '> /countersign approve K3M9QX2T'],
    ['a code block', '```\n/countersign approve K3M9QX2T\n```'],
    ['an inline code', '`/countersign approve K3M9QX2T`'],
    ['an indented code block', '    /countersign approve K3M9QX2T'],
    ['one space before it', ' /countersign approve K3M9QX2T'],
    ['an empty line before it', '\n/countersign approve K3M9QX2T'],
    ['a byte order mark before it', '\uFEFF/countersign approve K3M9QX2T'],
    ['an HTML comment around it', '<!-- /countersign approve K3M9QX2T -->'],
    ['the footer of a mail reply', 'Thanks\n\nOn Monday bob wrote:\n> /countersign approve K3M9QX2T'],
    ['the word alone', 'approved!'],
    ['another spelling of the command', '/Countersign approve K3M9QX2T'],
    ['another spelling of the verb', '/countersign Approve K3M9QX2T'],
    ['another verb', '/countersign approved K3M9QX2T'],
    ['a negated verb', '/countersign not approve K3M9QX2T'],
    ['no code', '/countersign approve'],
    ['a reason instead of a code', '/countersign approve looks good'],
    ['a code that is too short', '/countersign approve K3M9QX2'],
    ['a code that is too long', '/countersign approve K3M9QX2TT'],
    ['a letter that no code has', '/countersign approve U3M9QX2T'],
    ['a look-alike letter in the code', '/countersign approve К3M9QX2T'],
    ['a code glued to its reason', '/countersign approve K3M9QX2T,ok'],
    ['two spaces before the code', '/countersign approve  K3M9QX2T'],
    ['words after status', '/countersign status please'],
    ['a carriage return inside the line', '/countersign approve K3M9QX2T ok\rnot really'],
    ['a line separator inside the line', '/countersign approve K3M9QX2T ok\u2028not really'],
  ])('%s', (_, body) => {
    expect(parseCommand(body)).toBeNull();
  });
});
