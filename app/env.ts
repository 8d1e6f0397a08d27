import { join } from 'node:path';
import { z } from 'zod';
import { apiAddress } from '../adapters/github/api-address.ts';
import { loadSigningKeys } from '../adapters/signing/signing-keys.ts';
import type { SigningKeys } from '../adapters/signing/signing-keys.ts';
import { parseAppKey } from './app-key.ts';
import type { EnvFiles } from './env-files.ts';

/** Everything that the process needs to know, checked. Holds secrets: never log it. */
export interface AppConfig {
  readonly appId: number;
  /** PKCS#8 PEM. */
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** Host of GitHub as rows and records name it, lower case, with port when there is one. */
  readonly githubHost: string;
  readonly apiBaseUrl: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly databasePath: string;
  readonly signingKeys: SigningKeys;
  /** The keys that these replace, or null. */
  readonly previousSigningKeys: SigningKeys | null;
  /** Where those were stolen: repository id → index of the first record that is not believed for their signature. */
  readonly previousKeysRevokedFrom: ReadonlyMap<number, number> | null;
  /** Where the signing keys were created just now, or null: then their public halves are printed once. */
  readonly createdKeyPath: string | null;
  readonly evidenceBranch: string;
  /** Where jobs reach this App, exactly as their tokens name it; null: nothing is taken from them. */
  readonly publicUrl: string | null;
  /** Who makes the tokens of jobs. */
  readonly oidcIssuer: string;
  /** Variables that are set but have no effect in this version. */
  readonly withoutEffect: readonly string[];
}

export type EnvReading =
  | { readonly ok: true; readonly value: AppConfig }
  /** One line for the operator: which variable, why, and what to do. Never holds a value that could be secret. */
  | { readonly ok: false; readonly line: string };

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** @param path pattern of what may stand behind the host */
function address(path: string) {
  const hosts = String.raw`(?:https:\/\/[a-z0-9.-]+|http:\/\/(?:127\.0\.0\.1|localhost))(?::[0-9]{1,5})?`;
  const pattern = new RegExp(`^${hosts}${path}$`);
  return z.string().refine((text) => pattern.test(text) && URL.canParse(text), {
    error: `is no address that this version takes. Use https://host${path === '' ? ' without a path' : ''}, in lower case; http is for this machine only.`,
  });
}

/** Of github.com; its documentation names it. */
const GITHUB_OIDC_ISSUER = 'https://token.actions.githubusercontent.com';

/** Refused until it exists: running without it would quietly do something else than the operator asked for. */
const notYet = z.undefined({ error: 'is not supported yet by this version. Unset it.' }).optional();
const noEffectYet = z.string().optional();

const MISSING_SECRET = 'is missing. Set it to the webhook secret of the App, at least 16 characters.';
const MISSING_APP_ID = 'is missing. Set it to the numeric App ID from the settings page of the App.';

/**
 * Every environment variable, under Probot's names where Probot has one. An empty value counts as unset. No `.env` file is
 * read: a file in the working directory must not override what the operator set.
 */
