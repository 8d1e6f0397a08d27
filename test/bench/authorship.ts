import { MACHINES } from '../../core/authorship/agent-accounts.ts';
import type { Classification } from '../../core/authorship/classification.ts';
import { classify } from '../../core/authorship/classify.ts';
import { agentRegistry } from '../../core/authorship/registry.ts';
import { COMMITS_FILE, corpusCommits, factsOf, isThere } from '../support/corpus-commits.ts';
import type { CorpusCommit, CorpusView } from '../support/corpus-commits.ts';
import { change } from '../unit/authorship/change-builder.ts';
import { pullLines } from './authorship-pulls.ts';
import type { Measured, Measurement, Row } from './measurement.ts';
import { NAIVE_RULES } from './naive-rules.ts';

const TIMED_COMMITS = 100_000;
const NOT_AI = new Set(['human', 'bot', 'ambiguous']);

/** Labels that our registry has under another id. */
const OUR_IDS: Readonly<Record<string, string>> = {
  'sentry-felix': 'sentry',
  'sentry-junior': 'sentry',
  'sentry-seer': 'sentry',
};

/** Labels that say "some AI": whatever is named, or nothing, is right. */
const UNNAMED = new Set(['llm', 'unknown-ai']);

/** Every machine that is known, allowed everywhere: as lenient as a policy can be. */
const AUTOMATION = MACHINES.map(({ id }) => ({ accountId: id, paths: ['**'] }));

interface Judged {
  readonly row: CorpusCommit;
  readonly said: Classification;
}

type Test = (judged: Judged) => boolean;

export const authorship: Measurement = {
  name: 'authorship',
  title: 'Authorship: labelled commits and pull requests of public repositories',
  run: () => Promise.resolve(measureAuthorship()),
};

const isAi: Test = ({ row }) => !NOT_AI.has(row.label);
const isFound: Test = ({ said }) => said.class === 'agent';
const isHeld: Test = ({ said }) => said.class === 'agent' || said.class === 'suspected';
const isOpen: Test = ({ said }) => said.class === 'suspected' || said.class === 'unattributed';
const isToldApart: Test = (judged) => (isAi(judged) ? judged.said.class === 'agent' : judged.said.class !== 'agent');

function isNamed({ row, said }: Judged): boolean {
  const wanted = [row.label, ...row.agents].map((id) => OUR_IDS[id] ?? id);
  return said.class === 'agent' && wanted.some((id) => UNNAMED.has(id) || said.agents.includes(id));
}

function measureAuthorship(): Measured {
  if (!isThere(COMMITS_FILE)) return { rows: [], notes: [`${COMMITS_FILE} is not there: nothing was measured.`] };
  const corpus = corpusCommits();
  const judged = corpus.map((row) => judge(row, 'whole'));
  const ai = judged.filter(isAi);
  const people = judged.filter(({ row }) => row.confidence === 'high(pre-2023)');
  const human = judged.filter(({ row }) => row.label === 'human');
  const named = human.filter(({ row }) => row.tags.includes('human_ai_like_name'));
  const employees = human.filter(({ row }) => row.tags.includes('vendor_employee_mailbox'));
  const machines = judged.filter(({ row }) => row.label === 'bot');
  const doubtful = judged.filter(({ row }) => row.label === 'ambiguous');
  const text = ai.map(({ row }) => judge(row, 'text'));
  const pulls = pullLines();
  return {
    rows: [
      line('AI called agent', ai, isFound, '>= 99%', true),
      line('AI called agent or suspected', ai, isHeld, '-', true),
      line('the right agent named', ai, isNamed, '>= 98%'),
      line('AI called agent, without signing keys and git-ai notes', text, isFound, '-'),
      ...perAgent(ai),
      line('people before 2023 called agent or suspected', people, isHeld, '<= 0.5%', true),
      line('people with a name like an agent called agent', named, isFound, '-', true),
      line('employees of vendors called agent', employees, isFound, '-', true),
      line('AI and automation told apart', [...ai, ...machines], isToldApart, '>= 98%'),
      line('automation not called agent', machines, (each) => !isFound(each), '-', false),
      line('ambiguous never cleared', doubtful, ({ said }) => said.class !== 'automation', '100%'),
      line('- called suspected or unattributed', doubtful, isOpen, '-'),
      {
        what: `${TIMED_COMMITS.toLocaleString('en')} commits classified`,
        value: seconds(corpus),
        limit: '< 2 s',
        beside: '-',
      },
      ...pulls.rows,
    ],
    notes: [
      `Beside it: how many commits of the same rows these rules take for an agent's: ${NAIVE_RULES.map(({ name }) => name).join(' / ')}.`,
      `${corpus.length.toLocaleString('en')} commits; each judged alone, without the pull request, pushes and runs that the gate sees. The corpus tells which tool a git-ai note names, not its text: the note is rebuilt around it.`,
      `As allowed automation: the ${MACHINES.length} known machine accounts, on all paths.`,
      `Presumed humans called agent or suspected: ${share(
        judged.filter(({ row }) => row.confidence === 'presumed'),
        isHeld,
      )}; 10 to 15% of them are silent AI, so this is no rate of errors.`,
      ...pulls.notes,
      ...errors('AI not called agent', ai, isFound),
      ...errors('another agent named', ai, (each) => isNamed(each) || !isFound(each)),
      ...errors('people before 2023 held', people, (each) => !isHeld(each)),
      ...errors('automation called agent', machines, (each) => !isFound(each)),
      ...errors('ambiguous called agent or automation', doubtful, isOpen),
    ],
  };
}

