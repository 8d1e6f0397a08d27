import { NOBODY_DECLARED } from '../../core/actors/declared-people.ts';
import { z } from 'zod';
import type { Account } from '../../core/actors/account.ts';
import type { Classification } from '../../core/authorship/classification.ts';
import { classify } from '../../core/authorship/classify.ts';
import { agentRegistry } from '../../core/authorship/registry.ts';
import type { PullEvidence } from '../../core/facts.ts';
import { findParties, namedLogins } from '../../core/parties/find-parties.ts';
import type { Source } from '../../core/parties/party.ts';
import { isThere, jsonLines, PULLS_FILE } from '../support/corpus-commits.ts';
import { change, commit, person, pull, UNSIGNED } from '../unit/authorship/change-builder.ts';
import type { Measured, Row } from './measurement.ts';

const names = z.array(z.string()).default([]);
const Pull = z.object({
  label: z.string(),
  repo: z.string(),
  number: z.number(),
  pr_user: z.string(),
  title: z.string(),
  body_markers: names,
  labels: names,
  ai_trailers: names,
  human_coauthors: names,
  initiators: names,
  requested_by: z.string().nullish(),
  force_pushed_by: names,
  commit_authors: z.record(z.string(), z.number()).default({}),
  commit_committers: z.record(z.string(), z.number()).default({}),
});
type Pull = z.infer<typeof Pull>;

/** The data set keeps the names of markers; this is the text that each stands for. */
const MARKER_TEXTS: Readonly<Record<string, string>> = {
  'devin-session': 'Link to Devin run: https://app.devin.ai/sessions/1',
  'chatgpt.com/codex': 'https://chatgpt.com/codex/tasks/task_1',
  'generated-with-claude': '🤖 Generated with [Claude Code](https://claude.ai/code)',
  'cursor.com': 'https://cursor.com/agents/1',
};

/** Logins of agents as the data set has them: an account's own login, or the name that GitHub shows for it. */
const AGENT_IDS: Readonly<Record<string, { readonly id: number; readonly type: Account['type'] }>> = {
  Copilot: { id: 198982749, type: 'Bot' },
  'devin-ai-integration[bot]': { id: 158243242, type: 'Bot' },
  cursoragent: { id: 199161495, type: 'User' },
  'cursor[bot]': { id: 206951365, type: 'Bot' },
  'chatgpt-codex-connector[bot]': { id: 199175422, type: 'Bot' },
  'claude[bot]': { id: 209825114, type: 'Bot' },
  claude: { id: 81847, type: 'User' },
};

/** What the data set tells of one pull request, as facts. It has no branch names and no texts. */
export function pullLines(): Measured {
  if (!isThere(PULLS_FILE)) return { rows: [], notes: [`${PULLS_FILE} is not there: no pull request was measured.`] };
  const judged = jsonLines(PULLS_FILE).map((line) => judge(Pull.parse(line)));
  const byLabel = [...Map.groupBy(judged, ({ row }) => row.label)];
  const missed = judged.filter(({ said, row }) => !said.agents.includes(row.label));
  const asked = judged.filter(({ row }) => row.initiators.length > 0);
  return {
    rows: [
      line('pull requests: agent found', judged, isFound),
      ...byLabel.map(([label, rows]) => line(`- ${label}`, rows, isFound)),
      line('pull requests: initiator named', judged, isNamed),
      ...byLabel.map(([label, rows]) => line(`- ${label}`, rows, isNamed)),
      line('- by GitHub’s own word', judged, ({ initiator }) => initiator === 'api'),
      line('pull requests: somebody unknown behind it, one seat more', judged, ({ unknown }) => unknown),
      line('of those with known initiators: every one named', asked, ({ named }) => named),
    ],
    notes: [
      `${judged.length.toLocaleString('en')} pull requests, labelled by branch (Codex, Cursor), account (Copilot, Devin) or text (Claude). The data set has no branch names: of the ${missed.length} without their agent here, those of Codex and Cursor are found by \`codex/\` and \`cursor/\` alone.`,
    ],
  };
}

