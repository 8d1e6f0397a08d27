import { z } from 'zod';
import { visible } from '../gate/reason.ts';
import { REASONS } from '../gate/reasons.ts';

/** Pieces that many records share. Strict objects throughout: a field that is not named here never gets into the log. */

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

export const digest = hex64.meta({ id: 'digest', description: 'SHA-256, lower-case hex.' });
export const commit = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
  .meta({ id: 'commit', description: 'SHA-1 or SHA-256 object id of a git commit, lower-case hex.' });
/** Without the salt, which is kept outside the log, not even the right guess of the text can be confirmed. */
export const commitment = hex64.meta({
  id: 'commitment',
  description:
    'SHA-256 of a random salt of 32 bytes, which is kept outside the log, and a text in UTF-8; lower-case hex.',
});
/** `z.int()` refuses what a JSON reader could round. */
export const id = z.int().positive().meta({ id: 'id', description: 'A numeric id or a count from 1.' });
export const count = z.int().nonnegative().meta({ id: 'count', description: 'A count or an index, from 0.' });

/** 31 February parses as 3 March, so only a time that prints as itself exists. */
export const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .refine(isInstant, 'not a UTC time with milliseconds')
  .meta({ id: 'instant', description: 'RFC 3339, UTC, milliseconds. Beyond this schema: a time that exists.' });

function isInstant(text: string): boolean {
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString() === text;
}

/** A lone surrogate would be written as an escape that readers replace: other bytes for the same text (C106). */
export function text(maxCharacters: number) {
  return z
    .string()
    .min(1)
    .max(maxCharacters)
    .refine((value) => value.isWellFormed(), 'not well-formed Unicode');
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Standard alphabet, padded. */
export function base64(maxCharacters: number) {
  return z.string().min(4).max(maxCharacters).regex(BASE64).meta({ contentEncoding: 'base64' });
}

export const verifierKey = text(500).meta({
  id: 'vkey',
  description: 'A C2SP vkey line: `<name>+<8 hex digits>+<base64>`.',
});

export const account = z.strictObject({ id, login: text(100) }).meta({
  id: 'account',
  description: 'Who: the numeric id says it, the login is what it was called then. Never a name or a mail address.',
});

export const repository = z
  .strictObject({ host: z.string().regex(/^[a-z0-9.-]+(?::\d{1,5})?$/), installationId: id, id })
  .meta({ id: 'repository', description: 'By numeric ids: names can be changed.' });

export const gate = z
  .strictObject({
    runId: id,
    attempt: id,
    environment: text(255).refine((name) => name === name.toLowerCase(), 'not in lower case'),
    opening: id,
  })
  .meta({
    id: 'gate',
    description:
      'One opening of one environment for one attempt of a run. Beyond this schema: the environment is in lower case.',
  });

/** A longer name was cut, with its digest at the end (flow/job-name.ts). */
const jobName = text(240);

const jobs = z.array(z.strictObject({ id, name: jobName })).max(100);

/** Jobs of a gate: the first by name, all by count and digest, so that a matrix of any size fits. */
export const anyJobs = {
  jobs,
  jobCount: count,
  /** SHA-256 of the canonical JSON (RFC 8785) of all jobs as `{id, name}`, sorted by id. */
  jobsDigest: digest,
};

/** Nothing is let go that nobody can name. */
export const someJobs = { ...anyJobs, jobs: jobs.min(1), jobCount: id };

/** Beside a request, whose `jobNamesDigest` binds all names. */
export const jobNameList = { jobNames: z.array(jobName).max(100), jobCount: id };

const reasonCode = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
  .refine((code) => Object.hasOwn(REASONS, code), 'not in the registry of reasons');

const MAIL_ADDRESS = /[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+/g;

/**
 * A parameter may quote a name that others chose: what hides in it is made visible, a long one is cut, and mail addresses
 * are taken out, because the log can never forget (invariant 11, C112). The schemas do it, so that no writer of records
 * forgets it.
 */
export function quote(value: string): string {
  return visible(value).replaceAll(MAIL_ADDRESS, '(mail address)');
}

const quoted = z.string().transform(quote).pipe(z.string().max(1_000));

const because = z
  .array(
    z.strictObject({
      code: reasonCode,
      // Names that look like numbers would be put in another order by readers of JSON.
      params: z.record(z.string().regex(/^[a-z][A-Za-z]*$/), z.union([z.int(), quoted])),
    }),
  )
  .min(1)
  .max(100)
  .meta({
    id: 'because',
    description:
      'Reasons, the first one decides: codes of docs/reasons.md with the parameters of their sentences. Beyond this schema: the code is in that list.',
  });

/** Why. The first reason decides; those that did not fit are counted, and stand in the facts file where there is one. */
export const reasons = { because, moreReasons: id.optional() };

export const decision = z.strictObject({ kind: z.enum(['release', 'hold', 'reject']), reason: reasonCode, ...reasons });

/** Seats that are asked for; the rules that ask for them stand in the facts file. */
export const openSeats = {
  seats: z.array(z.strictObject({ id: text(250), group: text(200) })).max(100),
  seatCount: count,
};

/** Seats with the people in them; two seats with one person can never be written down (invariant 7). */
export const filledSeats = z
  .array(z.strictObject({ id: text(250), reviewer: account, reviewId: text(500) }))
  .min(1)
  .refine((seats) => new Set(seats.map((seat) => seat.reviewer.id)).size === seats.length, 'one person in two seats')
  .refine((seats) => new Set(seats.map((seat) => seat.id)).size === seats.length, 'one seat twice')
  .meta({
    id: 'filledSeats',
    description: 'Who fills which seat, by which answer. Beyond this schema: no person and no seat stands in it twice.',
  });

/** The fields that every record begins with. */
export function head<const Kind extends string>(kind: Kind) {
  return { kind: z.literal(kind), at: instant, repository };
}
