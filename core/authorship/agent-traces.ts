import type { AgentId, Provenance } from './agents.ts';

/** What agents write into commits, branches and pull requests: free text, forgeable both ways, so it can only tighten. */

type Row = Provenance & { readonly agent: AgentId };
type TextRow = Row & { readonly text: string };

/** Whole addresses. Never a vendor's domain: that would flag 95% of its employees. */
export const MAILBOXES: readonly (Row & { readonly address: string })[] = [
  { agent: 'aider', address: 'aider@aider.chat', source: 'aider', seen: '2025-06-25/2026-05-22' },
  { agent: 'aider', address: 'noreply@aider.chat', source: 'aider', seen: '2025-04-14/2025-04-14' },
  { agent: 'aider', address: 'noreply@aider.dev', source: 'aider', seen: '2025-04-12/2025-04-12' },
  { agent: 'amp', address: 'amp@ampcode.com', source: 'corpus', seen: '2025-12-13/2026-04-15' },
  { agent: 'augment', address: 'noreply@augmentcode.com', source: 'corpus', seen: null },
  { agent: 'blackbox', address: 'agent@blackbox.ai', source: 'corpus', seen: null },
  { agent: 'blackbox', address: 'code@blackbox.ai', source: 'corpus', seen: null },
  { agent: 'claude', address: 'noreply@anthropic.com', source: 'population', seen: '2025-03-11/2026-08-22' },
  { agent: 'claude', address: 'claude@anthropic.com', source: 'corpus', seen: '2025-08-27/2025-10-05' },
  { agent: 'claude', address: 'assistant@anthropic.com', source: 'corpus', seen: '2024-11-04/2024-11-04' },
  { agent: 'claude', address: 'claude-code[bot]@users.noreply.github.com', source: 'corpus', seen: null },
  {
    agent: 'claude',
    address: '41898282+claude[bot]@users.noreply.github.com',
    source: 'claude-action',
    seen: '2025-05-30/2026-08-22',
  },
  { agent: 'cline', address: 'cline-agent@users.noreply.github.com', source: 'corpus', seen: null },
  { agent: 'cline', address: 'noreply@cline.bot', source: 'corpus', seen: null },
  { agent: 'codex', address: 'codex@openai.com', source: 'population', seen: '2026-01-12/2026-07-31' },
  { agent: 'codex', address: 'noreply@openai.com', source: 'population', seen: '2025-09-03/2026-08-22' },
  { agent: 'codex', address: 'codex@users.noreply.github.com', source: 'corpus', seen: '2026-05-11/2026-05-11' },
  { agent: 'command-code', address: 'noreply@commandcode.ai', source: 'index', seen: null },
  { agent: 'copilot', address: 'copilot@github.com', source: 'vscode', seen: '2025-10-16/2026-08-03' },
  { agent: 'copilot', address: 'copilot@users.noreply.github.com', source: 'corpus', seen: '2026-07-24/2026-07-31' },
  { agent: 'copilot', address: 'github.copilot@github.com', source: 'corpus', seen: null },
  { agent: 'cosine', address: 'agent@cosine.sh', source: 'corpus', seen: '2026-02-27/2026-02-27' },
  { agent: 'craft-agent', address: 'agents-noreply@craft.do', source: 'corpus', seen: '2026-02-03/2026-04-01' },
  { agent: 'crush', address: 'crush@charm.land', source: 'crush', seen: null },
  { agent: 'cursor', address: 'cursoragent@cursor.com', source: 'population', seen: '2025-06-06/2026-08-22' },
  { agent: 'factory-droid', address: 'droid@factory.ai', source: 'corpus', seen: '2025-10-01/2026-02-05' },
  { agent: 'gemini', address: 'gemini-cli@google.com', source: 'corpus', seen: '2025-07-25/2025-07-25' },
  { agent: 'gemini', address: 'gemini@google.com', source: 'corpus', seen: '2025-07-21/2025-07-21' },
  { agent: 'goose', address: 'opensource@block.xyz', source: 'index', seen: null },
  { agent: 'junie', address: 'junie@jetbrains.com', source: 'corpus', seen: '2026-03-28/2026-07-10' },
  { agent: 'kimi', address: 'noreply@kimi.com', source: 'corpus', seen: null },
  { agent: 'mux', address: 'noreply@coder.com', source: 'corpus', seen: '2026-01-12/2026-08-22' },
  { agent: 'mux', address: 'mux@coder.com', source: 'corpus', seen: '2025-12-01/2026-08-16' },
  { agent: 'mux', address: 'mux-agent@coder.com', source: 'corpus', seen: '2026-02-06/2026-05-22' },
  { agent: 'mux', address: 'mux-bot@coder.com', source: 'corpus', seen: '2026-02-28/2026-05-28' },
  { agent: 'mux', address: 'agent@mux.coder.com', source: 'corpus', seen: '2026-05-27/2026-05-28' },
  { agent: 'omx', address: 'omx@oh-my-codex.dev', source: 'index', seen: null },
  { agent: 'opencode', address: 'noreply@opencode.ai', source: 'tracker', seen: null },
  {
    agent: 'opencode',
    address: '41898282+opencode-agent[bot]@users.noreply.github.com',
    source: 'population',
    seen: null,
  },
  { agent: 'openhands', address: 'openhands@all-hands.dev', source: 'openhands', seen: '2024-11-08/2025-11-25' },
  { agent: 'openhands', address: 'opendevin@all-hands.dev', source: 'openhands', seen: '2024-06-23/2025-04-03' },
  { agent: 'openhands', address: 'opendevin@opendevin.ai', source: 'corpus', seen: '2024-05-16/2024-06-01' },
  { agent: 'openhands', address: 'bot@opendevin.com', source: 'corpus', seen: '2024-05-14/2024-05-16' },
  { agent: 'qwen', address: 'qwen-coder@alibabacloud.com', source: 'corpus', seen: '2025-10-05/2026-03-13' },
  { agent: 'roo', address: 'roomote@roocode.com', source: 'corpus', seen: '2025-07-18/2026-04-13' },
  { agent: 'sisyphus', address: 'clio-agent@sisyphuslabs.ai', source: 'corpus', seen: '2026-01-13/2026-04-06' },
  {
    agent: 'sisyphus',
    address: 'sisyphus-dev-ai@users.noreply.github.com',
    source: 'corpus',
    seen: '2025-12-24/2025-12-27',
  },
  { agent: 'trae', address: 'noreply@bytedance.com', source: 'corpus', seen: null },
  { agent: 'v0', address: 'v0[bot]@users.noreply.github.com', source: 'index', seen: '2026-01-29/2026-01-29' },
  { agent: 'warp', address: 'oz-agent@warp.dev', source: 'population', seen: '2026-03-06/2026-03-06' },
  { agent: 'warp', address: 'agent@warp.dev', source: 'population', seen: '2026-01-24/2026-02-18' },
  { agent: 'windsurf', address: 'windsurf@codeium.com', source: 'tracker', seen: null },
];

