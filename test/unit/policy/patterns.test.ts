import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesName } from '../../../core/policy/name-pattern.ts';
import { compileGlobs, globProblem } from '../../../core/policy/path-glob.ts';

describe('a name pattern', () => {
  test.each([
    ['*', '', true],
    ['*', 'a/b', true],
    ['a*', 'a', true],
    ['*a', 'ba', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-b-b', false],
    ['a**c', 'abc', true],
    ['a.c', 'abc', false],
    ['prod', 'production', false],
    ['production', 'prod', false],
    ['', '', true],
    ['', 'a', false],
  ])('%j against %j: %j', (pattern, name, expected) => {
    expect(matchesName(pattern, name)).toBe(expected);
  });

  test('agrees with a regular expression in which * is anything', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }), (pattern, name) => {
        expect(matchesName(pattern, name)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a glob is refused', () => {
  test.each([
    ['when it is empty', '', 'empty'],
    ['when it takes something out', '!infra/**', '"!"'],
    ['when it starts at a root that paths do not have', '/infra', 'start with "/"'],
    ['when it ends where nothing is', 'infra/', 'end with "/"'],
    ['when it is written for Windows', 'infra\\x', 'backslash'],
    ['when it is a regular expression', '^infra/.*\\.tf$', 'backslash'],
    ['when it ends like a regular expression', 'infra/.*$', 'regular expression'],
    ['when it has alternatives in parentheses', '(a|b)/**', 'regular expression'],
    ['when it repeats a class (C82)', '[a]+[a]+', 'regular expression'],
    ['when it repeats alternatives (C82)', '{a,a}+b', 'regular expression'],
    ['when it climbs', 'a/../b', '".."'],
    ['when it starts at the folder one is in', './a', '".."'],
    ['when it is a range', '{1..3}', '".."'],
    ['when it has any depth in a name', 'infra**', 'whole part'],
    ['when it has any depth before an ending', 'infra/**.tf', 'whole part'],
    ['when it has braces around one thing', 'a/{b}', 'alternatives'],
    ['when a bracket stays open', 'a/{b,c', 'not closed'],
    ['when it has too many stars in a part', '*a*a*', 'two "*"'],
    ['when it has too many depths', '**/a/**/b/**/c/**', 'three "**"'],
  ])('%s: %j', (_, glob, problem) => {
    expect(globProblem(glob)).toContain(problem);
  });

  test.each(['infra', '**/*.tf', 'a/**', '.github/**', '**', 'V[0-9]*__*.sql', 'c++/$lib/+page.{ts,js}', 'a b/c.txt'])(
    'not when it is %j',
    (glob) => {
      expect(globProblem(glob)).toBeNull();
    },
  );
});

test('a glob that may be written ends on a path made to be slow, long before the test would be stopped (C82)', () => {
  const globs = ['*a*a/*a*a/**/*b*b/**/x', '**/a/**/a/**/b', '{a,a}{a,a}{a,a}*a*ab', '**/*a*b/**/*a*b'];
  const paths = ['a', 'a/', 'cb', 'aa/'].map((part) => `${part.repeat(1020 / part.length)}c`);
  expect(globs.map(globProblem)).toEqual(globs.map(() => null));
  expect(paths.filter(compileGlobs(globs))).toEqual([]);
});
