import { z } from 'zod';
import { initiator, listOf, name, prose } from './fields.ts';

const TEXT_MAX = 200;

/** Every trace is compared with the whole or the beginning of a text, so a short one would be found everywhere. */
const text = (what: string, pattern: RegExp, form: string) =>
  z.string().max(TEXT_MAX, `${what} may have at most ${TEXT_MAX} characters.`).regex(pattern, form);

/** An agent that Countersign does not know, or more traces of one that it knows. Whatever stands here only adds signals. */
export const addedAgent = z
  .strictObject({
    id: name,
    /** For the reader. */
    name: prose,
    accounts: listOf(initiator).optional(),
    emails: listOf(
      text('An e-mail address', /^[^\s<>@]{1,64}@[^\s<>@]+\.[^\s<>@]+$/, 'This is one whole e-mail address.'),
    ).optional(),
    trailers: listOf(
      text(
        'A trailer',
        /^[A-Za-z][A-Za-z0-9-]{2,40}(?:: ?\S.*)?$/,
        'A trailer is written as "Key", or as "Key: how its value begins".',
      ),
    ).optional(),
    'branch-prefixes': listOf(
      text('A branch prefix', /^[^\s*]{2,}[/_-]$/, 'A branch prefix ends in "/", "-" or "_" and has no "*".'),
    ).optional(),
  })
  .refine(
    ({ accounts, emails, trailers, 'branch-prefixes': prefixes }) =>
      [accounts, emails, trailers, prefixes].some((list) => list !== undefined),
    {
      error: 'An agent needs accounts, emails, trailers or branch-prefixes to be known by.',
      when: ({ issues }) => issues.length === 0,
    },
  );
