import { z } from 'zod';
import { createTransport, TIMEOUT_MS } from './transport.ts';
import { createSend } from './try-again.ts';
import type { TryOptions } from './try-again.ts';
import { parseWire } from './wire/parse-wire.ts';

export interface StoreOptions extends TryOptions {
  /** API base of the runner's own GitHub. */
  readonly baseUrl: string;
  /** GITHUB_TOKEN of the job, with `attestations: write`. */
  readonly token: string;
}

const storedSchema = z.object({ id: z.union([z.int(), z.string()]) });

/**
 * Has GitHub keep a Sigstore bundle beside the repository, where `gh attestation verify` looks for it. Sent once, with the
 * token of a job: no App is asked for this permission, so it stands in no table of routes.
 * @param bundle as JSON
 * @throws {GateError} ERR_FORGE_*; ERR_FORGE_FORBIDDEN without `attestations: write`, ERR_FORGE_NOT_FOUND or _REFUSED where
 *   GitHub does not offer it
 */
export async function storeAttestation(
  { baseUrl, token, ...options }: StoreOptions,
  { owner, name }: { readonly owner: string; readonly name: string },
  bundle: string,
): Promise<void> {
  const route = 'POST /repos/{owner}/{repo}/attestations';
  const { data } = await createSend(options)(route, true, () => {
    const parameters = { owner, repo: name, bundle: z.looseObject({}).parse(JSON.parse(bundle)) };
    return createTransport(baseUrl, TIMEOUT_MS).rest(route, `bearer ${token}`, parameters);
  });
  parseWire(storedSchema, data, route, 'unknown');
}
