import { cpSync } from 'node:fs';
import { join } from 'node:path';

import { GitRepository } from '../git/repository.ts';
import { editTree } from '../git/tree.ts';
import { nodeId } from '../present/schemas.ts';
import type { RepoOptions } from '../sandbox.ts';
import type { EnvironmentRecord, RepoRecord, World } from '../state.ts';
import { accountOf, addAccount, repoOf } from './accounts.ts';

export function addRepository(world: World, fullName: string, options: RepoOptions): RepoRecord {
  const [ownerLogin = '', name = ''] = fullName.split('/');
  if (world.repos.has(fullName.toLowerCase())) throw new TypeError(`${fullName} exists already`);
  const owner = world.accounts.get(ownerLogin.toLowerCase()) ?? addAccount(world, ownerLogin, 'User');
  const parent = options.forkOf === undefined ? null : repoOf(world, options.forkOf);
  const dir = join(world.root, ownerLogin, `${name}.git`);
  if (parent !== null) cpSync(parent.git.dir, dir, { recursive: true });
  const id = world.nextId('repository');
  const repo: RepoRecord = {
    id,
    nodeId: nodeId('R', id),
    owner,
    name,
    fullName,
    isPrivate: options.private ?? false,
    parent,
    defaultBranch: 'main',
    git: new GitRepository(dir),
    createdAt: world.now(),
    pushedAt: world.now(),
    nextNumber: 1,
    collaborators: new Map(),
    environments: new Map(),
    pulls: new Map(),
    activity: [],
    deployments: new Map(),
    requiredChecks: [],
    statuses: [],
    attestations: [],
    knownRefs: new Map(),
    runNumbers: new Map(),
  };
  world.repos.set(fullName.toLowerCase(), repo);
  if (options.by !== undefined) repo.collaborators.set(options.by.toLowerCase(), 'admin');
  if (parent === null) firstCommit(world, repo, options);
  repo.knownRefs = new Map([...repo.git.refs('refs/heads/'), ...repo.git.refs('refs/tags/')]);
  return repo;
}

function firstCommit(world: World, repo: RepoRecord, options: RepoOptions): void {
  const by = options.by === undefined ? repo.owner : accountOf(world, options.by);
  const files = Object.entries(options.files ?? { 'README.md': `# ${repo.name}\n` });
  const tree = editTree(
    repo.git.objects,
    null,
    new Map(files.map(([path, content]) => [path, { mode: '100644', sha: repo.git.writeBlob(content) }])),
  );
  const person = { name: by.login, email: by.email, seconds: Math.floor(world.now() / 1000) };
  const sha = repo.git.writeCommit({ tree, parents: [], author: person, committer: person, message: 'First commit\n' });
  repo.git.setRef('refs/heads/main', sha);
}

/** Naming an unknown environment creates it without rules; names are compared without regard to case. */
export function environmentOf(world: World, repo: RepoRecord, name: string): EnvironmentRecord {
  const known = repo.environments.get(name.toLowerCase());
  if (known !== undefined) return known;
  const id = world.nextId('environment');
  const environment: EnvironmentRecord = {
    id,
    nodeId: nodeId('EN', id),
    name,
    createdAt: world.now(),
    updatedAt: world.now(),
    customRules: [],
    reviewers: [],
    preventSelfReview: false,
    waitTimerMinutes: 0,
    canAdminsBypass: true,
    branches: null,
  };
  repo.environments.set(name.toLowerCase(), environment);
  return environment;
}
