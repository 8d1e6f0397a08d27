import { describe, expect, test } from 'vitest';
import type { Subject } from '../../../core/policy/requirement.ts';
import { ruleMatches } from '../../../core/policy/rule-matches.ts';
import { deployment, policyOf, pullRequest } from './subjects.ts';

const SETS = [
  'paths: { billing: [services/billing], gate: ["@guardrails", "tools/gate"] }',
  'windows: { freeze: { from: "2026-12-18T00:00:00Z", to: "2027-01-04T00:00:00Z" } }',
];

function matches(when: string, subject: Subject): boolean {
  const policy = policyOf(...SETS, 'rules:', '  - id: one', `    when: ${when}`, '    deny: no');
  const [rule] = policy.rules ?? [];
  return rule !== undefined && ruleMatches(rule.when, subject, policy);
}

const on = (change: Partial<Subject>): Subject => ({ ...deployment, ...change });
const touching = (...paths: readonly string[]): Subject => on({ paths });
const at = (now: string): Subject => on({ now: Date.parse(now) });

type Row = readonly [sentence: string, when: string, subject: Subject];

describe('a rule applies', () => {
  test.each<Row>([
    ['to its kind', '{ kind: deployment }', deployment],
    ['to any of its kinds', '{ kind: [pull-request, deployment] }', deployment],
    ['to its environment', '{ environment: production }', deployment],
    ['to an environment that fits a pattern', '{ environment: "prod*" }', on({ environment: 'prod-eu/blue' })],
    ['to an environment in other letters (C52)', '{ environment: Production }', on({ environment: 'PRODUCTION' })],
    [
      'to an environment with blanks around it (C52)',
      '{ environment: production }',
      on({ environment: 'production ' }),
    ],
    [
      'to an environment with an invisible letter (C19)',
      '{ environment: production }',
      on({ environment: 'prod\u200buction' }),
    ],
    [
      'to an environment in wide letters (C19)',
      '{ environment: production }',
      on({ environment: 'ｐｒｏｄｕｃｔｉｏｎ' }),
    ],
    ['to its branch', '{ branch: [main, "release/*"] }', on({ branch: 'release/1/2' })],
    ['to a run of which the branch is not known', '{ branch: main }', on({ branch: null })],
    ['to any agent', '{ agent: true }', deployment],
    ['to the agent that it names', '{ agent: claude }', deployment],
    ['to one of the agents that it names', '{ agent: [codex, claude] }', deployment],
    ['to an agent that nobody could name', '{ agent: codex }', on({ agents: [] })],
    ['to a suspected agent, whichever it may be', '{ agent: codex }', on({ class: 'suspected', agents: ['claude'] })],
    ['to its event', '{ event: push }', deployment],
    ['to its initiator by id, whatever he is called now (C15)', '{ initiator: "bob#7" }', deployment],
    ['to an initiator whom GitHub does not name', '{ initiator: "bob#8" }', on({ initiator: null })],
    ['to a label in other letters', '{ labels: [Migration] }', on({ labels: ['docs', 'MIGRATION'] })],
    ['to its repository', '{ repository: "acme/*" }', deployment],
    ['at the first instant of a window', '{ during: freeze }', at('2026-12-18T00:00:00.000Z')],
    ['at the last instant of a window', '{ during: freeze }', at('2027-01-03T23:59:59.999Z')],
    ['to a path that fits a glob', '{ paths: "src/**/*.ts" }', deployment],
    ['to one path of many', '{ paths: infra/** }', touching('a', 'b', 'infra/x', 'c')],
    ['to everything in a folder that it names', '{ paths: infra }', touching('infra/deep/x.txt')],
    ['to a folder that became a submodule or link (C80)', '{ paths: infra/** }', touching('infra')],
    ['to a path in other letters (C80)', '{ paths: infra/** }', touching('Infra/x')],
    ['to hidden files', '{ paths: "**/*.env" }', touching('infra/.env')],
    ['to a path with a line break in it', '{ paths: "infra/**/*.tf" }', touching('infra/a\nb/main.tf')],
    ['to a path too long to be matched', '{ paths: infra/** }', touching(`src/${'x'.repeat(2000)}`)],
    ['to a set that is there', '{ paths: "@workflow" }', touching('.github/workflows/deploy.yml')],
    ['to a set of its own', '{ paths: "@billing" }', touching('services/billing/pay.ts')],
    ['to a set within a set of its own', '{ paths: "@gate" }', touching('.github/countersign.yml')],
    ['to every path where the list was cut (C81)', '{ paths: infra/** }', on({ paths: [], pathsComplete: false })],
    ['when all its keys fit', '{ kind: deployment, agent: true, environment: production, event: push }', deployment],
  ])('%s', (_, when, subject) => {
    expect(matches(when, subject)).toBe(true);
  });
});

describe('a rule does not apply', () => {
  test.each<Row>([
    ['to another kind', '{ kind: pull-request }', deployment],
    ['to another environment', '{ environment: production }', on({ environment: 'staging' })],
    ['to an environment that only begins like its own', '{ environment: prod }', deployment],
    ['to a pull request, when it names an environment', '{ environment: "*" }', pullRequest],
    ['to a pull request, when it names an event', '{ event: push }', pullRequest],
    ['to another branch', '{ branch: main }', on({ branch: 'domain' })],
    ['to another agent', '{ agent: codex }', deployment],
    ['to what no agent is seen in', '{ agent: true }', on({ class: 'unattributed', agents: [] })],
    ['to automation, when it names agents', '{ agent: true }', on({ class: 'automation', agents: [] })],
    ['to another initiator with the same login (C15)', '{ initiator: "alice#8" }', deployment],
    ['to other labels', '{ labels: migration }', on({ labels: ['no-migration'] })],
    ['to nothing labelled', '{ labels: "*" }', deployment],
    ['to another repository', '{ repository: acme/shop }', on({ repository: 'acme/shop-2' })],
    ['just before its window', '{ during: freeze }', at('2026-12-17T23:59:59.999Z')],
    ['at the end of its window', '{ during: freeze }', at('2027-01-04T00:00:00.000Z')],
    ['to other paths', '{ paths: infra/** }', touching('src/infra/x', 'infrared')],
    ['to deeper paths than its glob', '{ paths: "infra/*.tf" }', touching('infra/a/b.tf')],
    ['to a change without paths', '{ paths: "**" }', touching()],
    ['when one of its keys does not fit', '{ kind: deployment, agent: true, environment: staging }', deployment],
  ])('%s', (_, when, subject) => {
    expect(matches(when, subject)).toBe(false);
  });
});
