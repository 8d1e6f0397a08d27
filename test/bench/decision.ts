import { decide } from '../../core/gate/decide.ts';
import { inScope, requirementFor } from '../../core/policy/match.ts';
import { parsePolicy } from '../../core/policy/parse-policy.ts';
import type { Subject } from '../../core/policy/requirement.ts';
import type { Policy } from '../../core/policy/schema.ts';
import {
  alice,
  approval,
  authority,
  bob,
  carol,
  dave,
  deployment,
  gateInput,
  partiesOf,
  partyWith,
} from '../unit/gate/builders.ts';
import { deployment as subject } from '../unit/policy/subjects.ts';
import type { Measured, Measurement } from './measurement.ts';

const RULES = 20;
const FILES = 12;
const ROUND_MS = 1_000;

export const decision: Measurement = {
  name: 'decision',
  title: `Pure decision: a policy of ${RULES} rules, ${FILES} changed files, three answers`,
  run: () => Promise.resolve(measureDecision()),
};

function measureDecision(): Measured {
  const text = policyText();
  const policy = parse(text);
  const change: Subject = {
    ...subject,
    paths: Array.from({ length: FILES }, (_, n) => `services/shop/src/part-${n}/file.ts`),
    labels: ['backend', 'urgent'],
  };
  const once = (given: Policy): string => {
    if (!inScope(given, change)) throw new TypeError('the change is in scope');
    const requirement = requirementFor(given, change, { users: new Map() });
    return decide({ ...answered, requirement }).kind;
  };
  if (once(policy) !== 'release') throw new TypeError('the bench decides a release');
  const pure = ratePerSecond(() => once(policy));
  const parsing = ratePerSecond(() => once(parse(text)));
  return {
    rows: [
      {
        what: 'decisions a second',
        value: pure.toLocaleString('en'),
        limit: '>= 50,000',
        beside: `${parsing.toLocaleString('en')} with the policy parsed each time`,
      },
    ],
    notes: ['One decision: scope, all rules matched, seats merged, three answers judged, seats filled. One thread.'],
  };
}

const prompt = { channel: 'deployment-prompt', bound: { runId: 56, attempt: 1, environment: 'production' } } as const;
const sre = authority('maintain', ['acme/sre']);
const answered = gateInput({
  request: deployment,
  parties: partiesOf(partyWith(alice, 'author', 'dispatcher'), partyWith(carol, 'pusher')),
  reviews: [approval(bob, prompt, sre), approval(alice, prompt, sre), approval(dave, prompt, sre)],
});

/** Half of the rules match; each kind of matcher is there. */
function policyText(): string {
  const whens = [
    'kind: deployment, environment: [production, "prod-*"], agent: true',
    'kind: pull-request, branch: [main, "release/*"], paths: "@infra"',
    'paths: ["services/**/*.ts", "libs/money/**"]',
    'kind: deployment, event: [workflow_dispatch, schedule]',
    'labels: [migration, "db-*"]',
    'environment: production, repository: "acme/*", agent: [claude, copilot]',
    'paths: ["@guardrails", "@workflow", "@iam"]',
    'kind: deployment, agent: true, branch: main',
  ];
  const rules = Array.from(
    { length: RULES },
    (_, n) =>
      `  - { id: rule-${n}, when: { ${whens[n % whens.length] ?? ''} }, require: [{ from: sre, count: ${1 + (n % 2)} }] }`,
  );
  return [
    'version: 1',
    'scope: { deployments: all, pull-requests: agent-or-infra }',
    'groups: { sre: { teams: [acme/sre] } }',
    'rules:',
    ...rules,
    '',
  ].join('\n');
}

function parse(text: string): Policy {
  const parsed = parsePolicy(text);
  if (!parsed.ok) throw new TypeError(parsed.issues.map(({ message }) => message).join('; '));
  return parsed.policy;
}

/** The second of two rounds of about a second: the first one warms up. */
function ratePerSecond(run: () => void): number {
  let rate = 0;
  for (let round = 0; round < 2; round += 1) {
    const begin = performance.now();
    let count = 0;
    while (performance.now() - begin < ROUND_MS) for (let n = 0; n < 20; n += 1, count += 1) run();
    rate = (count / (performance.now() - begin)) * 1000;
  }
  return Math.round(rate);
}
