import { GateError } from '../../core/errors.ts';
import type { NarrowedClient } from './client.ts';
import { PER_PAGE, readAllPages } from './paginate.ts';
import { branchPoliciesSchema, branchSchema, environmentSchema } from './wire/environment.ts';
import { parseWire } from './wire/parse-wire.ts';

/** Which refs may run a job in an environment, and so read its secrets; `by`: which of them anyone who can push may make. */
export type EnvironmentAccess =
  | { readonly kind: 'missing' }
  | { readonly kind: 'restricted' }
  | { readonly kind: 'open'; readonly by: string };

const MAX_PAGES = 10;
/** Whatever the patterns of fnmatch fit (`v*`, `[!x]*`), somebody can push a branch or a tag of such a name. */
const WILDCARD = /[*?[\]{}!\\]/;

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
  if (reply === null) return { kind: 'missing' };
  const { deployment_branch_policy: policy } = parseWire(environmentSchema, reply.data, route);
  if (policy === null) return { kind: 'open', by: 'every branch and tag' };
  if (policy.custom_branch_policies) return accessByNames(client, environment);
  // Where no branch is protected, "protected branches only" lets every branch in.
  return policy.protected_branches && branch !== null && (await isProtected(client, branch))
    ? { kind: 'restricted' }
    : { kind: 'open', by: 'every branch, because the one that this job runs on is not protected' };
}

async function accessByNames(client: NarrowedClient, environment: string): Promise<EnvironmentAccess> {
  const route = 'GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies';
  const patterns = await readAllPages(route, MAX_PAGES, async (page) => {
    const reply = await client.request(route, { environment_name: environment, per_page: PER_PAGE, page });
    return { reply, items: parseWire(branchPoliciesSchema, reply.data, route).branch_policies };
  });
  const wild = patterns.find(({ name }) => WILDCARD.test(name));
  return wild === undefined ? { kind: 'restricted' } : { kind: 'open', by: `whatever fits the pattern ${wild.name}` };
}

async function isProtected(client: NarrowedClient, branch: string): Promise<boolean> {
  const route = 'GET /repos/{owner}/{repo}/branches/{branch}';
  const { data } = await client.request(route, { branch });
  return parseWire(branchSchema, data, route).protected;
}
