/** Where a signature without a key is made. Nobody's answer names these: they are ours, or stand in the policy. */
export interface SigstoreInstance {
  /** Without a slash at the end, as all of them. */
  readonly fulcioUrl: string;
  /** Public log of signatures; its version 2 says nothing of the time. */
  readonly rekor: { readonly url: string; readonly version: 1 | 2 } | null;
  /** Timestamp authority. */
  readonly tsaUrl: string | null;
}

/** Whoever looks can read there what was signed: names of repositories, workflows and files. */
export const PUBLIC_GOOD: SigstoreInstance = {
  fulcioUrl: 'https://fulcio.sigstore.dev',
  rekor: { url: 'https://rekor.sigstore.dev', version: 1 },
  tsaUrl: null,
};

/**
 * GitHub's own, without a public log.
 * @param host of the server, lower case
 * @returns null where GitHub runs none, as on an Enterprise Server
 */
export function githubInstance(host: string): SigstoreInstance | null {
  if (host !== 'github.com' && !host.endsWith('.ghe.com')) return null;
  const domain = host === 'github.com' ? 'githubapp.com' : host;
  return { fulcioUrl: `https://fulcio.${domain}`, rekor: null, tsaUrl: `https://timestamp.${domain}` };
}
