/** What the path of a deployment callback says. */
export interface CallbackPath {
  readonly owner: string;
  readonly name: string;
  readonly runId: number;
}

const pattern =
  /^https?:\/\/[^/?#\\\s]+\/(?:api\/v3\/)?repos\/([A-Za-z0-9_-]+)\/([A-Za-z0-9._-]+)\/actions\/runs\/([1-9][0-9]{0,15})\/deployment_protection_rule$/;

/**
 * The webhook has no field for the run's id; only the path of its callback URL names it. The URL is read and never called:
 * a forged host would be handed our token (C59), so addresses are always built from our configuration.
 *
 * @returns null when the path is any other
 */
export function parseCallbackPath(url: string): CallbackPath | null {
  const [, owner, name, digits] = pattern.exec(url) ?? [];
  if (owner === undefined || name === undefined || digits === undefined) return null;
  const runId = Number(digits);
  return Number.isSafeInteger(runId) ? { owner, name, runId } : null;
}
