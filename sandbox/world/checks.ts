import { presentCheck } from '../present/check.ts';
import { nodeId } from '../present/schemas.ts';
import { Refused } from '../refused.ts';
import type { Account } from '../sandbox.ts';
import type { AppRecord, CheckRecord, RepoRecord, World } from '../state.ts';
import { hasRole } from './accounts.ts';

/** What a POST or PATCH may set; what is left out stays. */
export type CheckInput = Partial<
  Pick<
    CheckRecord,
    | 'name'
    | 'externalId'
    | 'detailsUrl'
    | 'status'
    | 'conclusion'
    | 'startedAt'
    | 'completedAt'
    | 'output'
    | 'annotations'
    | 'actions'
  >
>;

export function addCheck(
  world: World,
  repo: RepoRecord,
  app: AppRecord,
  headSha: string,
  input: CheckInput,
): CheckRecord {
  if (repo.git.commit(headSha) === undefined) throw new Refused(422, `No commit found for SHA: ${headSha}`);
  const id = world.nextId('check');
  const check: CheckRecord = {
    id,
    nodeId: nodeId('CR', id),
    suiteId: suiteOf(world, repo, app, headSha),
    repo,
    app,
    headSha,
    name: '',
    externalId: '',
    detailsUrl: null,
    status: 'queued',
    conclusion: null,
    startedAt: world.now(),
    completedAt: null,
    output: { title: null, summary: null, text: null },
    annotations: 0,
    actions: [],
  };
  world.checks.set(id, check);
  apply(world, check, input);
  emitCheck(world, check, 'created', app.bot, {});
  if (check.status === 'completed') emitCheck(world, check, 'completed', app.bot, {});
  return check;
}

export function updateCheck(world: World, check: CheckRecord, input: CheckInput): void {
  const wasCompleted = check.status === 'completed' && input.conclusion === undefined;
  apply(world, check, input);
  if (check.status === 'completed' && !wasCompleted) emitCheck(world, check, 'completed', check.app.bot, {});
  world.changed();
}

function apply(world: World, check: CheckRecord, input: CheckInput): void {
  Object.assign(check, input);
  if (input.conclusion !== undefined && input.conclusion !== null) {
    check.status = 'completed';
    check.completedAt = input.completedAt ?? world.now();
  } else if (input.status !== undefined && input.status !== 'completed') {
    check.conclusion = null;
    check.completedAt = null;
  }
}

/** Runs of one App on one commit share a suite. */
function suiteOf(world: World, repo: RepoRecord, app: AppRecord, headSha: string): number {
  for (const check of world.checks.values()) {
    if (check.repo.id === repo.id && check.app.id === app.id && check.headSha === headSha) return check.suiteId;
  }
  return world.nextId('suite');
}

export function checksOf(world: World, repo: RepoRecord, headSha: string): readonly CheckRecord[] {
  return [...world.checks.values()].filter((check) => check.repo.id === repo.id && check.headSha === headSha);
}

export function latestCheck(
  world: World,
  repo: RepoRecord,
  headSha: string,
  name: string,
  app: AppRecord,
): CheckRecord | undefined {
  return checksOf(world, repo, headSha).findLast((check) => check.name === name && check.app.id === app.id);
}

/** Buttons exist only on a completed check run; whether the clicker may decide is for the App to find out. */
export function clickAction(world: World, check: CheckRecord, actor: Account, identifier: string): void {
  if (!hasRole(world, check.repo, actor, 'write')) throw new Refused(403, 'Must have write access');
  if (check.status !== 'completed') throw new Refused(422, 'The check run is not completed');
  if (!check.actions.some((action) => action.identifier === identifier)) {
    throw new Refused(422, `The check run has no action ${identifier}`);
  }
  emitCheck(world, check, 'requested_action', actor, { requested_action: { identifier } });
}

export function rerequest(world: World, check: CheckRecord, actor: Account): void {
  if (!hasRole(world, check.repo, actor, 'write')) throw new Refused(403, 'Must have write access');
  emitCheck(world, check, 'rerequested', actor, {});
}

function emitCheck(
  world: World,
  check: CheckRecord,
  action: string,
  sender: Account,
  more: Readonly<Record<string, unknown>>,
): void {
  const own = action === 'rerequested' || action === 'requested_action';
  world.emit({
    event: 'check_run',
    action,
    repo: check.repo,
    sender,
    payload: { check_run: presentCheck(world, check), ...more },
    ...(own ? { onlyApp: check.app } : {}),
  });
  world.changed();
}
