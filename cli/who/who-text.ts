import type { Account } from '../../core/actors/account.ts';
import type { RepositoryFacts } from '../../core/facts.ts';
import type { PersonExplained } from '../../core/gate/explain-person.ts';
import { explain } from '../../core/gate/reasons.ts';
import { tellRelease } from '../../core/gate/tell-releasers.ts';
import { agentName } from '../../core/parties/explain.ts';
import type { PartyRole } from '../../core/parties/party.ts';
import type { PolicyState } from '../../core/policy/requirement.ts';
import type { Asked, HeldNow, LookedUp } from '../../flow/look-up.ts';
import { printable } from '../printable.ts';

const SIGNALS_SHOWN = 20;
const PEOPLE_SHOWN = 40;
const PATHS_SHOWN = 8;

/** The answer for a person. Names, places and values are others' words: nothing of them reaches the terminal raw. */
export function whoText({ ref }: RepositoryFacts, found: LookedUp): string {
  const { gathered, held, people, notes, unread } = found;
  const lines = [
    `${ref.owner}/${ref.name}, ${tellAsked(found.asked)}, at ${found.headSha.slice(0, 12)}, commits: ${gathered.change.commits.length}`,
    `policy: ${tellPolicy(found.policy.state)}`,
    '',
    ...conclusion(found),
    '',
    ...behindIt(found),
    ...held.flatMap((each) => ['', ...heldLines(each)]),
    ...(held.length > 0 ? [] : ['', NOTHING_HELD, ...personLines(people)]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `note: ${note}`)]),
    ...(unread.length === 0 ? [] : ['', ...unread.map((what) => `NOT READ: ${what}`)]),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

const NOTHING_HELD = 'nothing is held here, so no seat is to be filled:';

function tellAsked(asked: Asked): string {
  if (asked.kind === 'commit') return 'commit';
  return asked.kind === 'run' ? `run ${asked.runId}` : `pull request #${asked.number}`;
}

function tellPolicy(state: PolicyState): string {
  if (state.kind === 'unreadable') return `could not be read: ${state.detail}`;
  const where = `at ${state.commitSha.slice(0, 12)}`;
  if (state.kind === 'invalid') return `.github/countersign.yml ${where} is not valid, so everything is held`;
  return state.source === 'built-in' ? `the built-in one, there is none ${where}` : `.github/countersign.yml ${where}`;
}

function conclusion({ gathered }: LookedUp): readonly string[] {
  const { class: found, agents, signals, registry } = gathered.classification;
  const named = agents.length === 0 ? '' : ` (${agents.map(agentName).join(', ')})`;
  return [
    `conclusion: ${found}${named}, by the registry of ${registry}`,
    ...tree(
      signals.map(({ tier, kind, agent, where, value }) =>
        [tier, kind, agent === null ? '' : agent, `at ${where}`, value === '' ? '' : `"${value}"`]
          .filter((part) => part !== '')
          .join(' '),
      ),
      SIGNALS_SHOWN,
    ),
  ];
}

/** Every account with its edges, and those whom no account answers for. */
function behindIt({ gathered }: LookedUp): readonly string[] {
  const { all, unknown, unattributed } = gathered.parties;
  return [
    'behind it:',
    ...all
      .slice(0, PEOPLE_SHOWN)
      .flatMap(({ account, roles }) => [`  ${shown(account)}`, ...tree(roles.map(edge), PATHS_SHOWN, '  ')]),
    ...more(all.length - PEOPLE_SHOWN),
    ...unknown.slice(0, PEOPLE_SHOWN).map((person) => `  somebody unknown, "${person.name}": ${edge(person)}`),
    ...more(unknown.length - PEOPLE_SHOWN),
    ...(unattributed.length === 0
      ? []
      : [
          `  nobody's, as far as anyone knows: ${unattributed
            .map((sha) => sha.slice(0, 7))
            .slice(0, PATHS_SHOWN)
            .join(', ')} (commits: ${unattributed.length})`,
        ]),
  ];
}

function edge({ role, source, where, by }: PartyRole): string {
  return `${role} (${source}): ${by === undefined ? where : `${where}, as ${by}, one person with this account`}`;
}

function shown({ id, login, type }: Account): string {
  return `${login} (${id}${type === 'User' ? '' : `, ${type}`})`;
}

function heldLines({ environment, evaluation, releasers, people }: HeldNow): readonly string[] {
  const { decision } = evaluation;
  return [
    `${environment === null ? 'the pull request' : `environment ${environment}`}: ${decision.kind}`,
    ...tree(decision.because.map(explain), SIGNALS_SHOWN),
    `could release it: ${releasers === null && decision.seats.length > 0 ? 'not known' : tellRelease(decision, releasers, ({ login }) => login)}`,
    ...personLines(people),
  ];
}

function personLines(people: readonly PersonExplained[]): readonly string[] {
  return tree(
    people.map(({ because }) => explain(because)),
    PEOPLE_SHOWN,
  );
}

function tree(entries: readonly string[], most: number, indent = ''): readonly string[] {
  const rest = entries.length - most;
  const all = rest > 0 ? [...entries.slice(0, most), `and ${rest} more; --json has all`] : entries;
  return all.map((entry, at) => `${indent}  ${at === all.length - 1 ? '└─' : '├─'} ${entry}`);
}

function more(count: number): readonly string[] {
  return count > 0 ? [`  and ${count} more; --json has all`] : [];
}
