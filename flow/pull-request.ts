import type { PullFacts, RepositoryFacts, RepositoryRef } from '../core/facts.ts';
import type { Ports } from '../core/ports.ts';
import { enqueueTask } from './enqueue-task.ts';
import { NOTHING_ASKED, outlook } from './evaluate.ts';
import type { Evaluation, Outlook } from './evaluate.ts';
import { judgePullRequest } from './judge-pull-request.ts';
import { keptParties } from './parties.ts';
import { bypassedMergeSealing, passedSealing, pullReleasedSealing, revokedSealing } from './pull-request-records.ts';
import { rejectedSealing, withdrawnSealing } from './request-records.ts';
import type { Report } from './report.ts';
import { openPullRequestRequest, reviewSealings, sealReviews } from './request.ts';
import { sealAll, sealOne } from './seal.ts';
import { pullRequestView } from './show-pull-request.ts';
import { showStuckPull } from './show-stuck.ts';
import { keysOf, load, remove, save } from './state.ts';
import type { PullState, Stored } from './state.ts';

interface PullLook {
  readonly ports: Ports;
  readonly report: Report;
  readonly ref: RepositoryRef;
  readonly repository: RepositoryFacts;
  readonly pull: PullFacts;
}

/** GitHub asks at most this many people for a review of one pull request. */
const REVIEWERS_MAX = 15;

/**
 * Looks at a pull request and does what is due. What it decides is kept in the pull request's document; the check of the
 * head SHA is a task of its own, because it belongs to every open pull request with that head (docs/design.md 4.4).
 *
 * @param tries of this look so far, from 1: one that fails for long is shown on the check
 */
export async function lookAtPullRequest(
  ports: Ports,
  ref: RepositoryRef,
  number: number,
  report: Report,
  tries: number,
): Promise<void> {
  try {
    await followPullRequest(ports, ref, number, report);
  } catch (error) {
    await showStuckPull(ports, ref, number, error, tries);
    throw error;
  }
}

async function followPullRequest(ports: Ports, ref: RepositoryRef, number: number, report: Report): Promise<void> {
  const repository = await ports.forge.repository(ref);
  const pull = await ports.forge.pullRequest(ref, number);
  const look: PullLook = { ports, report, ref, repository, pull };
  const known = await load(ports.documents, ref, 'pull', String(number));

  if (pull.state === 'closed') {
    if (known !== null && known.body.state !== 'closed') await close(look, known);
    return;
  }
  let stored = known;
  if (
    stored === null ||
    stored.body.headSha !== pull.headSha ||
    stored.body.baseRef !== pull.baseRef ||
    stored.body.state === 'closed'
  ) {
    // Another pull request with this head may have turned its check green: it is put back before anything else.
    stored = await put(look, stored, {
      ...(stored?.body ?? NEW),
      headSha: pull.headSha,
      baseRef: pull.baseRef,
      state: 'evaluating',
      view: null,
    });
    await askForCheck(look, pull.headSha);
  }
  await decidePullRequest(look, stored);
  await askForCheck(look, pull.headSha);
  await lookAtDeploymentsOf(look);
}

/** A review of this head may fill a seat of a deployment of it. */
async function lookAtDeploymentsOf({ ports, ref, pull }: PullLook): Promise<void> {
  for (const key of await keysOf(ports.documents, ref, 'open-run')) {
    const gates = (await load(ports.documents, ref, 'run', key))?.body.gates ?? [];
    if (!gates.some((gate) => gate.state !== 'closed' && gate.headSha === pull.headSha)) continue;
    await enqueueTask(ports, { kind: 'run', repository: ref, runId: Number(key) });
  }
}

const NEW = {
  request: null,
  releases: 0,
  releasedDigest: null,
  signals: [],
  people: [],
  reviewersRequested: [],
  view: null,
} satisfies Omit<PullState, 'headSha' | 'baseRef' | 'state'>;

async function decidePullRequest(look: PullLook, before: Stored<'pull'>): Promise<void> {
  const { ports, ref, repository, pull } = look;
  let stored = before;
  const { scoped, evaluation } = await judgePullRequest(ports, repository, pull, before.body, async (gathered) => {
    stored = await put(look, stored, {
      ...stored.body,
      signals: [...gathered.classification.signals],
      people: keptParties(gathered.parties),
    });
  });
  if (!scoped) {
    await sealOne(ports, ref, passedSealing(ports, ref, evaluation));
    await put(look, stored, { ...stored.body, state: 'passed', request: null, view: null });
    return;
  }
  look.report({
    level: 'info',
    message: 'pull request decided',
    fields: {
      repository: ref.id,
      pull: pull.number,
      sha: pull.headSha,
      decision: evaluation.decision.kind,
      reason: evaluation.decision.reason,
    },
  });
  stored = await openPullRequestRequest(ports, ref, stored, evaluation, (body) => put(look, stored, body));
  await act(look, stored, evaluation);
}

