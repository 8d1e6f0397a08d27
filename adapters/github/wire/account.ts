import { z } from 'zod';
import type { Account, AccountType } from '../../../core/actors/account.ts';

/** Numeric ids are what people are told apart by, so nothing but a positive integer is one. */
export const idSchema = z.int().positive();

/** Object ids of GitHub are SHA-1, in lower case. */
export const shaSchema = z.string().regex(/^[0-9a-f]{40}$/);

const TYPES: Readonly<Record<string, AccountType>> = {
  User: 'User',
  Bot: 'Bot',
  Organization: 'Organization',
  Mannequin: 'Mannequin',
};

/** Own keys only: `type` is GitHub's word, but `constructor` must not become a type either. */
function toType(type: string): AccountType {
  return (Object.hasOwn(TYPES, type) ? TYPES[type] : undefined) ?? 'Unknown';
}

/** An account as REST names it. */
export const accountSchema = z
  .object({ id: idSchema, login: z.string().min(1), type: z.string() })
  .transform(({ id, login, type }): Account => ({ id, login, type: toType(type) }));

const nobodySchema = z.union([z.null(), z.strictObject({})]).transform(() => null);

/** GitHub leaves the account out, null or empty where nobody belongs to it any more. */
export const nullableAccountSchema = z
  .union([accountSchema, nobodySchema])
  .optional()
  .transform((account): Account | null => account ?? null);

/** `Actor` of GraphQL: bots carry no `[bot]` there, and other kinds of actor have no numeric id. */
export const actorSchema = z
  .object({ __typename: z.string(), login: z.string().min(1), databaseId: idSchema.nullish() })
  .nullable()
  .transform((actor): Account | null => {
    if (actor?.databaseId === null || actor?.databaseId === undefined) return null;
    const type = toType(actor.__typename);
    const login = type === 'Bot' && !actor.login.endsWith('[bot]') ? `${actor.login}[bot]` : actor.login;
    return { id: actor.databaseId, login, type };
  });

/**
 * `User` of GraphQL. Where a commit has a bot as author, GitHub answers the bot's node in this place, or nobody: the type is
 * `User` either way, so the bot is known by its node id (`BOT_…`, before 2022 base64 of `03:Bot…`) or its login.
 */
export const userSchema = z
  .object({ id: z.string(), databaseId: idSchema, login: z.string().min(1) })
  .transform(({ id, databaseId, login }): Account => {
    const isBot = id.startsWith('BOT_') || id.startsWith('MDM6Qm90') || login.endsWith('[bot]');
    return { id: databaseId, login, type: isBot ? 'Bot' : 'User' };
  });

export const appSchema = z
  .object({ id: idSchema, slug: z.string().min(1) })
  .transform(({ id, slug }) => ({ id, slug }));

/** A list in which every entry must be somebody. */
export const accountsSchema = z.array(accountSchema);
