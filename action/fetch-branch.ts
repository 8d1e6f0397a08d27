import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';

const run = promisify(execFile);

/** Together. A branch of a million records is some 200 MB. */
const MOST_MS = 10 * 60_000;
/** Slower than this for a minute is a network that is down. */
const SLOWEST_BYTES_A_SECOND = '1000';

/** Of `git ls-remote --exit-code`: the server answered, and there is no such branch. */
const NO_MATCH = 2;

export interface FetchedBranch {
  /** Repository of the server, `https://host/owner/name`. */
  readonly url: string;
  readonly branch: string;
  /** Reads it; never written anywhere that outlives the process. */
  readonly token: string;
}

/** What git and the verifier need of the runner's environment. Inputs and tokens are not among it. */
const KEPT =
  /^(?:PATH|PATHEXT|HOME|USERPROFILE|SYSTEMROOT|WINDIR|COMSPEC|TEMP|TMP|TMPDIR|SSL_CERT_FILE|SSL_CERT_DIR|GIT_SSL_CAINFO|NODE_EXTRA_CA_CERTS|https?_proxy|no_proxy|all_proxy)$/i;

/** @returns the part of an environment that may be handed to a program that has no business with our inputs */
export function plainEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => KEPT.test(name)));
}

/**
 * Fetches the newest commit of a branch, and nothing older, into a new bare repository.
 * @param folder empty or not there
 * @param mostMs in all
 * @throws {ActionFailure} `evidence-branch-missing`, `log-branch-unreachable`
 */
export async function fetchBranch(
  folder: string,
  asked: FetchedBranch,
  env: NodeJS.ProcessEnv,
  mostMs = MOST_MS,
): Promise<void> {
  const { url, branch } = asked;
  const options = { env: gitEnvironment(asked, env), signal: AbortSignal.timeout(mostMs) };
  const reference = `refs/heads/${branch}`;
  try {
    await run('git', ['ls-remote', '--exit-code', '--', url, reference], options);
    await run('git', ['init', '--quiet', '--bare', '--template=', '--', folder], options);
    const fetch = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--depth=1'];
    await run('git', ['--git-dir', folder, ...fetch, '--', url, `+${reference}:${reference}`], options);
  } catch (error) {
    if (isNoMatch(error)) throw new ActionFailure(because('evidence-branch-missing', { branch }));
    throw new ActionFailure(because('log-branch-unreachable', { branch, what: kindOf(error) }));
  }
}

/**
 * The token goes to git by its environment: an argument can be read by every process of the machine, and a URL stands in
 * error messages. The user's git configuration, which an earlier step can write (`insteadOf` would take the token elsewhere),
 * is not read; the machine's is, because certificates are set there.
 */
function gitEnvironment({ url, token }: FetchedBranch, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { origin } = new URL(url);
  const credentials = Buffer.from(`x-access-token:${token}`).toString('base64');
  const settings = [
    [`http.${origin}/.extraheader`, `AUTHORIZATION: basic ${credentials}`],
    ['http.followRedirects', 'false'],
    ['http.lowSpeedLimit', SLOWEST_BYTES_A_SECOND],
    ['http.lowSpeedTime', '60'],
    ['credential.helper', ''],
    ['protocol.version', '2'],
  ] as const;
  return {
    ...plainEnvironment(env),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_GLOBAL: process.platform === 'win32' ? 'NUL' : '/dev/null',
    GIT_ALLOW_PROTOCOL: 'http:https',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, key],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
  };
}

function isNoMatch(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === NO_MATCH;
}

/** Git's own words may quote the address and what a server answers; a few kinds of them say what to change. */
function kindOf(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'the runner has no git';
  if (error instanceof Error && error.name === 'AbortError') return 'it took too long';
  if (/\b(?:401|403)\b|Authentication failed|could not read Username/.test(text)) return 'the token may not read it';
  if (/\b404\b|not found/i.test(text)) return 'the repository is not there, or the token may not read it';
  if (
    /Could not resolve host|Failed to connect|Couldn't connect|timed out|too slow|Connection (?:refused|reset)/i.test(
      text,
    )
  ) {
    return 'the network or GitHub does not answer';
  }
  if (/\b(?:SSL|TLS|certificate)\b|gnutls/i.test(text)) return 'no secure connection, look at the certificates';
  return 'git failed';
}
