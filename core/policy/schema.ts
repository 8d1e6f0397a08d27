import { z } from 'zod';
import { addedAgent } from './agent-schema.ts';
import { attestedSchema, sigstoreSchema } from './attested-schema.ts';
import { checkReferences } from './check-references.ts';
import {
  agentMatcher,
  asWhole,
  glob,
  initiator,
  instant,
  listOf,
  mapOf,
  memberFor,
  name,
  namePattern,
  notEnforced,
  oneOrMany,
  pathPattern,
  person,
  prose,
  says,
  team,
} from './fields.ts';
import { declaredPerson } from './person-schema.ts';

/**
 * The whole closed policy language (docs/design.md section 6). Unknown keys are refused, and so is every feature of the
 * language that this version does not enforce: a policy never means less than what stands in it.
 */

const scope = z.strictObject({
  deployments: z.literal('all', {
    error: ({ input }) =>
      input === 'agent'
        ? 'deployments: agent is not enforced yet by this version of Countersign; write "all".'
        : 'deployments is "all".',
  }),
  'pull-requests': z.enum(['agent', 'infra', 'agent-or-infra', 'all'], {
    error: says('pull-requests is "agent", "infra", "agent-or-infra" or "all".'),
  }),
});

/** People of any of the three kinds. Below `write` a permission is no authority: on a public repository everybody reads. */
const group = z
  .strictObject({
    users: listOf(person).optional(),
    teams: listOf(team).optional(),
    'min-permission': z
      .enum(['write', 'maintain', 'admin'], { error: says('min-permission is "write", "maintain" or "admin".') })
      .optional(),
    /** How long somebody must have been seen in one of the teams (C28). */
    'member-for': memberFor.optional(),
    codeowners: notEnforced('codeowners'),
  })
  .refine(
    (value) => Object.keys(value).length > 0,
    asWhole('A group without users, teams or min-permission is nobody.'),
  )
  .refine(
    (value) => value['member-for'] === undefined || value.teams !== undefined,
    asWhole('member-for says how long somebody is in a team, and this group names none.'),
  )
  .refine(
    (value) => value['member-for'] === undefined || value['min-permission'] === undefined,
    // A team gives its permission the moment that somebody joins it.
    asWhole('member-for does not go with min-permission, which a team can give at once; make two groups of it.'),
  );

const SEATS_MAX = 20;

const seats = z.strictObject({
  from: name,
  count: z
    .int({ error: says('count is a whole number.') })
    .min(1, 'count is at least 1: a seat that nobody fills would ask for nothing.')
    .max(SEATS_MAX, `count is at most ${SEATS_MAX}.`),
  assurance: z
    .enum(['declared', 'platform-attested', 'signed-in', 'human-signed'], {
      error: says('assurance is "declared", "platform-attested" or "human-signed".'),
    })
    .refine((value) => value !== 'signed-in', {
      error: 'assurance: signed-in is not enforced yet by this version of Countersign; remove it.',
    })
    .optional(),
  codeowners: notEnforced('codeowners'),
  'distinct-from': notEnforced('distinct-from'),
});

const when = z
  .strictObject({
    kind: oneOrMany(
      z.enum(['deployment', 'pull-request'], { error: says('kind is "deployment" or "pull-request".') }),
    ).optional(),
    environment: oneOrMany(namePattern).optional(),
    branch: oneOrMany(namePattern).optional(),
    paths: oneOrMany(pathPattern).optional(),
    agent: agentMatcher.optional(),
    initiator: oneOrMany(initiator).optional(),
    event: oneOrMany(
      z.string().regex(/^[a-z_]{1,50}$/, 'An event is a workflow event such as "workflow_dispatch".'),
    ).optional(),
    labels: oneOrMany(namePattern).optional(),
    repository: oneOrMany(namePattern).optional(),
    during: oneOrMany(name).optional(),
    risk: notEnforced('risk'),
    resource: notEnforced('resource'),
    action: notEnforced('action'),
  })
  .refine((value) => Object.keys(value).length > 0, asWhole('when is empty; name at least one thing to look at.'));

/** Ids that stand in records for what Countersign itself asks for. */
const RESERVED_IDS: readonly string[] = [
  'built-in',
  'baseline',
  'rollback',
  'diverged',
  'truncated',
  'unattributed-commit',
  'unknown-person',
];

const rule = z.strictObject({
  id: name.refine((id) => !RESERVED_IDS.includes(id), 'This id is kept for what Countersign asks for by itself.'),
  why: prose.optional(),
  when,
  require: listOf(seats).optional(),
  deny: prose.optional(),
  reason: z
    .strictObject({
      'min-length': z
        .int({ error: says('min-length is a whole number.') })
        .min(1, 'min-length is at least 1.')
        .max(500, 'min-length is at most 500.'),
      'must-match': notEnforced('must-match'),
    })
    .optional(),
  controls: listOf(prose).optional(),
  'approval-valid-for': notEnforced('approval-valid-for'),
  'typed-confirmation': notEnforced('typed-confirmation'),
  expires: notEnforced('expires'),
});