/** Trailer keys that only agents write; `value` narrows a row to values that begin so. */
export const TRAILERS: readonly (Row & { readonly key: string; readonly value?: string })[] = [
  { agent: 'amp', key: 'amp-thread-id', source: 'population', seen: '2025-10-15/2026-08-05' },
  { agent: 'claude', key: 'claude-session', source: 'population', seen: '2026-06-17/2026-08-22' },
  { agent: 'claude', key: 'claude-generated-by', source: 'corpus', seen: null },
  { agent: 'codex', key: 'agent-signature', value: 'codex', source: 'corpus', seen: '2026-05-26/2026-05-30' },
  { agent: 'copilot', key: 'agent-logs-url', source: 'github-docs', seen: '2026-03-22/2026-06-16' },
  { agent: 'copilot', key: 'copilot-session', source: 'population', seen: '2026-07-09/2026-08-22' },
  { agent: 'copilot', key: 'commit-generated-by', source: 'corpus', seen: null },
  { agent: 'cursor', key: 'made-with', value: 'cursor', source: 'population', seen: '2026-02-26/2026-06-09' },
  { agent: 'replit', key: 'replit-commit-author', value: 'agent', source: 'detectors', seen: null },
  { agent: 'replit', key: 'replit-commit-author', value: 'assistant', source: 'detectors', seen: null },
  { agent: 'replit', key: 'replit-commit-session-id', source: 'detectors', seen: null },
];

