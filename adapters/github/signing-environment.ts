import { GateError } from '../../core/errors.ts';
import type { NarrowedClient } from './client.ts';
import { PER_PAGE, readAllPages } from './paginate.ts';
import { branchPoliciesSchema, branchSchema, environmentSchema } from './wire/environment.ts';
import { parseWire } from './wire/parse-wire.ts';

/** Which refs may run a job in an environment, and so read its secrets. */
export type EnvironmentAccess = 'missing' | 'any-branch' | 'restricted';

const MAX_PAGES = 10;
/** Patterns of fnmatch, in which `*` stops at a slash: these fit every branch, or every branch without a slash. */
const FITS_ALL = /^[*?/[\]!^]*$/;

/**
 * @param branch that the asking job runs on; null: it runs on a tag or something else
 * @throws {GateError} ERR_FORGE_*
 */
export async function environmentAccess(
  client: NarrowedClient,
  environment: string,
  branch: string | null,
): Promise<EnvironmentAccess> {
  const route = 'GET /repos/{owner}/{repo}/environments/{environment_name}';
  const reply = await client.request(route, { environment_name: environment }).catch((error: unknown) => {
    if (error instanceof GateError && error.code === 'ERR_FORGE_NOT_FOUND') return null;
    throw error;
  });
  if (reply === null) return 'missing';
  const { deployment_branch_policy: policy } = parseWire(environmentSchema, reply.data, route);
  if (policy === null) return 'any-branch';
  if (policy.custom_branch_policies) return patternsRestrict(client, environment);
  // Where no branch is protected, "protected branches only" lets every branch in.
  return policy.protected_branches && branch !== null && (await isProtected(client, branch))
    ? 'restricted'
    : 'any-branch';
}

async function patternsRestrict(client: NarrowedClient, environment: string): Promise<EnvironmentAccess> {
  const route = 'GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies';
  const patterns = await readAllPages(route, MAX_PAGES, async (page) => {
    const reply = await client.request(route, { environment_name: environment, per_page: PER_PAGE, page });
    return { reply, items: parseWire(branchPoliciesSchema, reply.data, route).branch_policies };
  });
  return patterns.some(({ name }) => FITS_ALL.test(name)) ? 'any-branch' : 'restricted';
}

async function isProtected(client: NarrowedClient, branch: string): Promise<boolean> {
  const route = 'GET /repos/{owner}/{repo}/branches/{branch}';
  const { data } = await client.request(route, { branch });
  return parseWire(branchSchema, data, route).protected;
}
