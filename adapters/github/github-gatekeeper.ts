import { GateError } from '../../core/errors.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { AnswerOutcome, CheckRunInput, Gatekeeper } from '../../core/ports.ts';
import type { GitHubClient } from './client.ts';
import { fitText } from './fit-text.ts';
import { statusOf } from './forge-error.ts';
import { PER_PAGE, readAllPages } from './paginate.ts';
import { checkRunListSchema, checkRunSchema, createdSchema } from './wire/check.ts';
import { parseWire } from './wire/parse-wire.ts';

/** Limits that GitHub states; a longer body is refused as a whole. */
const MAX_REPORT = 1_024;
const MAX_SUMMARY = 65_535;
const MAX_COMMENT = 65_536;
const MAX_TITLE = 255;
const MAX_ACTIONS = 3;
const MAX_LABEL = 20;
const MAX_DESCRIPTION = 40;
const MAX_IDENTIFIER = 20;

/** GitHub keeps at most 1,000 check runs of one name in a suite. */
const MAX_CHECK_PAGES = 10;

const ANSWER_ROUTE = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule';

/** Everything that changes GitHub, each call sent once. */
export function createGitHubGatekeeper(client: GitHubClient): Gatekeeper {
  return {
    answerDeployment: async (ref, runId, environment, state, comment): Promise<AnswerOutcome> => {
      const body = { environment_name: environment, state, comment: fitText(comment, MAX_REPORT) };
      try {
        const { status } = await client.clientFor(ref).request(ANSWER_ROUTE, { run_id: runId, ...body });
        return status === 204 ? { kind: 'accepted' } : { kind: 'unknown', detail: `answered ${status}` };
      } catch (error) {
        if (!(error instanceof GateError)) throw error;
        const status = statusOf(error);
        if (status === 404 || status === 422) return { kind: 'not-pending', status };
        return { kind: 'unknown', detail: error.message };
      }
    },

    // Without a state GitHub takes it as a report that decides nothing.
    reportDeployment: async (ref, runId, environment, comment) => {
      const body = { environment_name: environment, comment: fitText(comment, MAX_REPORT) };
      const { status } = await client.clientFor(ref).request(ANSWER_ROUTE, { run_id: runId, ...body });
      if (status !== 204) {
        throw new GateError('ERR_FORGE_SHAPE', `${ANSWER_ROUTE} answered ${status}`, { effect: 'unknown' });
      }
    },

    putCheck: async (ref, check) => {
      const body = checkBody(check);
      const existing = await latestCheck(client, ref, check);
      const route =
        existing === null
          ? 'POST /repos/{owner}/{repo}/check-runs'
          : 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}';
      const target = existing === null ? { head_sha: check.headSha } : { check_run_id: existing };
      const { data } = await client.clientFor(ref).request(route, { ...target, ...body });
      return parseWire(checkRunSchema, data, route, 'unknown').id;
    },

    requestReviewers: async (ref, number, logins) => {
      if (logins.length === 0) return;
      const route = 'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers';
      const { data } = await client.clientFor(ref).request(route, { pull_number: number, reviewers: [...logins] });
      parseWire(createdSchema, data, route, 'unknown');
    },

    cancelRun: async (ref, runId) => {
      try {
        const route = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel';
        await client.clientFor(ref).request(route, { run_id: runId });
      } catch (error) {
        // 409: it has ended by itself, there is nothing left to cancel.
        if (!(error instanceof GateError) || statusOf(error) !== 409) throw error;
      }
    },

    comment: async (ref, issueNumber, markdown) => {
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
      const body = fitText(markdown, MAX_COMMENT);
      const { data } = await client.clientFor(ref).request(route, { issue_number: issueNumber, body });
      parseWire(createdSchema, data, route, 'unknown');
    },
  };
}

/**
 * Id of the App's newest check run of this name on this SHA: that one is updated, so that there are never two of which one
 * stays green. After a lost reply the run is found here.
 */
async function latestCheck(client: GitHubClient, ref: RepositoryRef, check: CheckRunInput): Promise<number | null> {
  const route = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs';
  const runs = await readAllPages(route, MAX_CHECK_PAGES, async (page) => {
    const reply = await client.clientFor(ref).request(route, {
      ref: check.headSha,
      check_name: check.name,
      app_id: client.appId,
      filter: 'latest',
      per_page: PER_PAGE,
      page,
    });
    return { reply, items: parseWire(checkRunListSchema, reply.data, route).check_runs };
  });
  // The filters are asked for and not trusted: another App's check of the same name cannot be written.
  const own = runs.filter(
    (run) => run.app?.id === client.appId && run.name === check.name && run.head_sha === check.headSha,
  );
  return own.length === 0 ? null : Math.max(...own.map((run) => run.id));
}

/** @throws {GateError} ERR_INPUT for a button that GitHub would refuse: cut, it would name another request */
function checkBody(check: CheckRunInput) {
  const fits = check.actions.every(
    ({ label, description, identifier }) =>
      label.length <= MAX_LABEL && description.length <= MAX_DESCRIPTION && identifier.length <= MAX_IDENTIFIER,
  );
  if (check.actions.length > MAX_ACTIONS || !fits) {
    throw new GateError('ERR_INPUT', 'a check run has more or longer buttons than GitHub takes');
  }
  return {
    name: check.name,
    external_id: check.externalId,
    // Buttons are shown on completed check runs only.
    status: 'completed',
    conclusion: check.conclusion,
    output: { title: fitText(check.title, MAX_TITLE), summary: fitText(check.summary, MAX_SUMMARY) },
    actions: check.actions.map(({ label, description, identifier }) => ({ label, description, identifier })),
  };
}
