import type { AgentId, Provenance } from './agents.ts';

/**
 * Accounts and Apps of agents, by numeric id: the one kind of trace that nobody can write into a commit.
 */

type Row = Provenance & { readonly agent: AgentId };

/** Some of these are of type `User` on GitHub (81847, 199161495, 218195315, 244629292, 247260674), so the type proves nothing (C8). */
export const AGENT_ACCOUNTS: readonly (Row & {
  readonly id: number;
  readonly login: string;
  readonly merges?: true;
})[] = [
  {
    agent: 'amazon-q',
    id: 208079219,
    login: 'amazon-q-developer[bot]',
    source: 'corpus',
    seen: '2025-05-28/2025-08-12',
  },
  { agent: 'blink', id: 211532188, login: 'blink-so[bot]', source: 'corpus', seen: '2025-10-08/2026-02-25' },
  { agent: 'blink', id: 237617714, login: 'blinkagent[bot]', source: 'corpus', seen: '2026-02-13/2026-02-25' },
  { agent: 'claude', id: 81847, login: 'claude', source: 'vendor-key', seen: '2025-10-08/2026-08-22' },
  { agent: 'claude', id: 209825114, login: 'claude[bot]', source: 'claude-action', seen: '2025-05-30/2025-08-30' },
  { agent: 'claude', id: 242468646, login: 'anthropic-code-agent[bot]', source: 'agent-hq', seen: null },
  { agent: 'claude', id: 215619710, login: 'anthropic-claude[bot]', source: 'ids', seen: null },
  { agent: 'claude', id: 208546643, login: 'claude-code-action[bot]', source: 'ids', seen: null },
  { agent: 'cline', id: 205137888, login: 'cline[bot]', source: 'ids', seen: null },
  { agent: 'cline', id: 276134852, login: 'cline-cloud[bot]', source: 'corpus', seen: null },
  { agent: 'codeflash', id: 148906541, login: 'codeflash-ai[bot]', source: 'corpus', seen: '2025-03-31/2025-03-31' },
  { agent: 'codegen', id: 131295404, login: 'codegen-sh[bot]', source: 'corpus', seen: '2025-03-12/2025-09-25' },
  { agent: 'coderabbit', id: 136622811, login: 'coderabbitai[bot]', source: 'corpus', seen: null },
  { agent: 'codex', id: 199175422, login: 'chatgpt-codex-connector[bot]', source: 'ids', seen: null },
  { agent: 'codex', id: 242516109, login: 'openai-code-agent[bot]', source: 'agent-hq', seen: null },
  { agent: 'codex', id: 215057067, login: 'openai-codex[bot]', source: 'corpus', seen: '2026-07-30/2026-08-14' },
  { agent: 'continue', id: 230936708, login: 'continue[bot]', source: 'ids', seen: null },
  {
    agent: 'copilot',
    id: 198982749,
    login: 'copilot-swe-agent[bot]',
    source: 'github-docs',
    seen: '2025-07-02/2026-08-07',
  },
  { agent: 'copilot', id: 223556219, login: 'Copilot', source: 'copilot-cli', seen: '2026-02-14/2026-08-22' },
  { agent: 'copilot', id: 175728472, login: 'Copilot', source: 'population', seen: '2025-03-18/2026-08-20' },
  {
    agent: 'copilot',
    id: 62310815,
    login: 'github-advanced-security[bot]',
    source: 'corpus',
    seen: '2025-04-24/2025-12-15',
  },
  {
    agent: 'copilot',
    id: 223894421,
    login: 'github-code-quality[bot]',
    source: 'corpus',
    seen: '2026-06-02/2026-07-12',
  },
  { agent: 'copilot', id: 167198135, login: 'copilot[bot]', source: 'ids', seen: null },
  { agent: 'cto-new', id: 140088366, login: 'cto-new[bot]', source: 'corpus', seen: null },
  { agent: 'cursor', id: 199161495, login: 'cursoragent', source: 'index', seen: null },
  { agent: 'cursor', id: 206951365, login: 'cursor[bot]', source: 'corpus', seen: '2025-06-21/2025-06-21' },
  { agent: 'cursor', id: 201670782, login: 'cursoragent[bot]', source: 'ids', seen: null },
  { agent: 'devin', id: 158243242, login: 'devin-ai-integration[bot]', source: 'ids', seen: '2024-07-06/2026-07-27' },
  { agent: 'ellipsis', id: 65095814, login: 'ellipsis-dev[bot]', source: 'corpus', seen: '2025-02-18/2025-12-23' },
  {
    agent: 'factory-droid',
    id: 138933559,
    login: 'factory-droid[bot]',
    source: 'corpus',
    seen: '2025-09-10/2026-07-23',
  },
  { agent: 'gemini', id: 176961590, login: 'gemini-code-assist[bot]', source: 'corpus', seen: '2025-07-29/2026-05-01' },
  { agent: 'gemini', id: 218312386, login: 'gemini-cli[bot]', source: 'corpus', seen: '2025-11-12/2026-01-28' },
  { agent: 'gemini', id: 218195315, login: 'gemini-cli', source: 'index', seen: null },
  { agent: 'goose', id: 271095942, login: 'aaif-goose', source: 'index', seen: null },
  // These two also merge and deploy for people; merging by an account with `merges` says nothing about the author.
  { agent: 'graphite', id: 96075541, login: 'graphite-app[bot]', source: 'corpus', seen: null, merges: true },
  { agent: 'vercel-agent', id: 35613825, login: 'vercel[bot]', source: 'corpus', seen: null, merges: true },
  { agent: 'greptile', id: 165735046, login: 'greptile-apps[bot]', source: 'corpus', seen: null },
  { agent: 'jules', id: 161369871, login: 'google-labs-jules[bot]', source: 'corpus', seen: '2025-05-21/2026-03-13' },
  { agent: 'jules', id: 247082972, login: 'jules-fleet[bot]', source: 'corpus', seen: '2026-02-26/2026-03-10' },
  { agent: 'junie', id: 201638009, login: 'jetbrains-junie[bot]', source: 'corpus', seen: null },
  { agent: 'junie', id: 247260674, login: 'junie-agent', source: 'corpus', seen: '2026-01-30/2026-07-24' },
  {
    agent: 'junie',
    id: 253382199,
    login: 'junie-github-actions[bot]',
    source: 'corpus',
    seen: '2026-01-09/2026-01-30',
  },
  { agent: 'kilo', id: 240665456, login: 'kiloconnect[bot]', source: 'corpus', seen: null },
  { agent: 'kiro', id: 245459735, login: 'kiro-agent[bot]', source: 'corpus', seen: '2026-04-16/2026-04-29' },
  { agent: 'kiro', id: 244629292, login: 'kiro-agent', source: 'corpus', seen: '2026-04-21/2026-05-11' },
  { agent: 'lovable', id: 159856949, login: 'gpt-engineer-app[bot]', source: 'index', seen: null },
  { agent: 'mux', id: 264182336, login: 'mux-bot[bot]', source: 'corpus', seen: '2026-03-04/2026-08-16' },
  { agent: 'opencode', id: 219766164, login: 'opencode-agent[bot]', source: 'index', seen: null },
  { agent: 'qodo', id: 151058649, login: 'qodo-code-review[bot]', source: 'corpus', seen: null },
  { agent: 'roo', id: 219738659, login: 'roomote[bot]', source: 'corpus', seen: '2025-07-15/2026-04-13' },
  { agent: 'sentry', id: 264270552, login: 'sentry-junior[bot]', source: 'corpus', seen: '2026-06-04/2026-07-23' },
  { agent: 'sentry', id: 157164994, login: 'seer-by-sentry[bot]', source: 'corpus', seen: '2026-01-09/2026-01-09' },
  {
    agent: 'sentry',
    id: 260785270,
    login: 'fix-it-felix-sentry[bot]',
    source: 'corpus',
    seen: '2026-04-08/2026-05-06',
  },
  { agent: 'sourcery', id: 58596630, login: 'sourcery-ai[bot]', source: 'corpus', seen: null },
  { agent: 'sweep', id: 128439645, login: 'sweep-ai[bot]', source: 'corpus', seen: '2023-06-23/2023-12-28' },
  { agent: 'sweep', id: 131841235, login: 'sweep-nightly[bot]', source: 'corpus', seen: '2023-06-16/2024-05-27' },
  { agent: 'sweep', id: 132422995, login: 'sweep-canary[bot]', source: 'corpus', seen: '2023-07-19/2023-07-19' },
  { agent: 'warp', id: 240773466, login: 'warp-agent-staging[bot]', source: 'corpus', seen: null },
  { agent: 'windsurf', id: 189301087, login: 'windsurf-bot[bot]', source: 'ids', seen: null },
];

