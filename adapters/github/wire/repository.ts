import { z } from 'zod';
import type { Permission } from '../../../core/review.ts';
import { accountSchema, idSchema, shaSchema } from './account.ts';

export const repositorySchema = z.object({
  id: idSchema,
  name: z.string().min(1),
  owner: z.object({ login: z.string().min(1), type: z.enum(['User', 'Organization']) }),
  default_branch: z.string().min(1),
  private: z.boolean(),
});

export const refSchema = z.object({
  ref: z.string(),
  object: z.object({ type: z.literal('commit'), sha: shaSchema }),
});

export const appSelfSchema = z.object({ id: idSchema, slug: z.string().min(1) });

/** The owner may be an enterprise, which is no account; then nobody is told. */
export const appOwnerSchema = z.object({
  slug: z.string().optional(),
  owner: z
    .union([accountSchema, z.looseObject({}).transform(() => null)])
    .nullish()
    .transform((owner) => owner ?? null),
});

export const installationSchema = z.object({
  id: idSchema,
  suspended_at: z.string().nullish(),
  account: z.object({ id: idSchema }),
});

export const installationListSchema = z.array(z.object({ id: idSchema, suspended_at: z.string().nullish() }));

export const installationRepositoriesSchema = z.object({
  total_count: z.int().min(0),
  repositories: z.array(
    z.object({ id: idSchema, name: z.string().min(1), owner: z.object({ login: z.string().min(1) }) }),
  ),
});

/** What each legacy permission may be called in `role_name`; any other name is a custom role. */
const ROLES_OF: Readonly<Record<string, readonly Permission[]>> = {
  admin: ['admin'],
  write: ['write', 'maintain'],
  read: ['read', 'triage'],
  none: ['none'],
};

/**
 * `permission` knows four levels, `role_name` six and custom names. A role counts only where both agree; a custom role
 * counts as the level that it builds on, so a name can never give more than GitHub does.
 */
export const permissionSchema = z
  .object({
    permission: z.enum(['admin', 'write', 'read', 'none']),
    role_name: z.string(),
    user: z.object({ login: z.string().min(1) }).nullable(),
  })
  .transform(
    ({ permission, role_name: role, user }): { readonly permission: Permission; readonly login: string | null } => {
      const named = ROLES_OF[permission]?.find((each) => each === role);
      return { permission: named ?? permission, login: user?.login ?? null };
    },
  );

/** Lowest first; the keys are GitHub's. */
const LEVELS = [
  ['pull', 'read'],
  ['triage', 'triage'],
  ['push', 'write'],
  ['maintain', 'maintain'],
  ['admin', 'admin'],
] as const satisfies readonly (readonly [string, Permission])[];

export const collaboratorSchema = z
  .intersection(
    accountSchema,
    z.object({
      permissions: z.object({
        pull: z.boolean(),
        triage: z.boolean().optional(),
        push: z.boolean(),
        maintain: z.boolean().optional(),
        admin: z.boolean(),
      }),
    }),
  )
  .transform(({ id, login, type, permissions }) => ({
    account: { id, login, type },
    permission: LEVELS.findLast(([key]) => permissions[key] === true)?.[1] ?? ('none' as const),
  }));

export const collaboratorsSchema = z.array(collaboratorSchema);

export const membershipSchema = z.object({ state: z.enum(['active', 'pending']) });
