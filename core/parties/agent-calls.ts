import type { AgentRegistry } from '../authorship/registry.ts';

/**
 * Words by which people call an agent in a comment, beside `@` and the name of its account or App, which the registry has.
 * Source: each vendor's own documentation of how its agent is called.
 */
const CALLS: Readonly<Record<string, string>> = {
  '@amazon-q': 'amazon-q',
  '/q': 'amazon-q',
  '@amp': 'amp',
  '@augment': 'augment',
  '@charlie': 'charlie',
  '@claude': 'claude',
  '/claude': 'claude',
  '@cline': 'cline',
  '@codegen': 'codegen',
  '@coderabbit': 'coderabbit',
  '@codex': 'codex',
  '/codex': 'codex',
  '@copilot': 'copilot',
  '/copilot': 'copilot',
  '@cursor': 'cursor',
  '@cursoragent': 'cursor',
  '/cursor': 'cursor',
  '@devin': 'devin',
  '@devinai': 'devin',
  '/devin': 'devin',
  '@ellipsis': 'ellipsis',
  '@droid': 'factory-droid',
  '@factory': 'factory-droid',
  '@gemini': 'gemini',
  '@gemini-cli': 'gemini',
  '/gemini': 'gemini',
  '@goose': 'goose',
  '@greptileai': 'greptile',
  '@jules': 'jules',
  '@junie': 'junie',
  '@junie-agent': 'junie',
  '@kilo': 'kilo',
  '@kiro-agent': 'kiro',
  '/kiro': 'kiro',
  '@mux': 'mux',
  '/oc': 'opencode',
  '/opencode': 'opencode',
  '@openhands': 'openhands',
  '@openhands-agent': 'openhands',
  '@qodo': 'qodo',
  '@roomote': 'roo',
  '@sentry': 'sentry',
  '@sourcery-ai': 'sourcery',
  '@sweep': 'sweep',
  '@sweep-ai': 'sweep',
  '@tembo': 'tembo',
  '@v0': 'v0',
  '@warp': 'warp',
  '@oz': 'warp',
};

const HANDLE = /(?<![\w@/.-])[@/][a-z0-9](?:-?[a-z0-9]){0,99}(?![\w/])/gi;
/** As long as a comment can be. */
const TEXT_MAX = 65_536;

/**
 * Every `@name` and `/word` of a comment, in lower case, each once. Also what stands in code or quotations: the workflows
 * that start agents look for the bare text.
 *
 * @param text a comment; written by anyone
 */
export function handlesIn(text: string): readonly string[] {
  const plain = text
    .slice(0, TEXT_MAX)
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '');
  return [...new Set([...plain.matchAll(HANDLE)].map(([handle]) => handle.toLowerCase()))];
}

/** The agent that a handle of `handlesIn` calls, or null. */
export function agentCalled(handle: string, registry: AgentRegistry): string | null {
  const known = Object.hasOwn(CALLS, handle) ? CALLS[handle] : undefined;
  if (known !== undefined || !handle.startsWith('@')) return known ?? null;
  const login = handle.slice(1);
  return (
    registry.agentByAppSlug.get(login) ??
    registry.agentByLogin.get(login) ??
    registry.agentByLogin.get(`${login}[bot]`) ??
    null
  );
}
