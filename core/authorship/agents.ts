/**
 * Which agents are known. What each leaves behind stands in agent-accounts.ts and agent-traces.ts: our own data, one source a
 * row, with the first and last day it was seen where that was measured (signals decay: `Agent-Logs-Url` lasted three months).
 * Every row only tightens; nothing in the registry clears anybody.
 */

/** Of all rows together, in records and on request: the day of the last change, and a number where a day has several. */
export const REGISTRY_VERSION = '2026-11-21.1';

/** Where a row comes from. */
export const SOURCES = {
  'agent-hq': 'account node ids of the GitHub Agent HQ bots, decoded (242468646, 242516109)',
  aider: 'Aider-AI/aider, aider/repo.py: the three attribution modes',
  aidev: 'SAILResearch/AI_Teammates_in_SE3: AIDev, 7,122 labelled agent pull requests',
  audit: 'Exploratory Commit Identity Audit (2026-03-27); no account id known',
  branches:
    'branch names of 55 repositories against commit labels; slash prefixes, as hyphen ones are human (cursor-pagination)',
  classifier: 'logic-star-ai/insights, pr_classifier.py; no account id known',
  'claude-action': 'anthropics/claude-code-action, action.yml and src/github/constants.ts',
  'codex-app': 'GitHub App 1144995, bot user 199175422, as seen on comments it made',
  'copilot-cli': 'github/copilot-cli issue 4576 and changelog (include_coauthor)',
  corpus: 'labelled corpus of public commits, 55 repositories, until 2026-08-22',
  crush: 'charmbracelet/crush, README: trailer_style',
  'cursor-key': 'public key and fingerprint of Cursor cloud agents, published by users of it',
  detectors: 'chaoss/ai-detection-action, detection rules',
  'github-docs': 'github/docs, Copilot cloud agent: risks and mitigations @4d0c5249',
  'git-ai': 'git-ai-project/git-ai: Git AI Standard 3.0.0, names of tools in agent_id.tool',
  ids: 'account ids checked against the GitHub Users API, 2026-07-17',
  index: 'full-text index of public repositories; medium confidence',
  mux: 'coder/mux, .xum/skills/pull-requests/SKILL.md',
  openhands: 'All-Hands-AI/OpenHands, codeact_agent/prompts/system_prompt.j2',
  population: 'one labelling rule over 667,307 commits of 55 repositories, until 2026-08-22',
  tracker: 'jphme/github-coding-agent-tracker, src/commit-agents.ts',
  'vendor-key': 'account 81847 owns the mailbox and the signing key of Claude Code on the web',
  vscode: 'microsoft/vscode issue 314311; 1.117 and 1.118 (2026-04-22 to 05-05) added it without any use of Copilot',
} as const;

export interface Provenance {
  readonly source: keyof typeof SOURCES;
  /** First and last day it was seen in public, as an ISO-8601 interval, or null when it was never dated. */
  readonly seen: `${string}/${string}` | null;
}

/** Stable id, as policies and records name it, and the name for the screen. */
export const AGENT_NAMES = {
  aider: 'Aider',
  'amazon-q': 'Amazon Q Developer',
  amp: 'Amp',
  augment: 'Augment',
  blackbox: 'Blackbox Agent',
  blink: 'Blink',
  bolt: 'Bolt.new',
  charlie: 'Charlie',
  claude: 'Claude Code',
  cline: 'Cline',
  codeflash: 'Codeflash',
  codegen: 'Codegen',
  coderabbit: 'CodeRabbit',
  codex: 'OpenAI Codex',
  'command-code': 'Command Code',
  continue: 'Continue',
  copilot: 'GitHub Copilot',
  cosine: 'Cosine Genie',
  'craft-agent': 'Craft Agent',
  crush: 'Crush',
  'cto-new': 'cto.new',
  cursor: 'Cursor',
  devin: 'Devin',
  ellipsis: 'Ellipsis',
  'factory-droid': 'Factory Droid',
  gemini: 'Gemini CLI and Code Assist',
  goose: 'Goose',
  greptile: 'Greptile',
  gpt: 'GPT models, in a tool that is not named',
  graphite: 'Graphite',
  grok: 'Grok Build',
  jules: 'Google Jules',
  junie: 'JetBrains Junie',
  kilo: 'Kilo Code',
  kimi: 'Kimi Code',
  kiro: 'Kiro',
  linear: 'Linear agent',
  lovable: 'Lovable',
  mux: 'Mux',
  omx: 'oh-my-codex',
  opencode: 'OpenCode',
  openhands: 'OpenHands',
  pi: 'Pi coding agent',
  qodo: 'Qodo',
  qwen: 'Qwen Code',
  replit: 'Replit Agent',
  roo: 'Roo Code',
  sentry: 'Sentry Junior, Seer and Felix',
  sisyphus: 'Sisyphus (oh-my-opencode)',
  sourcery: 'Sourcery',
  sweep: 'Sweep',
  tembo: 'Tembo',
  trae: 'Trae',
  v0: 'v0',
  'vercel-agent': 'Vercel Agent',
  warp: 'Warp and Oz',
  windsurf: 'Windsurf',
} as const;

export type AgentId = keyof typeof AGENT_NAMES;