function judge(row: CorpusCommit, view: CorpusView): Judged {
  const facts = change({ commits: [factsOf(row, view)] });
  return { row, said: classify(facts, agentRegistry, { automation: AUTOMATION, touchedPaths: ['a'], earlier: [] }) };
}

function perAgent(ai: readonly Judged[]): readonly Row[] {
  const byLabel = Map.groupBy(ai, ({ row }) => row.label);
  return [...byLabel]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([label, rows]) => line(`- ${label}`, rows, isFound, '>= 97%', true));
}

function line(what: string, judged: readonly Judged[], test: Test, limit: string, withNaive = false): Row {
  const beside = NAIVE_RULES.map(({ saysAi }) => share(judged, ({ row }) => saysAi(row)));
  return {
    what: `${what} (${judged.length})`,
    value: share(judged, test),
    limit,
    beside: withNaive ? beside.join(' / ') : '-',
  };
}

function share(judged: readonly Judged[], test: Test): string {
  return judged.length === 0 ? '-' : `${((100 * judged.filter(test).length) / judged.length).toFixed(2)}%`;
}

function errors(what: string, judged: readonly Judged[], isRight: Test): readonly string[] {
  const wrong = judged.filter((each) => !isRight(each));
  return [
    `${what}: ${wrong.length}`,
    ...wrong.map(({ row, said }) => `  - ${row.sha} ${row.label}: said ${saying(said)}. Label: ${row.why}`),
  ];
}

function saying({ class: found, agents, signals }: Classification): string {
  const seen = signals.slice(0, 3).map(({ kind, value }) => `${kind} ${value}`.trim());
  return `${[found, ...agents].join(' ')} (${seen.length === 0 ? 'no signal' : seen.join('; ')})`;
}

/** The corpus over and over, facts made before: what the gate spends on judging. */
function seconds(corpus: readonly CorpusCommit[]): string {
  const changes = corpus.map((row) => change({ commits: [factsOf(row, 'whole')] }));
  const options = { automation: AUTOMATION, touchedPaths: ['a'], earlier: [] };
  const begin = performance.now();
  const before = process.cpuUsage();
  for (let done = 0; done < TIMED_COMMITS; done += 1) {
    const next = changes[done % changes.length];
    if (next !== undefined) classify(next, agentRegistry, options);
  }
  const { user, system } = process.cpuUsage(before);
  const wall = ((performance.now() - begin) / 1000).toFixed(2);
  return `${wall} s, ${((user + system) / 1e6).toFixed(2)} s of processor`;
}
