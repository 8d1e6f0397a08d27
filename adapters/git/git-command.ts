import { simpleGit } from 'simple-git';
import type { SimpleGit } from 'simple-git';

/** What git needs to reach one repository of a server. */
export interface GitAccess {
  /** `https://host/owner/name`, or a folder; never with credentials in it. */
  readonly url: string;
  /** null: none is needed. It stands in no argument, no file, no address and no message. */
  readonly token: string | null;
}

export interface GitAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  /** Git's own words, which may quote addresses and what a server says: classified here, told to nobody. */
  readonly stderr: string;
}

/** Without any output for so long git is stopped. */
const SILENT_MS = 60_000;

/** What git needs of the environment; inputs and tokens of the job are not among it. */
const NEEDED =
  /^(?:PATH|PATHEXT|HOME|USERPROFILE|SYSTEMROOT|WINDIR|COMSPEC|TEMP|TMP|TMPDIR|SSL_CERT_FILE|SSL_CERT_DIR|https?_proxy|no_proxy|all_proxy)$/i;

/** Runs git in one folder. An exit code other than 0 is an answer and no error. */
export interface GitCommand {
  readonly run: (args: readonly string[], input?: Uint8Array) => Promise<GitAnswer>;
  /** The bytes of a blob, which need not be text; null when git has no such object and cannot get it. */
  readonly blob: (oid: string) => Promise<Uint8Array | null>;
}

/**
 * Git by simple-git. The token goes to git by its environment: an argument can be read by every process of the machine, and a
 * file can be left behind. simple-git strips every variable that begins with `GIT_` and refuses `GIT_CONFIG_COUNT`, because
 * whoever sets it can make git run programs: here it is set from the closed list below and from nothing else.
 */
export function gitCommand(folder: string, access: GitAccess): GitCommand {
  const variables = gitVariables(access);
  const start = (answer: { exitCode: number; stdout: string; stderr: string }, input?: Uint8Array): SimpleGit =>
    simpleGit({
      baseDir: folder,
      timeout: { block: SILENT_MS },
      allowEnvironment: Object.keys(variables),
      // All of them are switched off by it here: no helper, no configuration file, no template with hooks.
      unsafe: {
        allowUnsafeConfigEnvCount: true,
        allowUnsafeConfigPaths: true,
        allowUnsafeCredentialHelper: true,
        allowUnsafeTemplateDir: true,
      },
      input: () => (input === undefined ? undefined : Buffer.from(input)),
      errors: (error, result) => {
        answer.exitCode = result.exitCode;
        answer.stderr = Buffer.concat(result.stdErr).toString('utf8');
        answer.stdout = Buffer.concat(result.stdOut).toString('utf8');
        return error;
      },
    }).env({ ...plainEnvironment(process.env), LC_ALL: 'C', ...variables });

  return {
    run: async (args, input) => {
      const answer = { exitCode: -1, stdout: '', stderr: '' };
      try {
        await start(answer, input).raw([...args]);
      } catch {
        // What simple-git throws quotes git's words; the answer has them, for classifying only.
      }
      return answer;
    },
    blob: async (oid) => {
      const answer = { exitCode: -1, stdout: '', stderr: '' };
      try {
        const bytes: unknown = await start(answer).binaryCatFile(['blob', oid]);
        return Buffer.isBuffer(bytes) && answer.exitCode === 0 ? new Uint8Array(bytes) : null;
      } catch {
        return null;
      }
    },
  };
}

function plainEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value !== undefined && NEEDED.test(name) ? [[name, value]] : [])),
  );
}

/** Nothing of the machine's own configuration is read, so no rewriting of addresses takes the token elsewhere. */
function gitVariables({ url, token }: GitAccess): Record<string, string> {
  const settings: (readonly [string, string])[] = [
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
    ['protocol.version', '2'],
    ['http.followRedirects', 'false'],
    ['http.lowSpeedLimit', '1000'],
    ['http.lowSpeedTime', '60'],
    ['credential.helper', ''],
    ['remote.origin.url', url],
  ];
  if (token !== null) {
    const credentials = Buffer.from(`x-access-token:${token}`).toString('base64');
    settings.push([`http.${new URL(url).origin}/.extraheader`, `AUTHORIZATION: basic ${credentials}`]);
  }
  return {
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: process.platform === 'win32' ? 'NUL' : '/dev/null',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, key],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
  };
}
