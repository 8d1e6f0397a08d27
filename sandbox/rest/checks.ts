import { BadBody, type Body } from '../http/body.ts';
import { appOf, idParam, ok, param, repoIn, type Answer, type Call, type Handler } from '../http/call.ts';
import { counted } from '../http/paginate.ts';
import { presentCheck } from '../present/check.ts';
import { Refused } from '../refused.ts';
import type { CheckRecord } from '../state.ts';
import { addCheck, checksOf, updateCheck, type CheckInput } from '../world/checks.ts';

const R = '/repos/{owner}/{repo}';
const STATUSES = ['queued', 'in_progress', 'completed', 'waiting', 'requested', 'pending'] as const;
const CONCLUSIONS = ['action_required', 'cancelled', 'failure', 'neutral', 'success', 'skipped', 'timed_out'] as const;
const MOST_ACTIONS = 3;
const MOST_ANNOTATIONS = 50;

export const routes: Readonly<Record<string, Handler>> = {
  [`POST ${R}/check-runs`]: (call) => {
    const app = appOf(call);
    const { body } = call;
    const input = { ...readCheck(body), name: body.filled('name') };
    const check = addCheck(call.world, repoIn(call), app, body.filled('head_sha'), input);
    return ok(presentCheck(call.world, check), 201);
  },
  [`PATCH ${R}/check-runs/{check_run_id}`]: (call) => {
    const check = checkIn(call);
    if (check.app.id !== appOf(call).id)
      throw new Refused(403, 'Invalid app_id `1` - check run can only be modified by the GitHub App that created it.');
    updateCheck(call.world, check, readCheck(call.body));
    return ok(presentCheck(call.world, check));
  },
  [`GET ${R}/check-runs/{check_run_id}`]: (call) => ok(presentCheck(call.world, checkIn(call))),
  [`GET ${R}/commits/{ref}/check-runs`]: list,
};

function checkIn(call: Call): CheckRecord {
  const check = call.world.checks.get(idParam(call, 'check_run_id'));
  if (check === undefined || check.repo.id !== repoIn(call).id) throw new Refused(404, 'Not Found');
  return check;
}

function list(call: Call): Answer {
  const repo = repoIn(call);
  const commit = repo.git.resolve(param(call, 'ref'));
  if (commit === undefined) throw new Refused(422, `No commit found for SHA: ${param(call, 'ref')}`);
  const name = call.query.get('check_name');
  const appId = call.query.get('app_id');
  const status = call.query.get('status');
  const matching = checksOf(call.world, repo, commit.sha)
    .filter((check) => name === null || check.name === name)
    .filter((check) => appId === null || String(check.app.id) === appId)
    .filter((check) => status === null || check.status === status)
    .toReversed();
  // "latest" is the newest of each name in a suite.
  const latest = matching.filter(
    (check, index) =>
      matching.findIndex((other) => other.name === check.name && other.suiteId === check.suiteId) === index,
  );
  const shown = call.query.get('filter') === 'all' ? matching : latest;
  return counted(call, 'check_runs', shown, (check) => presentCheck(call.world, check));
}

function readCheck(body: Body): CheckInput {
  const status = body.has('status') ? body.oneOf('status', STATUSES) : undefined;
  const conclusion = body.has('conclusion') ? body.oneOf('conclusion', CONCLUSIONS) : undefined;
  if (status === 'completed' && conclusion === undefined)
    throw new BadBody('conclusion', 'is required for a completed run');
  const output = body.body('output');
  const annotations = output?.list('annotations').length ?? 0;
  if (annotations > MOST_ANNOTATIONS) throw new BadBody('output/annotations', `at most ${MOST_ANNOTATIONS}`);
  const actions = body.has('actions') ? readActions(body) : undefined;
  const name = body.optionalText('name');
  const externalId = body.optionalText('external_id');
  const detailsUrl = body.optionalText('details_url');
  const startedAt = body.time('started_at');
  const completedAt = body.time('completed_at');
  return {
    ...(name === undefined ? {} : { name }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(detailsUrl === undefined ? {} : { detailsUrl }),
    ...(status === undefined ? {} : { status }),
    ...(conclusion === undefined ? {} : { conclusion }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(completedAt === undefined ? {} : { completedAt }),
    ...(actions === undefined ? {} : { actions }),
    ...(output === undefined
      ? {}
      : {
          annotations,
          output: {
            title: output.has('title') ? output.filled('title') : null,
            summary: output.filled('summary', 65_535),
            text: output.optionalText('text', 65_535) ?? null,
          },
        }),
  };
}

function readActions(body: Body): CheckRecord['actions'] {
  const actions = body.bodies('actions');
  if (actions.length > MOST_ACTIONS) throw new BadBody('actions', `at most ${MOST_ACTIONS}`);
  return actions.map((action) => ({
    label: action.filled('label', 20),
    description: action.filled('description', 40),
    identifier: action.filled('identifier', 20),
  }));
}
