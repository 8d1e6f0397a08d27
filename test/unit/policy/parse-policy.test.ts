import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../../core/policy/parse-policy.ts';
import { policyOf, textOf } from './subjects.ts';

const GROUPS = 'groups: { sre: { teams: [acme/sre] } }';
const RULE = ['rules:', '  - id: one', '    when: { agent: true }'];
const REQUIRE = '    require: [{ from: sre, count: 1 }]';

/** What the one issue says, and where: `line:column path message`. */
type Row = readonly [sentence: string, text: string, where: string, message: string];

function checkRows(rows: readonly Row[]): void {
  test.each(rows)('%s', (_, text, where, message) => {
    const answer = parsePolicy(text);
    const [issue] = answer.ok ? [] : answer.issues;
    expect(issue).toBeDefined();
    expect(`${issue?.line}:${issue?.column} ${issue?.path}`.trim()).toBe(where);
    expect(issue?.message).toContain(message);
  });
}

describe('text that is not one plain YAML document is refused (C77)', () => {
  checkRows([
    ['an empty file', '', '0:0', 'is empty'],
    ['a file of comments', '# nothing\n', '0:0', 'is empty'],
    ['a file that is null', 'null\n', '1:1', 'this file has no value'],
    ['an empty map', '{}', '1:1 version', 'version is missing'],
    ['a list', '- 1', '1:1', 'this file must be a map'],
    ['a text', 'release everything', '1:1', 'this file must be a map'],
    ['a tab as indent', 'version: 1\nscope:\n\tdeployments: all\n', '3:1', 'Tabs are not allowed'],
    [
      'markers of a merge conflict',
      'version: 1\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n',
      '2:1',
      'merge conflict',
    ],
    ['a key that stands twice', 'version: 1\nversion: 1\n', '2:1', 'Map keys must be unique'],
    ['an anchor', 'version: &one 1\n', '1:15', 'Anchors'],
    ['an alias', 'version: 1\nscope: *one\n', '2:8', 'Aliases'],
    ['a merge key', '<<: { version: 1 }\n', '1:1', 'Merge keys'],
    ['a known tag', 'version: !!int 1\n', '1:16', 'Tags'],
    ['an unknown tag', 'version: !secret 1\n', '1:10', 'Unresolved tag'],
    ['a directive', '%YAML 1.1\n---\nversion: 1\n', '1:1', 'directives'],
    ['two documents', 'version: 1\n---\nversion: 1\n', '2:1', 'one document'],
    ['a key that is a number', '1: 1\n', '1:1', 'A key must be text'],
    ['a key that is null', 'null: 1\n', '1:1', 'A key must be text'],
    ['a key that is a list', '? [a]\n: 1\n', '1:3', 'A key must be text'],
    ['a key that reaches into prototypes', '__proto__: { version: 1 }\n', '1:1', '"__proto__" is refused'],
    ['a bracket that is not closed', 'version: [1\n', '2:1', 'not YAML'],
    ['text that turns its direction', 'version: 1 # \u202ella\n', '1:14', 'invisible character'],
    ['a name with nothing to see in it', 'version: 1\nscope\u200b: 1\n', '2:6', 'invisible character'],
    ['a file of 5 MB', `# ${'x'.repeat(5_000_000)}\n`, '0:0', 'larger than 256 KiB'],
    ['a file of few characters and many bytes', `# ${'ü'.repeat(140_000)}\n`, '0:0', 'larger than 256 KiB'],
    ['an unquoted name of a set', textOf('paths: { a: [@infra] }'), '3:14', 'reserved character @'],
  ]);

  test.each(['[', '{a: ', '- '])('a file of ever deeper %j is refused quickly', (open) => {
    expect(parsePolicy(open.repeat(Math.floor(250_000 / open.length))).ok).toBe(false);
  });

  test('a bomb of aliases is refused before it is unfolded', () => {
    const lines = Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(10)}]`);
    expect(parsePolicy(['a0: &a0 x', ...lines].join('\n')).ok).toBe(false);
  });
});

describe('a policy that could mean less than it says is refused', () => {
  checkRows([
    ['no scope', 'version: 1\n', '1:1 scope', 'scope is missing'],
    ['half a scope', 'version: 1\nscope: { deployments: all }\n', '2:8 scope.pull-requests', 'is missing'],
    [
      'a scope that is not known',
      'version: 1\nscope: { deployments: none, pull-requests: all }\n',
      '2:23 scope.deployments',
      'deployments is "all"',
    ],
    [
      'deployments of agents only, which nothing enforces yet',
      'version: 1\nscope: { deployments: agent, pull-requests: all }\n',
      '2:23 scope.deployments',
      'not enforced yet',
    ],
    [
      'another version',
      'version: 2\nscope: { deployments: all, pull-requests: all }\n',
      '1:10 version',
      'version is 1',
    ],
    [
      'a version in quotes',
      'version: "1"\nscope: { deployments: all, pull-requests: all }\n',
      '1:10 version',
      'version is 1',
    ],
    ['an unknown key at the top', textOf('rulez: []'), '3:1 rulez', '"rulez" is not known'],
    ['an unknown key in a rule', textOf(GROUPS, ...RULE, REQUIRE, '    alow: true'), '8:5 rules[0].alow', 'not known'],
    [
      'an unknown key in when',
      textOf(GROUPS, 'rules:', '  - id: a', '    when: { branches: [main] }', REQUIRE),
      '6:13 rules[0].when.branches',
      'not known',
    ],
    ['a key without a value', textOf('rules:'), '3:1 rules', 'rules has no value'],
    ['an empty list of rules', textOf('rules: []'), '3:8 rules', 'empty'],
    ['an empty map of groups', textOf('groups: {}'), '3:9 groups', 'There is no group'],
    ['rules that are a map', textOf('rules: { a: 1 }'), '3:8 rules', 'must be a list'],
    [
      'a rule without id',
      textOf('rules:', '  - when: { agent: true }', '    deny: no'),
      '4:5 rules[0].id',
      'id is missing',
    ],
    ['a rule without when', textOf('rules:', '  - id: a', '    deny: no'), '4:5 rules[0].when', 'when is missing'],
    [
      'an empty when',
      textOf('rules:', '  - id: a', '    when: {}', '    deny: no'),
      '5:11 rules[0].when',
      'when is empty',
    ],
    [
      'an empty list in when',
      textOf('rules:', '  - id: a', '    when: { kind: [] }', '    deny: no'),
      '5:19 rules[0].when.kind',
      'empty',
    ],
    ['a rule that does nothing', textOf(...RULE), '4:5 rules[0]', 'require or deny'],
    ['a rule that asks and denies', textOf(GROUPS, ...RULE, REQUIRE, '    deny: no'), '8:11 rules[0].deny', 'not both'],
    ['an empty denial', textOf(...RULE, '    deny: " "'), '6:11 rules[0].deny', 'must not be empty'],
    [
      'a count of 0',
      textOf(GROUPS, ...RULE, '    require: [{ from: sre, count: 0 }]'),
      '7:35 rules[0].require[0].count',
      'at least 1',
    ],
    [
      'a count below 0',
      textOf(GROUPS, ...RULE, '    require: [{ from: sre, count: -1 }]'),
      '7:35 rules[0].require[0].count',
      'at least 1',
    ],
    [
      'a count of a half',
      textOf(GROUPS, ...RULE, '    require: [{ from: sre, count: 0.5 }]'),
      '7:35 rules[0].require[0].count',
      'whole number',
    ],
    [
      'a count in quotes',
      textOf(GROUPS, ...RULE, '    require: [{ from: sre, count: "2" }]'),
      '7:35 rules[0].require[0].count',
      'whole number',
    ],
    [
      'a missing count',
      textOf(GROUPS, ...RULE, '    require: [{ from: sre }]'),
      '7:15 rules[0].require[0].count',
      'count is missing',
    ],
    [
      'a count that nobody can fill',
      textOf(GROUPS, ...RULE, '    require: [{ from: sre, count: 21 }]'),
      '7:35 rules[0].require[0].count',
      'at most 20',
    ],
    ['no seat at all', textOf(GROUPS, ...RULE, '    require: []'), '7:14 rules[0].require', 'empty'],
    [
      'an unknown group',
      textOf(GROUPS, ...RULE, '    require: [{ from: sra, count: 1 }]'),
      '7:23 rules[0].require[0].from',
      'no group "sra"',
    ],
    [
      'a group that only the language has',
      textOf(GROUPS, ...RULE, '    require: [{ from: constructor, count: 1 }]'),
      '7:23 rules[0].require[0].from',
      'no group "constructor"',
    ],
    [
      'one group twice in a rule',
      textOf(GROUPS, ...RULE, '    require: [{ from: sre, count: 1 }, { from: sre, count: 1 }]'),
      '7:48 rules[0].require[1].from',
      'raise its count',
    ],
    [
      'two rules with one id',
      textOf(...RULE, '    deny: no', ...RULE.slice(1), '    deny: no'),
      '7:9 rules[1].id',
      'has this id already',
    ],
    [
      'the id of what Countersign asks for itself',
      textOf('rules:', '  - id: built-in', '    when: { agent: true }', '    deny: no'),
      '4:9 rules[0].id',
      'is kept for',
    ],
    [
      'an unknown window',
      textOf('rules:', '  - id: a', '    when: { during: freeze }', '    deny: no'),
      '5:21 rules[0].when.during[0]',
      'no window "freeze"',
    ],
    [
      'an unknown set of paths',
      textOf('rules:', '  - id: a', '    when: { paths: "@infar" }', '    deny: no'),
      '5:20 rules[0].when.paths[0]',
      'no set of paths "@infar"',
    ],
    [
      'a set with the name of one that is there',
      textOf('paths: { infra: [terraform] }'),
      '3:17 paths.infra',
      'brings along',
    ],
    ['a set of sets of one’s own', textOf('paths: { a: [x], b: ["@a"] }'), '3:22 paths.b[0]', 'other sets cannot'],
    [
      'a rule that asks less of agents',
      textOf('rules:', '  - id: a', '    when: { agent: false }', '    deny: no'),
      '5:20 rules[0].when.agent',
      'cannot be false',
    ],
    [
      'an agent that nobody knows',
      textOf('rules:', '  - id: a', '    when: { agent: [cluade] }', '    deny: no'),
      '5:21 rules[0].when.agent[0]',
      'agent id is not known',
    ],
    [
      'an initiator who can change his login',
      textOf('rules:', '  - id: a', '    when: { initiator: kim }', '    deny: no'),
      '5:24 rules[0].when.initiator[0]',
      '"login#id"',
    ],
    [
      'an environment of a pull request',
      textOf('rules:', '  - id: a', '    when: { kind: pull-request, environment: x }', '    deny: no'),
      '5:19 rules[0].when.kind',
      'never matches',
    ],
    [
      'a reason asked of a denial',
      textOf(...RULE, '    deny: no', '    reason: { min-length: 3 }'),
      '7:13 rules[0].reason',
      'belongs to a rule with require',
    ],
    [
      'a window that ends before it starts',
      textOf('windows: { a: { from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" } }'),
      '3:15 windows.a',
      'later than from',
    ],
    [
      'a time without a zone',
      textOf('windows: { a: { from: "2026-02-01T00:00:00", to: "2026-03-01T00:00:00Z" } }'),
      '3:23 windows.a.from',
      'in UTC',
    ],
    [
      'a day that is not there',
      textOf('windows: { a: { from: "2026-02-30T00:00:00Z", to: "2026-03-01T00:00:00Z" } }'),
      '3:23 windows.a.from',
      'in UTC',
    ],
    [
      'a baseline that is no full SHA',
      textOf('baselines: { production: "4b825dc" }'),
      '3:26 baselines.production',
      '40 lower-case hex',
    ],
    [
      'a baseline that YAML reads as a number',
      textOf(`baselines: { production: ${'1'.repeat(40)} }`),
      '3:26 baselines.production',
      'in quotes',
    ],
    [
      'a baseline for an upper-case environment',
      textOf(`baselines: { Prod: "${'a'.repeat(40)}" }`),
      '3:20 baselines.Prod',
      'lower case',
    ],
    [
      'a pattern where branches are named',
      textOf('deploy-branches: { production: "release/*" }'),
      '3:32 deploy-branches.production[0]',
      'in full',
    ],
    [
      'automation by login only',
      textOf('automation: [{ login: "dependabot[bot]", paths: [a] }]'),
      '3:14 automation[0].account',
      'account is missing',
    ],
    [
      'automation without paths',
      textOf('automation: [{ account: 1, login: a, paths: [] }]'),
      '3:45 automation[0].paths',
      'empty',
    ],
    [
      'automation within a set',
      textOf('automation: [{ account: 1, login: a, paths: "@infra" }]'),
      '3:45 automation[0].paths[0]',
      'names a set',
    ],
    [
      'automation twice',
      textOf('automation: [{ account: 1, login: a, paths: a }, { account: 1, login: b, paths: b }]'),
      '3:61 automation[1].account',
      'listed already',
    ],
  ]);
});

describe('a group that could be everybody or nobody is refused (C91)', () => {
  checkRows([
    ['an empty group', textOf('groups: { sre: {} }'), '3:16 groups.sre', 'is nobody'],
    ['no users', textOf('groups: { sre: { users: [] } }'), '3:25 groups.sre.users', 'empty'],
    ['an empty user', textOf('groups: { sre: { users: [""] } }'), '3:26 groups.sre.users[0]', 'A person is written'],
    ['a blank user', textOf('groups: { sre: { users: [" "] } }'), '3:26 groups.sre.users[0]', 'A person is written'],
    [
      'users as one text with commas',
      textOf('groups: { sre: { users: "alice,bob" } }'),
      '3:25 groups.sre.users',
      'must be a list',
    ],
    [
      'two users in one entry',
      textOf('groups: { sre: { users: ["alice,bob"] } }'),
      '3:26 groups.sre.users[0]',
      'A person is written',
    ],
    [
      'a wildcard for users',
      textOf('groups: { sre: { users: ["*"] } }'),
      '3:26 groups.sre.users[0]',
      'A person is written',
    ],
    [
      'a bot',
      textOf('groups: { sre: { users: ["helper[bot]"] } }'),
      '3:26 groups.sre.users[0]',
      'only people countersign',
    ],
    [
      'a user of digits without quotes',
      textOf('groups: { sre: { users: [123] } }'),
      '3:26 groups.sre.users[0]',
      'must be text',
    ],
    [
      'an id that is none',
      textOf('groups: { sre: { users: ["kim#0"] } }'),
      '3:26 groups.sre.users[0]',
      'A person is written',
    ],
    [
      'a team without its organisation',
      textOf('groups: { sre: { teams: [sre] } }'),
      '3:26 groups.sre.teams[0]',
      '"org/team"',
    ],
    [
      'a team as CODEOWNERS writes it',
      textOf('groups: { sre: { teams: ["@acme/sre"] } }'),
      '3:26 groups.sre.teams[0]',
      'without "@"',
    ],
    [
      'a permission that everybody has',
      textOf('groups: { sre: { min-permission: read } }'),
      '3:34 groups.sre.min-permission',
      '"write", "maintain"',
    ],
    [
      'a group with the name of a built-in seat',
      textOf('groups: { baseline: { teams: [a/b] } }'),
      '3:21 groups.baseline',
      'is kept for',
    ],
  ]);
});

describe('what is not enforced yet is refused, never ignored', () => {
  test.each([
    ['break-glass', textOf('break-glass: { from: sre }')],
    ['notify', textOf('notify: []')],
    ['evidence', textOf('evidence: { branch: x }')],
    ['mode', textOf('mode: monitor')],
    ['mode', textOf('mode:')],
    ['approval-valid-for', textOf(...RULE, '    deny: no', '    approval-valid-for: 30m')],
    ['typed-confirmation', textOf(...RULE, '    deny: no', '    typed-confirmation: x')],
    ['expires', textOf(...RULE, '    deny: no', '    expires: "2027-01-01"')],
    ['risk', textOf('rules:', '  - id: a', '    when: { risk: { kinds: [destructive] } }', '    deny: no')],
    ['resource', textOf('rules:', '  - id: a', '    when: { resource: [aws_db_instance] }', '    deny: no')],
    ['action', textOf('rules:', '  - id: a', '    when: { action: [delete] }', '    deny: no')],
    ['codeowners', textOf(...RULE, '    require: [{ codeowners: each, from: a, count: 1 }]')],
    ['codeowners', textOf('groups: { a: { codeowners: any } }')],
    ['distinct-from', textOf(...RULE, '    require: [{ from: a, count: 1, distinct-from: [reviewer] }]')],
    ['must-match', textOf(GROUPS, ...RULE, REQUIRE, '    reason: { min-length: 1, must-match: x }')],
    ['days', textOf('windows: { a: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", days: [mon] } }')],
    ['assurance', textOf(GROUPS, ...RULE, '    require: [{ from: sre, count: 1, assurance: signed-in }]')],
  ])('%s', (feature, text) => {
    const answer = parsePolicy(text);
    const messages = answer.ok ? [] : answer.issues.map(({ message }) => message);
    expect(messages).toContainEqual(
      expect.stringMatching(`${feature}.* is not enforced yet by this version of Countersign; remove it\\.`),
    );
  });
});

describe('a policy that parses', () => {
  test('may ask for a signature by the person', () => {
    const policy = policyOf(GROUPS, ...RULE, '    require: [{ from: sre, count: 1, assurance: human-signed }]');
    expect(policy.rules?.[0]?.require?.[0]?.assurance).toBe('human-signed');
  });

  test('takes one entry for a list, and names teams in lower case', () => {
    const policy = policyOf('groups: { sre: { teams: [Acme/SRE] } }', ...RULE, REQUIRE);
    expect(policy.groups?.['sre']?.teams).toEqual(['acme/sre']);
    expect(policyOf('rules: [{ id: a, when: { branch: main }, deny: no }]').rules?.[0]?.when.branch).toEqual(['main']);
  });

  test('reads YAML 1.2: "no", "on" and "off" are text', () => {
    expect(policyOf('rules: [{ id: on, when: { labels: [no, off] }, deny: yes }]').rules).toEqual([
      { id: 'on', when: { labels: ['no', 'off'] }, deny: 'yes' },
    ]);
  });

  test('has no baseline for an environment named like a part of every object', () => {
    const baselines = policyOf(`baselines: { production: "${'a'.repeat(40)}" }`).baselines ?? {};
    expect(baselines['production']).toBe('a'.repeat(40));
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(baselines[name]).toBeUndefined();
    }
  });

  test('may start with a byte order mark and have Windows line ends', () => {
    expect(parsePolicy(`\ufeff${textOf().replaceAll('\n', '\r\n')}`).ok).toBe(true);
  });

  test('may have comments and dates that look like conflict markers', () => {
    expect(parsePolicy(textOf('# ======= rules =======', '# <<<<<< six')).ok).toBe(true);
  });

  test('tells at most twenty issues, in the order of the file', () => {
    const answer = parsePolicy(textOf(...Array.from({ length: 30 }, (_, n) => `key${n}: 1`)));
    const lines = answer.ok ? [] : answer.issues.map(({ line }) => line);
    expect(lines).toEqual(Array.from({ length: 20 }, (_, n) => n + 3));
  });
});
