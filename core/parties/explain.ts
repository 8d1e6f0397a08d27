import { AGENT_NAMES } from '../authorship/agents.ts';
import type { Classification } from '../authorship/classification.ts';
import type { Party, PartyRole, Role, Source } from './party.ts';

/** What the sentence needs of the judgement to name who was prompted. */
export type Sighted = Pick<Classification, 'agents' | 'signals'>;

/** Strongest first: GitHub's server, then an identity in git, then words that anyone could write. */
const STRENGTH: readonly Source[] = ['api', 'git', 'text'];

/**
 * Every path that keeps a party from countersigning, the strongest first; empty for somebody who only merged, unless the
 * policy excludes mergers too. It is empty exactly for those whom the gate does not exclude (invariant 3).
 */
export function exclusionPaths(party: Party, mergersExcluded: boolean): readonly PartyRole[] {
  const excluding = party.roles.filter(({ role }) => mergersExcluded || role !== 'merger');
  return STRENGTH.flatMap((source) => excluding.filter((path) => path.source === source));
}

/**
 * Why somebody may not countersign, in words that fit behind their name: `prompted Copilot, named in the co-author trailer of
 * 3f2c1d0; and by 2 more paths`.
 *
 * @param paths of `exclusionPaths`, so the one that is told is the strongest
 * @returns the empty text for no path
 */
export function tellPaths(paths: readonly PartyRole[], sighted: Sighted): string {
  const [first, ...more] = paths;
  if (first === undefined) return '';
  const told = tellPath(first, sighted);
  return more.length === 0 ? told : `${told}; and by ${more.length} more ${more.length === 1 ? 'path' : 'paths'}`;
}

/** One path: what the person did, and how that is known. */
export function tellPath({ role, where, source, by }: PartyRole, sighted: Sighted): string {
  const did = role === 'sponsor' ? `prompted ${agentsAt(where, sighted)}` : DID[role];
  const told = `${did}, ${source === 'api' ? `as GitHub says (${where})` : `named in ${article(where)}${where}`}`;
  return by === undefined
    ? told
    : `is the same person as ${by} (accounts of one person, as the policy says): ${by}: ${told}`;
}

const DID = {
  author: 'wrote part of the change',
  'co-author': 'wrote part of the change with others',
  committer: 'committed part of the change',
  'suggestion-author': 'suggested part of the change',
  pusher: 'pushed to the branch',
  'pull-request-author': 'opened the pull request',
  dispatcher: 'started the run',
  're-runner': 'ran it again',
  owner: 'owns the bot or automation behind it',
  merger: 'merged it',
} as const satisfies Record<Exclude<Role, 'sponsor'>, string>;

/** `commit 1a2b3c4` is a name; `co-author trailer of 1a2b3c4` is one of its kind. */
function article(where: string): string {
  return /^(?:commit|push|pull request|run) /.test(where) ? '' : 'the ';
}

const AGENTS_TOLD = 3;

/** The agents that were seen in the same commit, pull request or run; where none was, all of the change. */
function agentsAt(where: string, { agents, signals }: Sighted): string {
  const place = placeOf(where);
  const there = signals.flatMap((signal) =>
    place !== undefined && signal.agent !== null && placeOf(signal.where) === place ? [signal.agent] : [],
  );
  const names = [...new Set(there.length > 0 ? there : agents)].map(agentName);
  if (names.length === 0) return 'an agent';
  const shown = names.slice(0, AGENTS_TOLD).join(', ');
  return names.length > AGENTS_TOLD ? `${shown} and ${names.length - AGENTS_TOLD} more` : shown;
}

/** The SHA or number in our own words for a place. */
function placeOf(where: string): string | undefined {
  return /#\d+|\b[0-9a-f]{7}\b/.exec(where)?.[0];
}

const agentNames: ReadonlyMap<string, string> = new Map(Object.entries(AGENT_NAMES));

/** Name for the screen of an agent; one that the policy adds has its id alone. */
export function agentName(id: string): string {
  return agentNames.get(id) ?? id;
}
