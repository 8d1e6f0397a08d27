import { z } from 'zod';
import type { AccountType } from '../../core/actors/account.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { DeliveryContext } from './event-handler.ts';

/** The parts of GitHub's payloads that several events share; every field is read by something. */

export const positive = z.int().positive();

export const sha = z.string().regex(/^[0-9a-f]{40}$/);

const accountTypes: readonly AccountType[] = ['User', 'Bot', 'Organization', 'Mannequin', 'Unknown'];

/** A type that GitHub invents later is `Unknown`, which is never a human. */
const accountType = z.string().transform((type) => accountTypes.find((known) => known === type) ?? 'Unknown');

export const account = z.object({ id: positive, login: z.string().min(1), type: accountType });

/** For display and records only: an unknown shape must not lose the event that it belongs to. */
export const accountOrNull = account
  .nullish()
  .transform((found) => found ?? null)
  .catch(null);

/** `owner/name`; both become parts of request paths, so anything else than GitHub's own alphabet is refused. */
const fullName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/)
  .transform((text) => {
    const slash = text.indexOf('/');
    return { owner: text.slice(0, slash), name: text.slice(slash + 1) };
  });

export const repository = z.object({ id: positive, full_name: fullName });

export const installation = z.object({ id: positive });

/** What every event of a repository carries. */
export const repositoryPayload = z.object({ repository, installation });

export function toRepository(
  payload: {
    readonly repository: z.output<typeof repository>;
    readonly installation: z.output<typeof installation>;
  },
  context: DeliveryContext,
): RepositoryRef {
  const { id, full_name: name } = payload.repository;
  return { host: context.host, installationId: payload.installation.id, id, owner: name.owner, name: name.name };
}