const variables = z.object({
  /** Numeric id of the GitHub App. */
  APP_ID: z.string({ error: MISSING_APP_ID }).regex(/^[1-9][0-9]{0,14}$/, 'is no number. Copy the App ID of the App.'),
  /** The App's RSA key: PEM, PEM with `\n` written out, or base64 of it. Wins over PRIVATE_KEY_PATH. */
  PRIVATE_KEY: z.string().optional(),
  /** Path of a file that holds the App's key. */
  PRIVATE_KEY_PATH: z.string().optional(),
  /** Shared with GitHub; signs every delivery. Probot would fall back to `development`, which anyone can sign with (C57). */
  WEBHOOK_SECRET: z
    .string({ error: MISSING_SECRET })
    .refine((text) => text !== 'development', 'is the well-known default of Probot. Choose a random one.')
    .min(16, 'is shorter than 16 characters. Choose a longer random one and set it in the settings of the App too.'),
  /** Host of a GitHub Enterprise Server, with port where needed; unset: github.com. */
  GHE_HOST: z
    .string()
    .toLowerCase()
    .regex(
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$/,
      'is no host name. Give the host alone, as in git.example:8443.',
    )
    .default('github.com'),
  /** `https`; `http` for a GitHub on this machine only, since tokens would travel in clear. */
  GHE_PROTOCOL: z.enum(['https', 'http'], { error: 'is neither https nor http. Unset it for https.' }).default('https'),
  /** Port to listen on; 0: any free one. */
  PORT: z
    .string()
    .regex(/^[0-9]{1,5}$/, 'is no port number. Use one from 0 to 65535.')
    .transform(Number)
    .refine((port) => port <= 65_535, 'is no port number. Use one from 0 to 65535.')
    .default(3000),
  /** Address to listen on; unset: this machine only. */
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:-]+$/, 'is no address. Use one such as 127.0.0.1 or 0.0.0.0.')
    .default('127.0.0.1'),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `is none of ${LOG_LEVELS.join(', ')}. Unset it for info.` }).default('info'),
  WEBHOOK_PROXY_URL: notYet,
  /** PostgreSQL. */
  DATABASE_URL: notYet,
  /** Directory of the SQLite database and of signing keys made at the first start. */
  COUNTERSIGN_DATA_DIR: z.string().default('./data'),
  /** Two keys, Ed25519 or P-256, as `countersign keygen` writes them. Wins over the path; neither: created in the data directory. */
  COUNTERSIGN_SIGNING_KEY: z.string().optional(),
  COUNTERSIGN_SIGNING_KEY_PATH: z.string().optional(),
  /** The keys that the signing keys replace: the sweep at the start takes every log over. May stay set afterwards. */
  COUNTERSIGN_PREVIOUS_SIGNING_KEY: z.string().optional(),
  COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH: z.string().optional(),
  /**
   * Where the previous keys were stolen: for every repository the number of the first record that is not believed for their
   * signature, as in `67890=120,67891=4`; a log that is not named is not gone over. Unset: they are only replaced.
   */
  COUNTERSIGN_PREVIOUS_KEYS_REVOKED_FROM: z.string().optional(),
  /** Repository and path of the organisation's policy. */
  COUNTERSIGN_ORG_POLICY: notYet,
  /** Branch of each repository that holds its evidence. */
  COUNTERSIGN_EVIDENCE_BRANCH: z
    .string()
    .regex(
      /^(?!refs\/)(?!.*(\.\.|\/\/|\/\.|\.lock(\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,98}[A-Za-z0-9]$/,
      'is no branch name that this version takes. Use letters, digits, dot, dash and slash.',
    )
    .default('countersign-evidence'),
  /** Address of this App for jobs of GitHub Actions, as `trust.app-url` of a policy names it. Unset: nothing is taken from them. */
  COUNTERSIGN_PUBLIC_URL: address('').optional(),
  /** Issuer of the OIDC tokens of jobs; unset: GitHub's own, or that of the GitHub Enterprise Server. */
  COUNTERSIGN_OIDC_ISSUER: address('(?:/[A-Za-z0-9._-]+)*').optional(),
  GITHUB_CLIENT_ID: noEffectYet,
  GITHUB_CLIENT_SECRET: noEffectYet,
});

export type EnvVariables = z.input<typeof variables>;

type Values = z.output<typeof variables>;

