/** Where the API of a GitHub answers, or why it is not asked there. */
export type ApiAddress =
  | { readonly ok: true; readonly baseUrl: string }
  /** `clear-text`: tokens would travel unencrypted to another machine. */
  | { readonly ok: false; readonly why: 'clear-text' | 'no-host' };

/**
 * @param host in lower case, with port when there is one
 * @param protocol `http` for this machine only
 */
export function apiAddress(protocol: 'https' | 'http', host: string): ApiAddress {
  if (protocol === 'http' && !/^(localhost|127(\.[0-9]{1,3}){3})(:|$)/.test(host))
    return { ok: false, why: 'clear-text' };
  const baseUrl = host === 'github.com' ? `https://api.${host}` : `${protocol}://${host}/api/v3`;
  return URL.canParse(baseUrl) ? { ok: true, baseUrl } : { ok: false, why: 'no-host' };
}
