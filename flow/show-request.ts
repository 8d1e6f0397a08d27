import type { Because, ReviewJudgement } from '../core/gate/decision.ts';
import { visible } from '../core/gate/reason.ts';
import { because, explain, REASONS } from '../core/gate/reasons.ts';
import { tellMissing, tellRelease } from '../core/gate/tell-releasers.ts';
import { exclusionPaths, tellPaths } from '../core/parties/explain.ts';
import type { Party } from '../core/parties/party.ts';
import type { CheckAction } from '../core/ports.ts';
import type { Evaluation, Outlook } from './evaluate.ts';
import { escapeMarkdown, listed, table } from './markdown.ts';
import { proposedSection } from './show-proposals.ts';
import { howToApprove, signingSection } from './show-signing.ts';

const PEOPLE_SHOWN = 20;
const SIGNALS_SHOWN = 10;
const PATHS_SHOWN = 15;
const WORDS_SHOWN = 10;

/** The reasons of a decision, one a line, each with its way out. */
export function becauseLines(because: readonly Because[]): string {
  return because
    .map((each) => `- **${each.code}**: ${escapeMarkdown(explain(each))} ${REASONS[each.code].wayOut}`)
    .join('\n');
}

/** The whole request on one screen: who, what it touches, why it is held, who may decide, who may not and why. */
export function requestSummary(
  evaluation: Evaluation,
  prospects: Outlook,
  words: readonly string[],
  /** How to answer; empty: it is said elsewhere. */
  how: string = howToApprove(evaluation).long,
): string {
  const { decision, gathered, request } = evaluation;
  const fresh = prospects.fresh.map(({ because: why }) => escapeMarkdown(explain(why)));
  const refused = [...excludedPeople(evaluation).map(({ line }) => line), ...fresh];
  const touched = gathered.paths.map((path) => `\`${visible(path).replaceAll(/[`|]/g, '?')}\``);
  const rows = [
    ['Who wrote or started it', whoWrote(evaluation)],
    [
      'What it touches',
      `${gathered.change.commits.length} commit(s) up to \`${request.headSha.slice(0, 12)}\`; ${
        gathered.pathsComplete
          ? listed(touched, PATHS_SHOWN) || 'no file'
          : 'more files than GitHub lists: all paths count as touched'
      }`,
    ],
    [
      'Seats',
      decision.seats
        .map(({ seat, filledBy }) => seatLine(seat.source.group, filledBy?.reviewer.login ?? null))
        .join('; ') || 'none',
    ],
    ['Who may decide', releasersLine(evaluation, prospects)],
    ['Who may not, and why', listed(refused, PEOPLE_SHOWN, '<br>') || 'nobody is excluded'],
    ...(words.length === 0
      ? []
      : [['In the words of the requesting side', listed(words.map(escapeMarkdown), WORDS_SHOWN, '<br>')]]),
  ];
  const sections = [
    becauseLines([...deadEnd(evaluation, prospects), ...decision.because]),
    table(['', ''], rows),
    ...(decision.kind === 'release' ? [] : signingSection(evaluation, prospects)),
    ...(decision.kind === 'release' || how === '' ? [] : [how]),
    ...(decision.reviews.length === 0 ? [] : [`### Answers so far\n${reviewTable(decision.reviews)}`]),
    // Last, because what is too long for the screen is cut there: no words of the requesting side push ours off it (C98).
    ...proposedSection(evaluation.proposals),
  ];
  return sections.join('\n\n');
}

/** Said at once when nobody, or not enough people, could ever fill the seats as things stand (invariant 2). */
export function deadEnd({ decision }: Evaluation, prospects: Outlook): readonly Because[] {
  if (prospects.possible || decision.seats.length === 0) return [];
  const missing = prospects.releasers?.seats.map((open) => tellMissing(open, ({ login }) => login)) ?? [];
  return [because('no-one-can-release', { seats: missing.join('; ') })];
}

function whoWrote({ gathered }: Evaluation): string {
  const { classification } = gathered;
  const signals = classification.signals.map(
    (signal) => `${signal.tier} ${signal.kind} at ${escapeMarkdown(signal.where)}: ${escapeMarkdown(signal.value)}`,
  );
  const agents = classification.agents.length === 0 ? '' : ` (${classification.agents.map(escapeMarkdown).join(', ')})`;
  return `**${classification.class}**${agents}${signals.length === 0 ? '' : `<br>${listed(signals, SIGNALS_SHOWN)}`}`;
}

function seatLine(group: string, login: string | null): string {
  return `${escapeMarkdown(group)}: ${login === null ? 'open' : `filled by @${login}`}`;
}

/** Who could release it, people first, as `countersign who` says it too. */
export function releasersLine({ decision }: Evaluation, { releasers }: Outlook): string {
  return tellRelease(decision, releasers, ({ login }) => `@${login}`);
}

/**
 * Everyone who may not countersign, people before bots, with the path that excludes them. Shown without a mention: nobody is to be called for
 * being excluded.
 */
export function excludedPeople({ gathered }: Evaluation): readonly { readonly id: number; readonly line: string }[] {
  const { parties, classification } = gathered;
  const isPerson = (party: Party): boolean => party.account.type === 'User';
  const all = [...parties.all.filter(isPerson), ...parties.all.filter((party) => !isPerson(party))];
  return all.flatMap((party) => {
    const paths = exclusionPaths(party, parties.mergersExcluded);
    if (paths.length === 0) return [];
    const { id, login } = party.account;
    return [{ id, line: `${escapeMarkdown(login)}: ${escapeMarkdown(tellPaths(paths, classification))}` }];
  });
}

function reviewTable(reviews: readonly ReviewJudgement[]): string {
  return table(
    ['who', 'how', 'answer', 'counts', 'why'],
    reviews.map(({ review, counts, because }) => [
      escapeMarkdown(review.reviewer.login),
      review.channel,
      review.verdict,
      counts ? 'yes' : 'no',
      escapeMarkdown(explain(because)),
    ]),
  );
}

/** Buttons are shown by GitHub only while a check asks for action; each names the request that it answers. */
export function decisionButtons(code: string): readonly CheckAction[] {
  return [
    { label: 'Approve', description: `Countersign request ${code}`, identifier: `approve:${code}` },
    { label: 'Reject', description: `Reject request ${code}`, identifier: `reject:${code}` },
  ];
}

export function decisionTitle(because: Because): string {
  return REASONS[because.code].title;
}