interface Judged {
  readonly row: Pull;
  readonly said: Classification;
  /** How somebody human is known to have asked for it or opened it, strongest first; null: nobody is. */
  readonly initiator: Source | null;
  readonly unknown: boolean;
  /** Everyone whom the data set knows as an initiator is kept from countersigning as one. */
  readonly named: boolean;
}

const isNamed = ({ initiator }: Judged): boolean => initiator !== null;
const isFound = ({ said, row }: Judged): boolean => said.class === 'agent' && said.agents.includes(row.label);

/** One pull request as the gate would judge it. */
function judge(row: Pull): Judged {
  const evidence = evidenceOf(row);
  const authors = Object.keys(row.commit_authors);
  const [committer = 'GitHub'] = Object.keys(row.commit_committers);
  const trailers = row.ai_trailers.map((name) => `Co-authored-by: ${name}`);
  const commits = (authors.length === 0 ? [row.pr_user] : authors).map((login, index) =>
    commit({
      sha: index.toString(16).padStart(40, '0'),
      message: [row.title, '', ...trailers].join('\n'),
      authors: [person(accountOf(login)), ...row.human_coauthors.map((name) => person(accountOf(name)))],
      committer: person(accountOf(committer)),
      signature: UNSIGNED,
    }),
  );
  const facts = change({ commits, pulls: [evidence] });
  const said = classify(facts, agentRegistry, { automation: [], touchedPaths: ['a'], earlier: [] });
  const logins = new Map(namedLogins(facts, agentRegistry).map((login) => [login, accountOf(login)]));
  const { all, unknown } = findParties(facts, agentRegistry, {
    logins,
    earlier: new Map(),
    owners: new Map(),
    mergersExcluded: false,
    people: NOBODY_DECLARED,
  });
  const asking = all
    .filter(({ account }) => account.type === 'User' && AGENT_IDS[account.login] === undefined)
    .flatMap(({ account, roles }) =>
      roles
        .filter(({ role }) => role === 'sponsor' || role === 'pull-request-author')
        .map(({ source }) => ({ login: account.login, source })),
    );
  return {
    row,
    said,
    initiator: SOURCES.find((source) => asking.some((each) => each.source === source)) ?? null,
    unknown: unknown.length > 0,
    named: row.initiators.every((login) => asking.some((each) => each.login === login)),
  };
}

const SOURCES: readonly Source[] = ['api', 'git', 'text'];

function evidenceOf(row: Pull): PullEvidence {
  const body = [...row.body_markers.map((name) => MARKER_TEXTS[name] ?? ''), ...requestedBy(row)].join('\n');
  return pull(
    { author: accountOf(row.pr_user), body, labels: row.labels, title: row.title },
    {
      timeline: [
        ...row.initiators.map((login) => ({ kind: 'agent-started' as const, actor: accountOf(login), viaApp: null })),
        ...row.force_pushed_by.map((login) => ({ kind: 'force-pushed' as const, actor: accountOf(login) })),
      ],
    },
  );
}

function requestedBy({ requested_by: login }: Pull): readonly string[] {
  return login === null || login === undefined ? [] : [`Requested by: @${login}`];
}

const ids = new Map<string, number>();

function accountOf(login: string): Account {
  const agent = AGENT_IDS[login];
  if (agent !== undefined) return { login, ...agent };
  const id = ids.get(login) ?? 900_000_000 + ids.size;
  ids.set(login, id);
  return { id, login, type: login.endsWith('[bot]') ? 'Bot' : 'User' };
}

function line(what: string, judged: readonly Judged[], test: (judged: Judged) => boolean): Row {
  const part = judged.length === 0 ? '-' : `${((100 * judged.filter(test).length) / judged.length).toFixed(2)}%`;
  return { what: `${what} (${judged.length})`, value: part, limit: '-', beside: '-' };
}
