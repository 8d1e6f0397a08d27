import { currentAttempt } from '../present/run.ts';
import { isoTime } from '../present/schemas.ts';
import type { GateRecord, JobRecord, RunRecord, World } from '../state.ts';
import { waitingJobs } from '../world/gates.ts';
import { checkList } from './check-list.ts';
import { html, type Html } from './html.ts';
import { actButton, actingAs, badge, layout, listing, textField, type Visit } from './layout.ts';
import { renderMarkdown } from './markdown.ts';

export function runPage(world: World, run: RunRecord, visit: Visit): Html {
  const { repo } = run;
  const attempt = currentAttempt(run);
  const path = `/${repo.fullName}/actions/runs/${run.id}`;
  const title = `${run.spec.name} #${run.runNumber}`;
  const gates = new Map(waitingJobs(run).flatMap(({ gate }) => (gate === null ? [] : [[gate.environment.id, gate]])));
  const running = attempt.status !== 'completed';
  return layout(
    { title, repo, bar: actingAs(world, repo, path, visit) },
    visit,
    html`<h1>${title}</h1>
      <p>
        ${badge(attempt.conclusion ?? attempt.status)} Attempt ${attempt.number}, started by
        ${attempt.triggeringActor.login} (the run by ${run.actor.login}, ${run.event}) on
        <code>${run.headBranch}</code> at <code>${run.headSha.slice(0, 12)}</code>
      </p>
      <h2>Jobs</h2>
      ${listing(['Job', 'Environment', 'State'], jobsOf(run).map(jobRow), 'No job yet.')}
      ${gates.size === 0 ? null : html`<h2>Waiting for</h2>`}${[...gates.values()].map((gate) => waitsFor(world, gate))}
      <h2>Your answer</h2>
      ${gates.size === 0 ? null : textField('Comment at the deployment prompt', visit)}
      <div class="row">
        ${running ? actButton('cancel', 'Cancel the run') : null}
        ${running ? null : actButton('rerun', 'Run all jobs again')}
        ${running || attempt.conclusion === 'success' ? null : actButton('rerun-failed', 'Run failed jobs again')}
        ${gates.size === 0 ? null : actButton('bypass', 'Start all waiting jobs', 'bypasses the rules; administrators only')}
      </div>
      <h2>Checks of this commit</h2>
      ${checkList(world, repo, run.headSha)}
      <h2>What Apps reported</h2>
      ${listing(
        ['App', 'Environment', 'Answer', 'Text'],
        run.reports.map((report) => [
          report.app,
          report.environment,
          badge(report.state),
          renderMarkdown(report.comment),
        ]),
        'Nothing yet.',
      )}
      <h2>Answers at the environments</h2>
      ${listing(
        ['Who', 'Environments', 'Answer', 'Text'],
        run.approvals.map(({ user, environments, state, comment }) => [
          user.login,
          environments.map((environment) => environment.name).join(', '),
          badge(state),
          comment,
        ]),
        'Nobody has answered yet.',
      )}`,
  );
}

/** Of every attempt, newest first; a job that is carried over stands once. */
function jobsOf(run: RunRecord): readonly JobRecord[] {
  return [...new Set(run.attempts.flatMap(({ jobs }) => jobs))].toReversed();
}

function jobRow(job: JobRecord): readonly (Html | string)[] {
  const { name, environment } = job.spec;
  return [`${name}, attempt ${job.attempt}`, environment ?? '', badge(job.conclusion ?? job.status)];
}

function waitsFor(world: World, gate: GateRecord): Html {
  const { environment, native, custom, timerEndsAt } = gate;
  const rules = environment.customRules.map(
    ({ app }) => html`<li>the App ${app.slug}: ${badge(custom.get(app.id) ?? 'approved')}</li>`,
  );
  const reviewers = environment.reviewers.map(({ account, team }) => account?.login ?? team?.slug ?? '').join(', ');
  const prompt = native === 'none' ? null : html`<li>one of ${reviewers}, at the prompt: ${badge(native)}</li>`;
  const timer = timerEndsAt > world.now() ? html`<li>its wait timer, until ${isoTime(timerEndsAt)}</li>` : null;
  const buttons = (['approve', 'reject'] as const).map((verb) =>
    actButton(
      `${verb}:${environment.name}`,
      verb === 'approve' ? 'Approve' : 'Reject',
      `deployment to ${environment.name}`,
    ),
  );
  return html`<article>
    <h3>${environment.name}</h3>
    <ul>
      ${rules}${prompt}${timer}
    </ul>
    ${native === 'pending' ? html`<div class="row">${buttons}</div>` : null}
  </article>`;
}