/** `to` does not belong to the window any more. */
const window = z
  .strictObject({
    from: instant,
    to: instant,
    days: notEnforced('days'),
    hours: notEnforced('hours'),
    tz: notEnforced('tz'),
  })
  .refine(({ from, to }) => from < to, asWhole('to must be later than from.'));

/** Machine accounts whose changes, within these paths only, are no agent's. The login is for the reader. */
const automation = z.strictObject({
  account: z
    .int({ error: says('account is the numeric id of the account.') })
    .positive('account is the numeric id of the account.'),
  login: prose,
  paths: oneOrMany(glob),
  /** Who answers for it, and so never countersigns what it did (C4). */
  owner: person.optional(),
});

/** Who is kept from countersigning beyond those who always are, and what becomes of people whom nobody can name. */
const parties = z
  .strictObject({
    exclude: listOf(
      z.enum(['merger'], { error: says('exclude takes "merger"; every other role excludes already.') }),
    ).optional(),
    unknown: z.enum(['one-seat-more', 'hold'], { error: says('unknown is "one-seat-more" or "hold".') }).optional(),
  })
  .refine(
    (value) => Object.keys(value).length > 0,
    asWhole('parties is empty; name at least one setting or remove it.'),
  );

/**
 * What the Action on a runner may trust. A workflow can be changed by the very pull request that it checks, so what it brings
 * along counts only where it says the same as this (attack C116).
 */
const trust = z.strictObject({
  /** Checkpoint keys of the log, C2SP vkey lines; two of them while keys are being replaced. */
  keys: listOf(
    z
      .string()
      .regex(
        /^[a-z0-9.:/-]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{8,400}={0,2}$/,
        'A key is a verifier key line as `countersign keygen` and the README of the evidence branch show it.',
      ),
  ),
  /** Where the App answers; without it the Action works alone. `http` on this machine only. */
  'app-url': z
    .string()
    .max(300)
    .regex(
      /^(?:https:\/\/[a-z0-9.-]+|http:\/\/(?:127\.0\.0\.1|localhost))(?::\d{1,5})?$/,
      'app-url is https://host without a path.',
    )
    .optional(),
  'evidence-branch': z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,98}[A-Za-z0-9]$/, 'evidence-branch is the name of a branch.')
    .optional(),
  /** The log that a workflow writes has begun: where nothing of it is left, no other is opened under its name. */
  'log-opened': z.literal(true, { error: says('log-opened is true, or left out.') }).optional(),
  /** A second signature, by a workflow and no key: with it a stolen key of the log lets nothing go. */
  attested: attestedSchema.optional(),
  /** Where `attest: own` signs. */
  sigstore: sigstoreSchema.optional(),
});

const environmentName = z
  .string()
  .regex(
    /^[^\sA-Z](?:[^A-Z]{0,253}[^\sA-Z])?$/,
    'An environment is named here in lower case, without blanks around it.',
  );

export const policySchema = z
  .strictObject({
    version: z.literal(1, { error: says('version is 1.') }),
    scope,
    groups: mapOf(
      name.refine((id) => !RESERVED_IDS.includes(id), 'This name is kept for what Countersign asks for by itself.'),
      group,
      'group',
    ).optional(),
    paths: mapOf(name, oneOrMany(pathPattern), 'set of paths').optional(),
    windows: mapOf(name, window, 'window').optional(),
    rules: listOf(rule).optional(),
    automation: listOf(automation).optional(),
    parties: parties.optional(),
    /** Humans by their accounts and keys. Whoever stands in no entry is the person of one account. */
    people: listOf(declaredPerson).optional(),
    trust: trust.optional(),
    /** Commit that an environment ran before Countersign first released to it. */
    baselines: mapOf(
      environmentName,
      z.string().regex(/^[0-9a-f]{40}$/, 'A baseline is a full commit SHA of 40 lower-case hex digits, in quotes.'),
      'baseline',
    ).optional(),
    /** Branches, beside the default one, that of the run and one of the environment's name, whose pull requests say what is deployed. */
    'deploy-branches': mapOf(
      environmentName,
      oneOrMany(z.string().regex(/^[^\s*]{1,200}$/, 'A branch is named here in full, without "*" or blanks.')),
      'environment',
    ).optional(),
    agents: listOf(addedAgent).optional(),
    'break-glass': notEnforced('break-glass'),
    notify: notEnforced('notify'),
    evidence: notEnforced('evidence'),
    mode: notEnforced('mode'),
  })
  .check((context) => {
    for (const { path, message } of checkReferences(context.value)) {
      context.issues.push({ code: 'custom', path: [...path], message, input: context.value });
    }
  });

/** A policy that parsed: every name in it is known, every list has an entry, every seat can be counted. */
export type Policy = z.output<typeof policySchema>;
export type PolicyRule = NonNullable<Policy['rules']>[number];
export type PolicyMatchers = PolicyRule['when'];