/** Names of products, for git names and for trailers that name who helped. */
export const PRODUCT_NAMES: readonly TextRow[] = [
  { agent: 'aider', text: 'aider', source: 'aider', seen: null },
  { agent: 'amazon-q', text: 'amazon q', source: 'corpus', seen: null },
  { agent: 'amp', text: 'amp', source: 'corpus', seen: null },
  { agent: 'augment', text: 'augment agent', source: 'corpus', seen: null },
  { agent: 'blackbox', text: 'blackbox agent', source: 'corpus', seen: null },
  { agent: 'claude', text: 'claude code', source: 'corpus', seen: null },
  { agent: 'cline', text: 'cline agent', source: 'corpus', seen: null },
  { agent: 'codex', text: 'codex', source: 'population', seen: null },
  { agent: 'codex', text: 'openai codex', source: 'corpus', seen: null },
  { agent: 'command-code', text: 'command code', source: 'index', seen: null },
  { agent: 'command-code', text: 'commandcodebot', source: 'index', seen: null },
  { agent: 'copilot', text: 'copilot', source: 'population', seen: null },
  { agent: 'copilot', text: 'github copilot', source: 'corpus', seen: null },
  { agent: 'cosine', text: 'cosine', source: 'corpus', seen: null },
  { agent: 'craft-agent', text: 'craft agent', source: 'corpus', seen: null },
  { agent: 'crush', text: 'crush', source: 'crush', seen: null },
  { agent: 'cursor', text: 'cursor agent', source: 'corpus', seen: null },
  { agent: 'cursor', text: 'cursor', source: 'population', seen: null },
  { agent: 'devin', text: 'devin ai', source: 'corpus', seen: null },
  { agent: 'factory-droid', text: 'factory droid', source: 'corpus', seen: null },
  { agent: 'gemini', text: 'gemini', source: 'corpus', seen: null },
  { agent: 'gpt', text: 'chatgpt', source: 'corpus', seen: null },
  { agent: 'gpt', text: 'gpt', source: 'corpus', seen: null },
  { agent: 'grok', text: 'grok', source: 'corpus', seen: null },
  { agent: 'kilo', text: 'kilo code', source: 'corpus', seen: null },
  { agent: 'kiro', text: 'kiro', source: 'corpus', seen: null },
  { agent: 'mux', text: 'mux', source: 'corpus', seen: null },
  { agent: 'omx', text: 'omx', source: 'index', seen: null },
  { agent: 'opencode', text: 'opencode', source: 'corpus', seen: null },
  { agent: 'openhands', text: 'openhands', source: 'corpus', seen: null },
  { agent: 'openhands', text: 'opendevin', source: 'corpus', seen: null },
  { agent: 'pi', text: 'pi coding agent', source: 'corpus', seen: null },
  { agent: 'qwen', text: 'qwen', source: 'corpus', seen: null },
  { agent: 'roo', text: 'roo code', source: 'corpus', seen: null },
  { agent: 'sisyphus', text: 'sisyphus', source: 'corpus', seen: null },
  { agent: 'trae', text: 'trae', source: 'corpus', seen: null },
];

/** Names of products that people have too: these count only beside a model's name or where no mailbox follows. */
export const FIRST_NAMES: readonly TextRow[] = [
  { agent: 'kimi', text: 'kimi', source: 'corpus', seen: null },
  { agent: 'junie', text: 'junie', source: 'corpus', seen: null },
  { agent: 'claude', text: 'claude', source: 'population', seen: null },
  { agent: 'cline', text: 'cline', source: 'corpus', seen: null },
  { agent: 'devin', text: 'devin', source: 'corpus', seen: null },
  { agent: 'jules', text: 'jules', source: 'corpus', seen: null },
];

/** How tools are called in notes of git-ai, where that is no product name; compared as a whole. */
export const NOTE_TOOLS: readonly TextRow[] = [
  { agent: 'continue', text: 'continue-cli', source: 'git-ai', seen: null },
  { agent: 'factory-droid', text: 'droid', source: 'git-ai', seen: null },
  { agent: 'windsurf', text: 'windsurf', source: 'git-ai', seen: null },
];

/**
 * A trace that is known to have been written without any use of the agent, and on which days: those of the releases that did
 * so, and a week for people to install the next. It still holds, but as suspected and saying so; whoever would date an
 * agent's commit into these days could as well leave the trace out.
 */
