import { isoTime } from '../present/schemas.ts';
import type { PullRecord, World } from '../state.ts';
import { pullCommits, pullFiles } from '../world/pull-range.ts';
import { checkList } from './check-list.ts';
import { html, type Html } from './html.ts';
import { actButton, actingAs, badge, layout, textField, type Visit } from './layout.ts';
import { pullState } from './repository.ts';

export function pullPage(world: World, pull: PullRecord, visit: Visit): Html {
  const { repo } = pull;
  const path = `/${repo.fullName}/pull/${pull.number}`;
  const open = pull.state === 'open';
  const wanted = pull.requestedReviewers.map((reviewer) => reviewer.login).join(', ');
  return layout(
    { title: `${pull.title} · #${pull.number}`, repo, bar: actingAs(world, repo, path, visit) },
    visit,
    html`<h1><bdi>${pull.title}</bdi> <span class="dim">#${pull.number}</span></h1>
      <p>
        ${badge(pullState(pull))} by ${pull.author.login}: ${pullCommits(pull).length} commit(s) of
        <code>${pull.headRef}</code> into <code>${pull.baseRef}</code>. Head: <code>${pull.headSha.slice(0, 12)}</code>
      </p>
      ${pull.body === null || pull.body === '' ? null : html`<pre>${pull.body}</pre>`}
      ${wanted === '' ? null : html`<p>Reviews are asked of ${wanted}.</p>`}
      <h2>Checks</h2>
      ${checkList(world, repo, pull.headSha)}
      <h2>Reviews and comments</h2>
      ${conversation(pull)}
      <h2>Your answer</h2>
      ${textField('Text of a review or comment', visit)}
      <div class="row">
        ${actButton('approve', 'Approve')}${actButton('request-changes', 'Request changes')}${actButton('comment', 'Comment')}
        ${open ? actButton('merge', 'Merge') : null}
      </div>
      <h2>Files changed</h2>
      ${files(pull)}`,
  );
}

function conversation(pull: PullRecord): Html {
  const reviews = pull.reviews.map((review) => ({
    at: review.submittedAt,
    head: html`${review.user.login} ${badge(review.state)}`,
    note: ` at ${review.commitId.slice(0, 12)}`,
    body: review.body,
  }));
  const comments = pull.comments.map((comment) => ({
    at: comment.createdAt,
    head: html`${comment.user.login} ${badge('comment')}`,
    note: '',
    body: comment.body,
  }));
  const all = [...reviews, ...comments].toSorted((a, b) => a.at - b.at);
  if (all.length === 0) return html`<p class="dim">Nobody has said anything yet.</p>`;
  return html`${all.map(
    ({ at, head, note, body }) =>
      html`<article>
        <h3>${head}</h3>
        <p class="dim">${isoTime(at)}${note}</p>
        ${body === '' ? null : html`<pre>${body}</pre>`}
      </article>`,
  )}`;
}

function files(pull: PullRecord): Html {
  return html`${pullFiles(pull).map(
    ({ path, status, patch }) =>
      html`<h3>${path} ${badge(status)}</h3>
        ${patch === undefined ? null : html`<pre>${patch}</pre>`}`,
  )}`;
}
