import { parseArgs } from 'node:util';
import { apiAddress } from '../../adapters/github/api-address.ts';
import { UsageError, orUsage } from '../usage-error.ts';

/** What is asked about; a bare number is a pull request or a run. */
export type WhoTarget =
  | { readonly kind: 'number' | 'pull-request' | 'run'; readonly number: number }
  | { readonly kind: 'commit'; readonly sha: string };

export interface WhoArguments {
  readonly owner: string;
  readonly name: string;
  readonly target: WhoTarget;
  readonly host: string;
  readonly baseUrl: string;
  /** Secret: goes to `baseUrl` and nowhere else. */
  readonly token: string;
  readonly base: string | null;
  readonly environment: string | null;
  readonly people: readonly string[];
  readonly json: boolean;
}

/**
 * @param env where the token is
 * @throws {UsageError} whose text never holds the token
 */
export function readWhoArguments(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): WhoArguments {
  const { values, positionals } = orUsage(() => parseWhoArgs(args));
  const [repository, asked, ...more] = positionals;
  if (repository === undefined || asked === undefined || more.length > 0) {
    throw new UsageError('name one repository and one pull request, run or SHA');
  }
  const [, owner, name] = /^([\w.-]{1,100})\/([\w.-]{1,100})$/.exec(repository) ?? [];
  // As a part of a path, one of these would ask for something else.
  if (owner === undefined || name === undefined || [owner, name].some((part) => /^\.{1,2}$/.test(part))) {
    throw new UsageError('the repository is named as owner/name');
  }
  const target = readTarget(asked);
  const { base = null, environment = null, person: people = [] } = values;
  if (target.kind === 'pull-request' && base !== null) throw new UsageError('--base: a pull request has its own');
  if (!['number', 'run'].includes(target.kind) && environment !== null) {
    throw new UsageError('--environment: only a run waits for one');
  }
  if (base !== null && !isSha(base)) throw new UsageError('--base: name a SHA of 40 digits');
  if (environment === '') throw new UsageError('--environment: name one');
  if (people.some((login) => !/^[\w-]{1,100}$/.test(login))) throw new UsageError('--person: name a login');
  return {
    owner,
    name,
    target,
    ...readHost(values.host ?? 'https://github.com'),
    token: readToken(env),
    base: base?.toLowerCase() ?? null,
    environment,
    people,
    json: values.json ?? false,
  };
}

function readTarget(text: string): WhoTarget {
  if (isSha(text)) return { kind: 'commit', sha: text.toLowerCase() };
  const [, prefix, digits] = /^(#|run:|)([1-9]\d{0,14})$/.exec(text) ?? [];
  const kind = { '#': 'pull-request', 'run:': 'run', '': 'number' } as const;
  if (digits === undefined || (prefix !== '#' && prefix !== 'run:' && prefix !== '')) {
    throw new UsageError('name a pull request or run by its number, or a commit by its SHA of 40 digits');
  }
  return { kind: kind[prefix], number: Number(digits) };
}

function isSha(text: string): boolean {
  return /^[0-9a-f]{40}$/i.test(text);
}

function readHost(text: string): { readonly host: string; readonly baseUrl: string } {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  const [, protocol] = /^(https?):$/.exec(url?.protocol ?? '') ?? [];
  const isPlain = url !== null && url.username === '' && url.password === '' && url.search + url.hash === '';
  if (!isPlain || url.pathname !== '/' || (protocol !== 'https' && protocol !== 'http')) {
    throw new UsageError('--host: give the address of a GitHub alone');
  }
  const api = apiAddress(protocol, url.host);
  if (api.ok) return { host: url.host, baseUrl: api.baseUrl };
  throw new UsageError(
    api.why === 'clear-text'
      ? '--host: use https, the token would travel in clear'
      : '--host: give the address of a GitHub alone',
  );
}

function readToken(env: Readonly<Record<string, string | undefined>>): string {
  const token = (env['GITHUB_TOKEN'] || env['GH_TOKEN'] || '').trim();
  if (token === '') throw new UsageError('set GITHUB_TOKEN or GH_TOKEN to a token that may read the repository');
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UsageError('GITHUB_TOKEN or GH_TOKEN holds no token');
  return token;
}

function parseWhoArgs(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      base: { type: 'string' },
      environment: { type: 'string' },
      person: { type: 'string', multiple: true },
      host: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
}