export const FALSE_TRACES: readonly (Row & { readonly address: string; readonly seen: `${string}/${string}` })[] = [
  { agent: 'copilot', address: 'copilot@github.com', source: 'vscode', seen: '2026-04-22/2026-05-12' },
];

/** How a git name ends when a tool signs for its user. */
export const NAME_SUFFIXES: readonly TextRow[] = [
  { agent: 'aider', text: '(aider)', source: 'aider', seen: '2023-05-09/2026-08-22' },
  { agent: 'pi', text: '(via pi coding agent)', source: 'corpus', seen: null },
];

/** How the subject of a commit begins. */
export const SUBJECT_PREFIXES: readonly TextRow[] = [
  { agent: 'aider', text: 'aider: ', source: 'aider', seen: '2023-05-09/2023-12-31' },
];

/** How a branch name begins: a hint only, anyone who can push can choose it. */
export const BRANCH_PREFIXES: readonly TextRow[] = [
  { agent: 'claude', text: 'claude/', source: 'branches', seen: null },
  { agent: 'codegen', text: 'codegen-bot/', source: 'branches', seen: null },
  { agent: 'codex', text: 'codex/', source: 'branches', seen: null },
  { agent: 'copilot', text: 'copilot/', source: 'branches', seen: null },
  { agent: 'copilot', text: 'alert-autofix-', source: 'branches', seen: null },
  { agent: 'cosine', text: 'cosine/', source: 'branches', seen: null },
  { agent: 'cursor', text: 'cursor/', source: 'branches', seen: null },
  { agent: 'devin', text: 'devin/', source: 'branches', seen: null },
  { agent: 'junie', text: 'junie/', source: 'branches', seen: null },
  { agent: 'linear', text: 'linear-assistant/', source: 'branches', seen: null },
  { agent: 'opencode', text: 'opencode/', source: 'branches', seen: null },
  { agent: 'openhands', text: 'openhands/', source: 'branches', seen: null },
  { agent: 'openhands', text: 'openhands-fix-issue-', source: 'branches', seen: null },
  { agent: 'roo', text: 'roomote/', source: 'branches', seen: null },
  { agent: 'sweep', text: 'sweep/', source: 'branches', seen: null },
  { agent: 'warp', text: 'oz/', source: 'branches', seen: null },
  { agent: 'warp', text: 'oz-agent/', source: 'branches', seen: null },
];

export const LABELS: readonly TextRow[] = [{ agent: 'codex', text: 'codex', source: 'aidev', seen: null }];

/** Text in a commit message or in a pull request's body. `CURSOR_SUMMARY` is not here: it says that Cursor reviewed, not wrote. */
export const MARKERS: readonly TextRow[] = [
  { agent: 'claude', text: 'generated with [claude code]', source: 'population', seen: '2025-03-11/2026-08-22' },
  { agent: 'claude', text: 'claude.ai/code/session_', source: 'population', seen: '2026-01-23/2026-08-16' },
  { agent: 'codex', text: 'chatgpt.com/codex/tasks/', source: 'aidev', seen: null },
  { agent: 'crush', text: 'generated with crush', source: 'crush', seen: null },
  { agent: 'crush', text: 'generated with [crush]', source: 'crush', seen: null },
  { agent: 'cursor', text: 'cursor.com/agents', source: 'corpus', seen: null },
  { agent: 'cursor', text: 'cursor.com/background-agent', source: 'corpus', seen: null },
  { agent: 'devin', text: 'app.devin.ai/sessions/', source: 'aidev', seen: null },
  { agent: 'jules', text: 'pr created automatically by jules', source: 'aidev', seen: null },
  { agent: 'mux', text: '<!-- mux-attribution:', source: 'mux', seen: null },
  { agent: 'mux', text: 'generated with `mux`', source: 'mux', seen: null },
  { agent: 'opencode', text: 'generated with [opencode]', source: 'corpus', seen: null },
  { agent: 'opencode', text: 'generated with opencode', source: 'corpus', seen: null },
  { agent: 'sisyphus', text: 'ohmyopencode', source: 'corpus', seen: null },
  { agent: 'sisyphus', text: 'oh-my-opencode', source: 'corpus', seen: null },
];