/** Checks the environment and prepares the data directory. */
export function readEnv(env: Readonly<Record<string, string | undefined>>, files: EnvFiles): EnvReading {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = variables.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(String(issue?.path[0] ?? 'environment'), issue?.message ?? 'is not valid.');
  }
  const values = parsed.data;
  const api = readApi(values);
  if (!api.ok) return api;
  const privateKey = readPrivateKey(values, files);
  if (!privateKey.ok) return privateKey;
  try {
    files.prepareDirectory(values.COUNTERSIGN_DATA_DIR);
  } catch (error) {
    return refuse(
      'COUNTERSIGN_DATA_DIR',
      `names a directory that cannot be written (${errorCode(error)}). Make it writable for this user or name another.`,
    );
  }
  const signing = readSigningKeys(values, files);
  if (!signing.ok) return signing;
  const previous = readPreviousKeys(values, files);
  if (!previous.ok) return previous;
  const revokedFrom = readRevokedFrom(values.COUNTERSIGN_PREVIOUS_KEYS_REVOKED_FROM, previous.value);
  if (!revokedFrom.ok) return revokedFrom;
  return {
    ok: true,
    value: {
      appId: Number(values.APP_ID),
      privateKey: privateKey.value,
      webhookSecret: values.WEBHOOK_SECRET,
      githubHost: values.GHE_HOST,
      apiBaseUrl: api.value,
      listen: { host: values.HOST, port: values.PORT },
      logLevel: values.LOG_LEVEL,
      databasePath: databasePathIn(values.COUNTERSIGN_DATA_DIR),
      ...signing.value,
      previousSigningKeys: previous.value,
      previousKeysRevokedFrom: revokedFrom.value,
      evidenceBranch: values.COUNTERSIGN_EVIDENCE_BRANCH,
      publicUrl: values.COUNTERSIGN_PUBLIC_URL ?? null,
      oidcIssuer: values.COUNTERSIGN_OIDC_ISSUER ?? issuerOf(values),
      withoutEffect: Object.keys(given).filter((name) => WITHOUT_EFFECT.test(name)),
    },
  };
}

/** SLACK_* and TEAMS_* belong to channels that a later version has. */
const WITHOUT_EFFECT = /^(GITHUB_CLIENT_ID|GITHUB_CLIENT_SECRET|SLACK_\w+|TEAMS_\w+)$/;

type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly line: string };

function refuse(variable: string, why: string): { readonly ok: false; readonly line: string } {
  return { ok: false, line: `Countersign cannot start: ${variable} ${why}` };
}

function readApi({ GHE_HOST: host, GHE_PROTOCOL: protocol }: Values): Reading<string> {
  const api = apiAddress(protocol, host);
  if (api.ok) return { ok: true, value: api.baseUrl };
  return api.why === 'clear-text'
    ? refuse('GHE_PROTOCOL', 'is http for a host that is not this machine. Use https: tokens would travel in clear.')
    : refuse('GHE_HOST', 'is no host name. Give the host alone.');
}

function issuerOf({ GHE_HOST: host, GHE_PROTOCOL: protocol }: Values): string {
  return host === 'github.com' ? GITHUB_OIDC_ISSUER : `${protocol}://${host}/_services/token`;
}

function readPrivateKey(values: Values, files: EnvFiles): Reading<string> {
  const variable = values.PRIVATE_KEY === undefined ? 'PRIVATE_KEY_PATH' : 'PRIVATE_KEY';
  const text = readGiven(values.PRIVATE_KEY, 'PRIVATE_KEY_PATH', values.PRIVATE_KEY_PATH, files);
  if (!text.ok) return text;
  if (text.value === null)
    return refuse('PRIVATE_KEY', 'is missing. Set it or PRIVATE_KEY_PATH to the key of the App.');
  const value = parseAppKey(text.value);
  return value === null
    ? refuse(variable, 'holds no RSA private key. Use the .pem file made by GitHub.')
    : { ok: true, value };
}

