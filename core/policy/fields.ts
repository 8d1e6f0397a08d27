import { z } from 'zod';
import { globProblem } from './path-glob.ts';

/** The small parts of the policy language: texts, names and lists, each with a sentence for what is wrong. */

const TEXT_MAX = 200;
const LIST_MAX = 100;

/** A feature of the language that this version cannot enforce: refused when present, because ignoring it would free something. */
export function notEnforced(feature: string): z.ZodOptional<z.ZodNever> {
  return z.never({ error: `${feature} is not enforced yet by this version of Countersign; remove it.` }).optional();
}

/** What is wrong with a value that is there; a missing one is told as missing. */
export function says(message: string): z.core.$ZodErrorMap {
  return ({ input }) => (input === undefined ? undefined : message);
}

/** A sentence about a whole that is told only when its parts are right. */
export function asWhole(message: string): { error: string; when: (payload: z.core.ParsePayload) => boolean } {
  return { error: message, when: ({ issues }) => issues.length === 0 };
}

/** Text for people to read: shown, never judged. */
export const prose = z
  .string()
  .max(TEXT_MAX, `This text may have at most ${TEXT_MAX} characters.`)
  .refine((text) => text.trim().length > 0, 'This text must not be empty.');

/** A name that the policy gives to something. */
export const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,49}$/,
    'A name has lower-case letters, digits and dashes, starts with a letter and has at most 50 characters.',
  );

/** A list that is never empty: an empty one could be read as "everything" or as "nothing" (C91). */
export function listOf<T extends z.ZodType>(item: T): z.ZodArray<T> {
  return z
    .array(item)
    .min(1, 'This list is empty; name at least one entry or remove the key.')
    .max(LIST_MAX, `This list may have at most ${LIST_MAX} entries.`);
}

/** One entry or a list of them, as people write it; always a list afterwards. */
export function oneOrMany<T extends z.ZodType>(item: T): z.ZodPreprocess<z.ZodArray<T>> {
  return z.preprocess((value) => (typeof value === 'string' ? [value] : value), listOf(item));
}

/** A pattern for an environment, branch, label or repository: `*` stands for any characters, `/` included. */
export const namePattern = z
  .string()
  .max(TEXT_MAX, `A pattern may have at most ${TEXT_MAX} characters.`)
  .refine((text) => text.trim() === text && text !== '', 'A pattern must not be empty, or start or end with a blank.')
  .refine(
    (text) => !text.startsWith('!'),
    'A pattern must not start with "!": a rule only adds, so nothing is taken out.',
  )
  .refine(
    (text) => !/[\^$\\()|{}?[\]+]/.test(text),
    'In this pattern only "*" is special; it looks like a regular expression or a path glob.',
  )
  .refine((text) => text.split('*').length <= 5, 'A pattern may have at most four "*".');

/** A glob over paths; see `globProblem`. */
export const glob = z
  .string()
  .max(TEXT_MAX, `A glob may have at most ${TEXT_MAX} characters.`)
  .check((context) => {
    const problem = context.value.startsWith('@')
      ? 'names a set, and a set has no place here'
      : globProblem(context.value);
    if (problem !== null) context.issues.push(invalid(context.value, `The glob ${problem}.`));
  });

/** A glob, or `@name` of a set of paths. */
export const pathPattern = z
  .string()
  .max(TEXT_MAX, `A glob may have at most ${TEXT_MAX} characters.`)
  .check((context) => {
    const problem = context.value.startsWith('@') ? null : globProblem(context.value);
    if (problem !== null) context.issues.push(invalid(context.value, `The glob ${problem}.`));
  });

function invalid(input: unknown, message: string): z.core.$ZodRawIssue {
  return { code: 'custom', input, message };
}

/**
 * Teams as `org/slug`, lower case afterwards. No team of another form is known to GitHub, so it would be nobody.
 */
export const team = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,38}\/[a-z0-9_][a-z0-9_-]{0,99}$/i, 'A team is written as "org/team", without "@".')
  .toLowerCase();

const LOGIN = /^[a-z0-9](?:[a-z0-9_-]{0,99})$/i;

/** A person: `login`, or `login#id` which stays the same person whatever becomes of the login (C15). */
export const person = z.string().check((context) => {
  const [login = '', id, ...more] = context.value.split('#');
  if (login.toLowerCase().endsWith('[bot]')) {
    context.issues.push(invalid(context.value, `${login} is a bot; only people countersign.`));
  } else if (!LOGIN.test(login) || more.length > 0 || (id !== undefined && !isAccountId(id))) {
    context.issues.push(invalid(context.value, 'A person is written as "login" or "login#id", without "@".'));
  }
});

/** An account that starts runs; by id only, because a login can be changed to get past a rule. */
export const initiator = z.string().check((context) => {
  const [login = '', id = '', ...more] = context.value.split('#');
  if (!LOGIN.test(login.replace(/\[bot\]$/i, '')) || more.length > 0 || !isAccountId(id)) {
    context.issues.push(
      invalid(context.value, 'An initiator is written as "login#id" with the numeric id of the account.'),
    );
  }
});

function isAccountId(text: string): boolean {
  return /^[1-9][0-9]{0,14}$/.test(text);
}

/** Numeric id of `login#id`; null where there is only a login. */
export function pinnedId(text: string): number | null {
  const at = text.indexOf('#');
  return at < 0 ? null : Number(text.slice(at + 1));
}

/** `true`, or ids of agents (`checkReferences` knows which there are). Never `false`: a rule cannot ask less of an agent's change than of a person's. */
export const agentMatcher = z.preprocess(
  (value) => (typeof value === 'string' ? [value] : value),
  z.union([z.literal(true), listOf(z.string())], {
    error: 'agent is true (any agent) or a list of known agent ids; it cannot be false.',
  }),
);

/** An instant in UTC; milliseconds since the epoch afterwards. */
export const instant = z.iso
  .datetime({ error: 'An instant is written in quotes and in UTC, as "2026-12-18T00:00:00Z".' })
  .transform((text) => Date.parse(text));

const HOUR_MS = 3_600_000;
const DAYS_MAX = 90;

/** How long, in whole hours or days, as `24h` or `7d`; milliseconds afterwards. */
export const memberFor = z
  .string({ error: says('member-for is written in hours or days, as "24h" or "7d".') })
  .regex(/^[1-9][0-9]{0,3}[hd]$/, 'member-for is written in hours or days, as "24h" or "7d".')
  .transform((text) => Number(text.slice(0, -1)) * (text.endsWith('d') ? 24 : 1) * HOUR_MS)
  .refine((ms) => ms <= DAYS_MAX * 24 * HOUR_MS, `member-for is at most ${DAYS_MAX} days.`);

/** Names and their meaning. Without a prototype, so that no name (`constructor`) is there without being written. */
export function mapOf<K extends z.ZodString, V extends z.ZodType>(key: K, value: V, what: string) {
  return z
    .record(key, value)
    .refine((map) => Object.keys(map).length > 0, `There is no ${what}; name at least one or remove the key.`)
    .transform((map) => {
      Object.setPrototypeOf(map, null);
      return map;
    });
}
