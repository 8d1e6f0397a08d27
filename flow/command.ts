import { parseCommand } from '../core/gate/command.ts';
import type { Because } from '../core/gate/decision.ts';
import { because, explain, REASONS } from '../core/gate/reasons.ts';
import { parseCode } from '../core/gate/request-digest.ts';
import { claimsSignature } from '../core/gate/signed-answer.ts';
import type { RepositoryRef } from '../core/facts.ts';
import type { Ports } from '../core/ports.ts';
import { enqueueTask } from './enqueue-task.ts';
import { explainAsker } from './explain-asker.ts';
import { escapeMarkdown } from './markdown.ts';
import { policyInForce } from './policy-in-force.ts';
import type { Report } from './report.ts';
import { keepAnswer } from './reviews.ts';
import { claimStatement } from './signed-reviews.ts';
import { load } from './state.ts';
import type { Answers, DocumentBody } from './state.ts';
import type { Task } from './task.ts';
import { orGone } from './teams.ts';

type CommentTask = Extract<Task, { kind: 'comment' }>;
type ButtonTask = Extract<Task, { kind: 'button' }>;

/** What a comment may weigh before it is kept with an answer. */
const REASON_CHARACTERS = 2_000;
/** Several times what a statement and a signature have; of a longer comment the rest is cut, and then it is not whole. */
const SIGNED_CHARACTERS = 8_000;

/**
 * `/countersign …` in a comment. The answer is kept with the request that its code names and judged with all the others;
 * what the person may do is asked then, not now. What is no command, or names nothing that is asked, is said to be so below
 * it: whoever tries to stop something must not be left thinking that they have.
 */
export async function takeComment(ports: Ports, task: CommentTask, report: Report): Promise<void> {
  const command = parseCommand(task.body);
  const target = command === null || command.kind === 'status' ? null : await askedBy(ports, task.repository, command);
  if (!(await mayMatter(ports, task, target !== null))) {
    report({
      level: 'info',
      message: 'command of a stranger ignored',
      fields: { repository: task.repository.id, actor: task.author.id },
    });
    return;
  }
  const reply = (markdown: string): Promise<void> =>
    ports.gatekeeper.comment(task.repository, task.issueNumber, markdown);
  const { login } = task.author;
  if (command === null) {
    // A program that tries again and again is not talked to.
    if (task.viaApp === null) await reply(withWayOut(because('command-unknown', { login })));
  } else if (command.kind === 'status') {
    await reply(await status(ports, task));
  } else if (target === null) {
    await reply(withWayOut(because('code-unknown', { login })));
  } else {
    await answer(ports, task.repository, target, {
      id: `comment:${task.commentId}`,
      channel: 'command',
      verdict: command.kind,
      reviewer: task.author,
      at: task.at,
      reason: command.reason.slice(0, REASON_CHARACTERS),
      viaApp: task.viaApp,
      commentId: task.commentId,
      signed: claimsSignature(task.body) ? task.body.slice(0, SIGNED_CHARACTERS) : null,
    });
  }
}

/** What a code means, if it is asked now. */
async function askedBy(
  ports: Ports,
  ref: RepositoryRef,
  { code }: { readonly code: string },
): Promise<DocumentBody<'code'> | null> {
  const target = await load(ports.documents, ref, 'code', code);
  return target !== null && (await isAsked(ports, ref, target.body)) ? target.body : null;
}

/**
 * Whoever may write here, and, where they answer a request, whoever a group of the policy names. An answer of anyone else is
 * neither kept nor replied to: strangers must not fill the log or the thread.
 */
async function mayMatter(ports: Ports, { repository: ref, author }: CommentTask, isAnswer: boolean): Promise<boolean> {
  if (author.type !== 'User') return false;
  const permission = await ports.people.permission(ref, author.login);
  if (!['none', 'read', 'triage'].includes(permission)) return true;
  if (!isAnswer) return false;
  const { state } = await policyInForce(ports, await ports.forge.repository(ref));
  const groups = state.kind === 'in-force' ? Object.values(state.policy.groups ?? {}) : [];
  const login = author.login.toLowerCase();
  for (const user of groups.flatMap(({ users = [] }) => users)) {
    if (user.split('#', 1)[0]?.toLowerCase() === login) return true;
  }
  for (const team of new Set(groups.flatMap(({ teams = [] }) => teams))) {
    if ((await orGone(() => ports.people.isTeamMember(ref, team, author.login))) === true) return true;
  }
  return false;
}

function withWayOut(why: Because): string {
  return `${escapeMarkdown(explain(why))} ${REASONS[why.code].wayOut}`;
}

/** A button of one of our checks. The identifier names the request; the check's own external id has to say the same. */
export async function takeButton(ports: Ports, task: ButtonTask, report: Report): Promise<void> {
  const match = /^(approve|reject):([0-9A-Z]{8})$/.exec(task.identifier);
  const code = parseCode(match?.[2] ?? '');
  const target = code === null ? null : await askedBy(ports, task.repository, { code });
  if (match === null || target === null || target.requestDigest !== task.externalId) {
    report({
      level: 'warn',
      message: 'button that answers no open request ignored',
      fields: { repository: task.repository.id, actor: task.actor.id, check: task.checkRunId },
    });
    return;
  }
  await answer(ports, task.repository, target, {
    id: `button:${task.deliveryId}`,
    channel: 'check-button',
    verdict: match[1] === 'approve' ? 'approve' : 'reject',
    reviewer: task.actor,
    at: task.at,
    reason: '',
    viaApp: null,
    commentId: null,
    signed: null,
  });
}

/** Whether the request is the one that is asked now: what was replaced or has ended takes no answer any more (attack C30). */
async function isAsked(
  ports: Ports,
  ref: RepositoryRef,
  { requestDigest, target }: DocumentBody<'code'>,
): Promise<boolean> {
  if (target.kind === 'pull-request') {
    const pull = await load(ports.documents, ref, 'pull', String(target.number));
    return pull !== null && pull.body.state !== 'closed' && pull.body.request?.digest === requestDigest;
  }
  const gates = (await load(ports.documents, ref, 'run', String(target.runId)))?.body.gates ?? [];
  return gates.some((gate) => gate.state !== 'closed' && gate.requestDigest === requestDigest);
}

async function answer(
  ports: Ports,
  ref: RepositoryRef,
  target: DocumentBody<'code'>,
  given: Answers[number],
): Promise<void> {
  await claimStatement(ports, ref, target.requestDigest, given);
  await keepAnswer(ports, ref, target.requestDigest, given);
  await enqueueTask(ports, { repository: ref, ...target.target });
}

async function status(ports: Ports, { repository, issueNumber, author }: CommentTask): Promise<string> {
  const stored = await load(ports.documents, repository, 'pull', String(issueNumber));
  if (stored === null) return escapeMarkdown(explain(because('nothing-decided', {})));
  const { state, view } = stored.body;
  const why = escapeMarkdown(await explainAsker(ports, repository, issueNumber, author, stored.body));
  return view === null
    ? `Countersign: ${state}.\n\n${why}`
    : `Countersign: **${state}** (${view.title}).\n\n${why}\n\n${view.summary}`;
}