async function act(look: PullLook, opened: Stored<'pull'>, evaluation: Evaluation): Promise<void> {
  const { ports, ref, pull } = look;
  let stored = opened;
  if (evaluation.decision.kind !== 'release') stored = await putBack(look, stored, evaluation);
  switch (evaluation.decision.kind) {
    case 'release':
      await releasePullRequest(look, stored, evaluation);
      return;
    case 'reject':
      await sealReviews(ports, ref, evaluation);
      await sealOne(ports, ref, rejectedSealing(ports, ref, evaluation));
      await show(look, stored, evaluation, await outlook(ports, evaluation), 'rejected');
      return;
    case 'hold': {
      await sealReviews(ports, ref, evaluation);
      const prospects = await outlook(ports, evaluation);
      const shown = await show(look, stored, evaluation, prospects, 'held');
      if (!pull.draft) await askReviewers(look, shown, prospects);
    }
  }
}

/** The record first, then the check: it can be put back, so a pull request needs no authorisation. */
async function releasePullRequest(look: PullLook, stored: Stored<'pull'>, evaluation: Evaluation): Promise<void> {
  const { ports, ref, pull } = look;
  if (stored.body.state === 'released') {
    await show(look, stored, evaluation, NOTHING_ASKED, 'released');
    return;
  }
  const releases = stored.body.releases + 1;
  const sealed = await sealAll(ports, ref, [
    ...(await reviewSealings(ports, ref, evaluation)),
    pullReleasedSealing(ports, ref, evaluation, releases),
  ]);
  const digest = sealed.at(-1)?.digest ?? null;
  const headKey = `${pull.number}/${pull.headSha}`;
  if (digest !== null && (await load(ports.documents, ref, 'released-head', headKey)) === null) {
    await save(ports.documents, ref, 'released-head', headKey, { body: { releasedDigest: digest }, version: 0 });
  }
  const released = await put(look, stored, { ...stored.body, releases, releasedDigest: digest });
  await show(look, released, evaluation, NOTHING_ASKED, 'released');
}

/** A release that no longer stands (a review was dismissed, a rule added) is undone by a record of its own. */
async function putBack(look: PullLook, stored: Stored<'pull'>, evaluation: Evaluation): Promise<Stored<'pull'>> {
  const { releasedDigest, state } = stored.body;
  if (state !== 'released' || releasedDigest === null) return stored;
  await sealOne(look.ports, look.ref, revokedSealing(look.ports, look.ref, evaluation, releasedDigest));
  await remove(look.ports.documents, look.ref, 'released-head', `${look.pull.number}/${look.pull.headSha}`);
  return put(look, stored, { ...stored.body, state: 'held', releasedDigest: null });
}

/** Closed: what was held is withdrawn; merged without a release, somebody passed the gate by. */
async function close(look: PullLook, stored: Stored<'pull'>): Promise<void> {
  const { ports, ref, pull } = look;
  const { state, request } = stored.body;
  if (pull.merged && state !== 'released' && state !== 'passed') {
    await sealOne(ports, ref, bypassedMergeSealing(ports, ref, pull, request?.digest ?? null));
    look.report({
      level: 'error',
      message: 'ALARM: a held pull request was merged without a release',
      fields: { repository: ref.id, pull: pull.number, by: pull.mergedBy?.login ?? null },
    });
  } else if (!pull.merged && request !== null && state === 'held') {
    await sealOne(
      ports,
      ref,
      withdrawnSealing(ports, ref, request.digest, `pull/${pull.number}/closed`, request.headSha),
    );
  }
  await put(look, stored, { ...stored.body, state: 'closed', view: null });
  await askForCheck(look, stored.body.headSha);
}

async function show(
  look: PullLook,
  stored: Stored<'pull'>,
  evaluation: Evaluation,
  prospects: Outlook,
  state: PullState['state'],
): Promise<Stored<'pull'>> {
  const view = pullRequestView(look.pull, evaluation, prospects);
  return put(look, stored, { ...stored.body, state, view });
}

/** The people who could fill a seat are asked once each. */
async function askReviewers(look: PullLook, stored: Stored<'pull'>, prospects: Outlook): Promise<void> {
  const asked = new Set(stored.body.reviewersRequested);
  const room = REVIEWERS_MAX - asked.size;
  const logins = prospects.people
    .map(({ login }) => login)
    .filter((login) => !asked.has(login))
    .slice(0, Math.max(room, 0));
  if (logins.length === 0) return;
  // Remembered first: to ask twice is worse than to ask nobody, the check names them anyway.
  await put(look, stored, { ...stored.body, reviewersRequested: [...asked, ...logins] });
  await look.ports.gatekeeper.requestReviewers(look.ref, look.pull.number, logins);
}

async function askForCheck(look: PullLook, headSha: string): Promise<void> {
  await enqueueTask(look.ports, { kind: 'check', repository: look.ref, headSha });
}

async function put(look: PullLook, before: Stored<'pull'> | null, body: PullState): Promise<Stored<'pull'>> {
  return save(look.ports.documents, look.ref, 'pull', String(look.pull.number), {
    body,
    version: before?.version ?? 0,
  });
}