/** Accounts whose id is not known: such a login can only bar or mark, never clear. */
export const AGENT_LOGINS: readonly (Row & { readonly login: string })[] = [
  { agent: 'bolt', login: 'bolt-new-by-stackblitz[bot]', source: 'index', seen: null },
  { agent: 'charlie', login: 'charliecreates[bot]', source: 'index', seen: null },
  { agent: 'charlie', login: 'CharlieHelps', source: 'index', seen: null },
  { agent: 'codex', login: 'codex', source: 'audit', seen: null },
  { agent: 'kilo', login: 'kilo-code-bot[bot]', source: 'index', seen: null },
  { agent: 'lovable', login: 'lovable-dev[bot]', source: 'index', seen: null },
  { agent: 'mux', login: 'mux-auto-cleanup[bot]', source: 'corpus', seen: null },
  { agent: 'mux', login: 'mux[bot]', source: 'corpus', seen: null },
  { agent: 'openhands', login: 'openhands-agent', source: 'index', seen: null },
  { agent: 'tembo', login: 'tembo[bot]', source: 'classifier', seen: null },
  { agent: 'tembo', login: 'tembo-io[bot]', source: 'classifier', seen: null },
  { agent: 'v0', login: 'v0[bot]', source: 'corpus', seen: null },
];

