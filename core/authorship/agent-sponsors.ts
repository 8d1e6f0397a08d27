import type { AgentId, Provenance } from './agents.ts';

/**
 * Where the person who asked an agent to work is written down, strongest first. `work-started`: the actor of
 * `copilot_work_started` and its like, GitHub's own word. `pull-request-opener`: the agent opens as its user. `run-starter`:
 * who started or re-ran the workflow that the agent runs in. `issue-actor`: who opened, labelled, assigned or commented. The
 * others are free text of whoever made the commit or the body.
 */
export type SponsorTrace =
  | 'work-started'
  | 'pull-request-opener'
  | 'run-starter'
  | 'issue-actor'
  | 'co-author'
  | 'requested-by'
  | 'git-author'
  | 'committer';

/** What was found for an agent, and how often it named somebody where that was counted. An agent without a row: `git-author`. */
export const SPONSOR_TRACES: readonly (Provenance & {
  readonly agent: AgentId;
  readonly by: readonly SponsorTrace[];
  readonly named: string | null;
})[] = [
  {
    agent: 'copilot',
    by: ['work-started', 'issue-actor', 'co-author'],
    named: '98.6% of 1,462 pull requests by work-started, 9% with a second person; 69% of commits by co-author',
    source: 'github-docs',
    seen: null,
  },
  {
    agent: 'claude',
    by: ['pull-request-opener', 'run-starter', 'issue-actor', 'git-author'],
    named: '0% of 1,540 commits of its cloud name a co-author',
    source: 'claude-action',
    seen: null,
  },
  {
    agent: 'codex',
    by: ['pull-request-opener', 'work-started', 'git-author'],
    named: 'a person opened all of 2,686 pull requests',
    source: 'aidev',
    seen: null,
  },
  {
    agent: 'cursor',
    by: ['pull-request-opener', 'co-author', 'git-author'],
    named: 'a person opened all of 144 pull requests; 56% of commits by co-author',
    source: 'aidev',
    seen: null,
  },
  {
    agent: 'devin',
    by: ['requested-by', 'co-author'],
    named: '65% of 2,729 bodies, 94% of 3,808 commits',
    source: 'aidev',
    seen: null,
  },
  {
    agent: 'jules',
    by: ['issue-actor', 'git-author'],
    named: '10% of the commits that it authors',
    source: 'population',
    seen: null,
  },
  { agent: 'gemini', by: ['committer', 'git-author'], named: null, source: 'population', seen: null },
  { agent: 'coderabbit', by: ['committer'], named: null, source: 'corpus', seen: null },
  { agent: 'greptile', by: ['committer'], named: null, source: 'corpus', seen: null },
  { agent: 'ellipsis', by: ['committer', 'issue-actor'], named: null, source: 'corpus', seen: null },
  {
    agent: 'openhands',
    by: ['pull-request-opener', 'issue-actor'],
    named: '0% of 7,010 commits',
    source: 'population',
    seen: null,
  },
  { agent: 'sweep', by: ['issue-actor'], named: null, source: 'corpus', seen: null },
  { agent: 'codegen', by: ['issue-actor'], named: null, source: 'corpus', seen: null },
  { agent: 'mux', by: ['pull-request-opener'], named: null, source: 'mux', seen: null },
  { agent: 'roo', by: ['co-author'], named: '42% of commits', source: 'population', seen: null },
  { agent: 'junie', by: ['co-author'], named: '43% of commits', source: 'corpus', seen: null },
  { agent: 'sentry', by: ['co-author'], named: '73% of commits', source: 'corpus', seen: null },
  {
    agent: 'factory-droid',
    by: ['git-author'],
    named: '7% of the commits that it authors',
    source: 'population',
    seen: null,
  },
];
