import type { CorpusCommit } from '../support/corpus-commits.ts';

/** What one would write first; each says whether it takes a commit for an agent's. */
export const NAIVE_RULES: readonly { readonly name: string; readonly saysAi: (row: CorpusCommit) => boolean }[] = [
  {
    name: 'bot author only',
    saysAi: ({ author_name: name, author_email: email }) => /\[bot\](?:$|@)/.test(`${name}@${email}`),
  },
  { name: 'co-author regex', saysAi: ({ trailers }) => trailers.some((trailer) => CO_AUTHOR.test(trailer)) },
  {
    name: 'vendor domain',
    saysAi: ({ author_email, committer_email, trailers }) =>
      [author_email, committer_email, ...trailers].some((text) => VENDOR.test(text)),
  },
];

const CO_AUTHOR = /^co-authored-by:.*\b(?:aider|claude|codex|copilot|cursor|devin|gemini|jules|openhands)\b/i;
const VENDOR =
  /@(?:[a-z0-9-]+\.)*(?:aider\.chat|all-hands\.dev|ampcode\.com|anthropic\.com|charm\.land|coder\.com|cognition\.ai|cursor\.com|factory\.ai|google\.com|jetbrains\.com|openai\.com|roocode\.com|sweep\.dev|warp\.dev)\b/i;
