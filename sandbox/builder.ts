import type { Account, App, EnvironmentOptions, Repo, Sandbox } from './sandbox.ts';
import type { OrgRecord, RepoRecord, World } from './state.ts';
import { accountOf, addAccount, renameAccount, repoOf, teamBySlug } from './world/accounts.ts';
import { branchPatterns } from './world/deployment-branches.ts';
import { failParked } from './world/gates.ts';
import { install, installationOf, selectRepository, suspend, uninstall } from './world/installations.ts';
import { addRepository, environmentOf } from './world/repositories.ts';
import { addApp } from './world/world.ts';
import { nodeId } from './present/schemas.ts';

type Building = Pick<
  Sandbox,
  | 'org'
  | 'user'
  | 'renameUser'
  | 'team'
  | 'repo'
  | 'collaborator'
  | 'environment'
  | 'deleteEnvironment'
  | 'app'
  | 'webhook'
  | 'install'
  | 'suspend'
  | 'uninstall'
  | 'selectRepository'
  | 'requireCheck'
>;

/** The part of the sandbox that builds the world: no permission is asked for, nobody acts. */
export function createBuilder(world: World): Building {
  return {
    org: (login, options) => addOrg(world, login, options),
    user: (login, options) => addAccount(world, login, typeOf(login, options?.type), options),
    renameUser: (login, newLogin) => {
      renameAccount(world, accountOf(world, login), newLogin);
    },
    team: (orgLogin, slug, members, access) => {
      const org = orgOf(world, orgLogin);
      const id = world.nextId('team');
      for (const login of members) org.members.add(accountOf(world, login).login.toLowerCase());
      org.teams.set(slug.toLowerCase(), {
        id,
        nodeId: nodeId('T', id),
        org: org.account.login,
        slug,
        members: new Set(members.map((login) => login.toLowerCase())),
        access: new Map(Object.entries(access ?? {}).map(([name, role]) => [name.toLowerCase(), role])),
      });
    },
    repo: (fullName, options) => showRepository(world, addRepository(world, fullName, options ?? {})),
    collaborator: (fullName, login, role) => {
      const { collaborators } = repoOf(world, fullName);
      const key = accountOf(world, login).login.toLowerCase();
      if (role === null) collaborators.delete(key);
      else collaborators.set(key, role);
    },
    environment: (fullName, name, options) => {
      setEnvironment(world, repoOf(world, fullName), name, options ?? {});
    },
    deleteEnvironment: (fullName, name) => {
      const { environments } = repoOf(world, fullName);
      const environment = environments.get(name.toLowerCase());
      if (environment === undefined) return;
      environments.delete(name.toLowerCase());
      failParked(world, environment, 'all');
    },
    app: (options): App => {
      const app = addApp(world, options);
      return { appId: app.id, privateKeyPem: app.privateKeyPem, slug: app.slug, botLogin: app.bot.login };
    },
    webhook: (slug, url) => {
      const app = world.apps.get(slug);
      if (app === undefined) throw new TypeError(`no App ${slug} in the sandbox`);
      app.webhookUrl = url;
    },
    install: (slug, ownerLogin, repos) => ({ installationId: install(world, slug, ownerLogin, repos).id }),
    suspend: (id, suspended) => {
      suspend(world, installationOf(world, id), suspended);
    },
    uninstall: (id) => {
      uninstall(world, installationOf(world, id));
    },
    selectRepository: (id, fullName, selected) => {
      selectRepository(world, installationOf(world, id), repoOf(world, fullName), selected);
    },
    requireCheck: (fullName, branch, name, slug) => {
      const app = world.apps.get(slug);
      if (app === undefined) throw new TypeError(`no App ${slug} in the sandbox`);
      repoOf(world, fullName).requiredChecks.push({ branch, name, app });
    },
  };
}

function typeOf(login: string, type: 'User' | 'Bot' | undefined): 'User' | 'Bot' {
  return type ?? (login.endsWith('[bot]') ? 'Bot' : 'User');
}

function addOrg(world: World, login: string, options?: { owners?: readonly string[]; id?: number }): Account {
  const account = addAccount(world, login, 'Organization', options?.id === undefined ? {} : { id: options.id });
  const owners = new Set((options?.owners ?? []).map((name) => addAccount(world, name, 'User').login.toLowerCase()));
  const org: OrgRecord = { account, owners, members: new Set(owners), teams: new Map() };
  if (!world.orgs.has(login.toLowerCase())) world.orgs.set(login.toLowerCase(), org);
  return account;
}

function orgOf(world: World, login: string): OrgRecord {
  const org = world.orgs.get(login.toLowerCase());
  if (org === undefined) throw new TypeError(`no organisation ${login} in the sandbox`);
  return org;
}

function setEnvironment(world: World, repo: RepoRecord, name: string, options: EnvironmentOptions): void {
  const environment = environmentOf(world, repo, name);
  const slugs = typeof options.customRule === 'string' ? [options.customRule] : (options.customRule ?? []);
  const before = environment.customRules.map((rule) => rule.app.id);
  environment.customRules = slugs.map((slug) => {
    const app = world.apps.get(slug);
    if (app === undefined) throw new TypeError(`no App ${slug} in the sandbox`);
    const known = environment.customRules.find((rule) => rule.app.id === app.id);
    return known ?? { id: world.nextId('rule'), app };
  });
  environment.reviewers = (options.reviewers ?? []).map((reviewer) => {
    const slug = reviewer.split('/').at(-1) ?? reviewer;
    const team = teamBySlug(world, repo.owner.login, slug);
    return team === undefined ? { account: accountOf(world, reviewer), team: null } : { account: null, team };
  });
  environment.preventSelfReview = options.preventSelfReview ?? false;
  environment.waitTimerMinutes = options.waitTimerMinutes ?? 0;
  environment.branches =
    options.branches === undefined || options.branches === 'protected'
      ? (options.branches ?? null)
      : branchPatterns(world, options.branches);
  environment.canAdminsBypass = options.canAdminsBypass ?? true;
  environment.updatedAt = world.now();
  const removed = before.filter((id) => !environment.customRules.some((rule) => rule.app.id === id));
  if (removed.length > 0) failParked(world, environment, removed);
  world.changed();
}

function showRepository(world: World, repo: RepoRecord): Repo {
  return {
    id: repo.id,
    nodeId: repo.nodeId,
    fullName: repo.fullName,
    cloneUrl: `${world.url}/${repo.fullName}.git`,
    gitDir: repo.git.dir,
    sha: repo.git.head(repo.defaultBranch) ?? '',
  };
}