function readSigningKeys(values: Values, files: EnvFiles): Reading<Pick<AppConfig, 'signingKeys' | 'createdKeyPath'>> {
  const variable =
    values.COUNTERSIGN_SIGNING_KEY === undefined ? 'COUNTERSIGN_SIGNING_KEY_PATH' : 'COUNTERSIGN_SIGNING_KEY';
  const given = readGivenPem(
    values.COUNTERSIGN_SIGNING_KEY,
    'COUNTERSIGN_SIGNING_KEY_PATH',
    values.COUNTERSIGN_SIGNING_KEY_PATH,
    files,
  );
  if (!given.ok) return given;
  const path = join(values.COUNTERSIGN_DATA_DIR, 'signing-key.pem');
  let text = given.value;
  let createdKeyPath: string | null = null;
  if (text === null) {
    try {
      if (!files.exists(path)) {
        // Another key would leave a log that nobody can continue, and auditors with a pinned key that no longer signs.
        if (files.exists(databasePathIn(values.COUNTERSIGN_DATA_DIR))) {
          return refuse(variable, `is unset and ${path} is gone although a log was begun with it. Restore the file.`);
        }
        files.createSigningKeys(path);
        createdKeyPath = path;
      }
      text = files.readText(path);
    } catch (error) {
      return refuse(variable, `is unset and ${path} cannot be made or read (${errorCode(error)}). Make it readable.`);
    }
  }
  const loaded = loadSigningKeys(text);
  if (!loaded.ok) {
    const where = given.value === null ? `is unset and ${path} is no key` : 'holds no key';
    return refuse(variable, `${where}: ${loaded.issue}. Make one with: countersign keygen`);
  }
  return { ok: true, value: { signingKeys: loaded.value, createdKeyPath } };
}

/** Never created: keys that have signed nothing have no log to hand over. */
function readPreviousKeys(values: Values, files: EnvFiles): Reading<SigningKeys | null> {
  const { COUNTERSIGN_PREVIOUS_SIGNING_KEY: text, COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH: path } = values;
  const given = readGivenPem(text, 'COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH', path, files);
  if (!given.ok) return given;
  if (given.value === null) return { ok: true, value: null };
  const loaded = loadSigningKeys(given.value);
  if (loaded.ok) return loaded;
  const variable = text === undefined ? 'COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH' : 'COUNTERSIGN_PREVIOUS_SIGNING_KEY';
  return refuse(variable, `holds no key: ${loaded.issue}. Give the keys that are to be replaced, or unset it.`);
}

/** An index belongs to one log, and an App has as many as repositories. */
function readRevokedFrom(
  text: string | undefined,
  previous: SigningKeys | null,
): Reading<ReadonlyMap<number, number> | null> {
  if (text === undefined) return { ok: true, value: null };
  const variable = 'COUNTERSIGN_PREVIOUS_KEYS_REVOKED_FROM';
  if (previous === null) {
    return refuse(
      variable,
      'is set without COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH. Give the stolen keys too, or unset it.',
    );
  }
  const revokedFrom = new Map<number, number>();
  for (const entry of text.split(',')) {
    const [, id, index] = /^([1-9]\d{0,14})=(0|[1-9]\d{0,11})$/.exec(entry.trim()) ?? [];
    if (id === undefined || revokedFrom.has(Number(id))) {
      return refuse(
        variable,
        'is no list such as 67890=120,67891=4. Give each repository id once, with a record number.',
      );
    }
    revokedFrom.set(Number(id), Number(index));
  }
  return { ok: true, value: revokedFrom };
}

function databasePathIn(directory: string): string {
  return join(directory, 'countersign.sqlite');
}

/** The text itself, else the file at the path, else null. */
function readGiven(
  text: string | undefined,
  name: string,
  path: string | undefined,
  files: EnvFiles,
): Reading<string | null> {
  if (text !== undefined || path === undefined) return { ok: true, value: text ?? null };
  try {
    return { ok: true, value: files.readText(path) };
  } catch (error) {
    return refuse(name, `names a file that cannot be read (${errorCode(error)}). Check the path and its permissions.`);
  }
}

/** A PEM text may have its line ends written out, for places that take one line only. */
function readGivenPem(text: string | undefined, name: string, path: string | undefined, files: EnvFiles) {
  return readGiven(text?.replaceAll(String.raw`\n`, '\n'), name, path, files);
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
}