/** Apps whose id is known; every account above that ends in `[bot]` names its App's slug too. */
export const AGENT_APPS: readonly (Row & { readonly id: number; readonly slug: string })[] = [
  { agent: 'codex', id: 1144995, slug: 'chatgpt-codex-connector', source: 'codex-app', seen: null },
  { agent: 'copilot', id: 1143301, slug: 'copilot-swe-agent', source: 'github-docs', seen: null },
];

/**
 * SSH keys with which vendors sign in their own cloud, whoever stands as the author: 111 commits of 55 repositories have a
 * person's name and such a key, 76 of them nothing else (agents.md 0.3). Vendors change keys; an older one stays listed.
 */
export const SIGNING_KEYS: readonly (Row & { readonly fingerprint: string })[] = [
  {
    agent: 'claude',
    fingerprint: 'SHA256:32dP45eSMmVSt/G/CGvcxl/P+MO3Nwj9xeTh/GSA2wc',
    source: 'vendor-key',
    seen: '2025-10-08/2026-08-22',
  },
  {
    agent: 'cursor',
    fingerprint: 'SHA256:/ZGdxqU+YWGLYEplYKh2c36jVXjB1wQzjGRo7qwO46I',
    source: 'cursor-key',
    seen: '2026-03-14/2026-08-22',
  },
];

/**
 * Machine accounts that are no agents. GitHub calls some of them `User`, so they must be barred from reviewing by id; as
 * co-authors of a squash merge they say nothing about who wrote the change. Source: commits of the corpus.
 */
export const MACHINES: readonly { readonly id: number; readonly login: string }[] = [
  { id: 19864447, login: 'web-flow' },
  { id: 41898282, login: 'github-actions[bot]' },
  { id: 49699333, login: 'dependabot[bot]' },
  { id: 27856297, login: 'dependabot-preview[bot]' },
  { id: 29139614, login: 'renovate[bot]' },
  { id: 37929162, login: 'mergify[bot]' },
  { id: 55107282, login: 'release-please[bot]' },
  { id: 114827586, login: 'autofix-ci[bot]' },
  { id: 49736102, login: 'kodiakhq[bot]' },
  { id: 46447321, login: 'allcontributors[bot]' },
  { id: 224641728, login: 'gemini-cli-robot' },
];
