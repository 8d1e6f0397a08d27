import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';

import type { Sandbox } from '../../../sandbox/sandbox.ts';

export interface CommonStep {
  readonly sandbox: Sandbox;
  readonly inputs: Readonly<Record<string, string>>;
  /** Variables of the job. */
  readonly env: Readonly<Record<string, string>>;
  readonly token: string;
  /** Where artifacts of the run are kept. */
  readonly store: string;
}

type CommonAction = (step: CommonStep) => Promise<Readonly<Record<string, string>>>;

/** What everybody's workflows use, done with git and folders. They answer their outputs and throw when they fail. */
export const COMMON_ACTIONS: Readonly<Record<string, CommonAction>> = {
  'actions/checkout': checkout,
  'actions/upload-artifact': (step) => Promise.resolve(upload(step)),
  'actions/download-artifact': (step) => Promise.resolve(download(step)),
};

async function checkout({ sandbox, inputs, env, token: own }: CommonStep): Promise<Readonly<Record<string, string>>> {
  const repository = inputs['repository'] ?? env['GITHUB_REPOSITORY'] ?? '';
  const foreign = repository.toLowerCase() !== env['GITHUB_REPOSITORY']?.toLowerCase();
  // Our own repository is not in the sandbox; what a workflow of it runs as `./` is what stands here.
  if (foreign && !sandbox.has(repository) && repository.startsWith('countersign/')) return {};
  const folder = resolve(env['GITHUB_WORKSPACE'] ?? '', inputs['path'] ?? '.');
  const token = inputs['token'] ?? own;
  mkdirSync(folder, { recursive: true });
  const git = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)('git', [...args], { cwd: folder, env: { ...env, GIT_TERMINAL_PROMPT: '0' } })).stdout;
  const wanted = inputs['ref'] ?? '';
  const sha =
    foreign || wanted !== ''
      ? (sandbox.commitAt(repository, wanted === '' ? 'HEAD' : wanted) ?? wanted)
      : (env['GITHUB_SHA'] ?? '');
  const depth = inputs['fetch-depth'] ?? '1';
  const header = `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  const key = `http.${sandbox.url}/.extraheader`;
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', `${sandbox.url}/${repository}`);
  const limit = depth === '0' ? ['+refs/heads/*:refs/remotes/origin/*', '--tags'] : [`--depth=${depth}`, '--no-tags'];
  await git('-c', `${key}=${header}`, 'fetch', '--quiet', 'origin', sha, ...limit);
  const branch = /^refs\/heads\/(.+)$/.exec(wanted === '' && !foreign ? (env['GITHUB_REF'] ?? '') : '')?.[1];
  await git('checkout', '--quiet', '--force', ...(branch === undefined ? ['--detach', sha] : ['-B', branch, sha]));
  if (inputs['persist-credentials'] !== 'false') await git('config', '--local', key, header);
  return { commit: sha, ref: wanted === '' ? (env['GITHUB_REF'] ?? '') : wanted };
}

/** Paths lose what they have in common; hidden files are left out unless asked for, as upload-artifact does. */
function upload({ inputs, env, store }: CommonStep): Readonly<Record<string, string>> {
  const workspace = env['GITHUB_WORKSPACE'] ?? '';
  const named = (inputs['path'] ?? '').split('\n').map((line) => line.trim());
  const places = named
    .filter((line) => line !== '' && !line.startsWith('!'))
    .flatMap((line) => (existsSync(resolve(workspace, line)) ? [line] : globSync(line, { cwd: workspace })))
    .map((path) => resolve(workspace, path));
  const hidden = inputs['include-hidden-files'] !== 'true';
  const files = places
    .flatMap((place) =>
      statSync(place).isFile()
        ? [place]
        : readdirSync(place, { recursive: true, encoding: 'utf8' }).map((name) => join(place, name)),
    )
    .filter((path) => statSync(path).isFile())
    .filter(
      (path) =>
        !hidden ||
        !relative(workspace, path)
          .split(sep)
          .some((part) => /^\.[^.]/.test(part)),
    );
  if (files.length === 0 && inputs['if-no-files-found'] === 'error') {
    throw new Error(`No files were found with the provided path: ${named.join(', ')}`);
  }
  const [only] = places;
  const root =
    places.length === 1 && only !== undefined ? (statSync(only).isFile() ? dirname(only) : only) : common(places);
  const target = join(store, inputs['name'] ?? 'artifact');
  for (const path of files) cpSync(path, join(target, relative(root, path)));
  return { 'artifact-id': '1' };
}

function common(paths: readonly string[]): string {
  const folders = paths.map((path) => (statSync(path).isFile() ? dirname(path) : path).split(sep));
  const [first = []] = folders;
  const end = first.findIndex((part, index) => folders.some((parts) => parts[index] !== part));
  return first.slice(0, end === -1 ? first.length : end).join(sep);
}

function download({ inputs, env, store }: CommonStep): Readonly<Record<string, string>> {
  const target = resolve(env['GITHUB_WORKSPACE'] ?? '', inputs['path'] ?? '.');
  const { name } = inputs;
  const kept = existsSync(store) ? readdirSync(store) : [];
  if (name !== undefined && !kept.includes(name))
    throw new Error(`Unable to download artifact(s): Artifact not found for name: ${name}`);
  mkdirSync(target, { recursive: true });
  for (const artifact of kept.filter((each) => name === undefined || each === name)) {
    cpSync(join(store, artifact), name === undefined ? join(target, basename(artifact)) : target, { recursive: true });
  }
  return { 'download-path': target };
}
