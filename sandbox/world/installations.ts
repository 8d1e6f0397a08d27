import { nodeId } from '../present/schemas.ts';
import { presentInstallation } from '../present/account.ts';
import type { Account } from '../sandbox.ts';
import type { InstallationRecord, RepoRecord, World } from '../state.ts';
import { covers } from '../webhooks/dispatcher.ts';
import { accountOf, repoOf } from './accounts.ts';

export function install(
  world: World,
  slug: string,
  ownerLogin: string,
  repos: readonly string[] | undefined,
): InstallationRecord {
  const app = world.apps.get(slug);
  if (app === undefined) throw new TypeError(`no App ${slug} in the sandbox`);
  const id = world.nextId('installation');
  const installation: InstallationRecord = {
    id,
    nodeId: nodeId('I', id),
    app,
    owner: accountOf(world, ownerLogin),
    repos: repos === undefined ? null : new Set(repos.map((name) => repoOf(world, name).fullName.toLowerCase())),
    suspendedAt: null,
    createdAt: world.now(),
  };
  world.installations.set(id, installation);
  emitInstallation(world, installation, 'created');
  return installation;
}

export function installationOf(world: World, id: number): InstallationRecord {
  const installation = world.installations.get(id);
  if (installation === undefined) throw new TypeError(`no installation ${id} in the sandbox`);
  return installation;
}

export function suspend(world: World, installation: InstallationRecord, suspended: boolean): void {
  installation.suspendedAt = suspended ? world.now() : null;
  emitInstallation(world, installation, suspended ? 'suspend' : 'unsuspend');
}

export function uninstall(world: World, installation: InstallationRecord): void {
  emitInstallation(world, installation, 'deleted');
  world.installations.delete(installation.id);
  world.changed();
}

export function selectRepository(
  world: World,
  installation: InstallationRecord,
  repo: RepoRecord,
  selected: boolean,
): void {
  if (installation.repos === null) throw new TypeError('the installation has all repositories');
  if (selected) installation.repos.add(repo.fullName.toLowerCase());
  else installation.repos.delete(repo.fullName.toLowerCase());
  const list = [shortRepository(repo)];
  world.emit({
    event: 'installation_repositories',
    action: selected ? 'added' : 'removed',
    sender: ownerOf(world, installation),
    installation,
    payload: {
      installation: presentInstallation(world, installation),
      repository_selection: 'selected',
      repositories_added: selected ? list : [],
      repositories_removed: selected ? [] : list,
      requester: null,
    },
  });
  world.changed();
}

function emitInstallation(world: World, installation: InstallationRecord, action: string): void {
  const repositories = [...world.repos.values()].filter((repo) => covers(installation, repo)).map(shortRepository);
  world.emit({
    event: 'installation',
    action,
    sender: ownerOf(world, installation),
    installation,
    payload: { installation: presentInstallation(world, installation), repositories, requester: null },
  });
  world.changed();
}

/** A person of the organisation pressed the button. */
function ownerOf(world: World, installation: InstallationRecord): Account {
  const org = world.orgs.get(installation.owner.login.toLowerCase());
  const login = org === undefined ? undefined : [...org.owners][0];
  return login === undefined ? installation.owner : accountOf(world, login);
}

function shortRepository(repo: RepoRecord): unknown {
  return { id: repo.id, node_id: repo.nodeId, name: repo.name, full_name: repo.fullName, private: repo.isPrivate };
}
