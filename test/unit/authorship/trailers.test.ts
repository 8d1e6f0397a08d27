import { expect, test } from 'vitest';
import { messageSightings } from '../../../core/authorship/message-signals.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';

const CLAUDE = 'Claude <noreply@anthropic.com>';

const rows: readonly [sentence: string, message: string, expected: readonly string[]][] = [
  ['a message without a trace gives none', 'Fix the Claude integration\n\nIt broke in April.', []],
  ['a co-author trailer is declared', `x\n\nCo-authored-by: ${CLAUDE}`, ['declared trailer claude']],
  ['in any case', `x\n\nCO-AUTHORED-BY: ${CLAUDE}`, ['declared trailer claude']],
  ['in any spacing', `x\n\n  Co-Authored-By :${CLAUDE}`, ['declared trailer claude']],
  ['with spaces or underscores in its key', `x\n\nCo authored_by: ${CLAUDE}`, ['declared trailer claude']],
  ['behind a list mark', `x\n\n* Co-authored-by: ${CLAUDE}`, ['declared trailer claude']],
  ['behind line ends of other systems', `x\r\n\r\nCo-authored-by: ${CLAUDE}\r\n`, ['declared trailer claude']],
  ['with hyphens of another kind', `x\n\nCo‑authored‑by: ${CLAUDE}`, ['declared trailer claude']],
  ['with full-width letters', `x\n\nＣｏ-authored-by： ${CLAUDE}`, ['declared trailer claude']],
  ['not as the last paragraph', `x\n\nCo-authored-by: ${CLAUDE}\n\nMore words.`, ['declared trailer claude']],
  ['flattened into the subject by a squash', `Fix it Co-authored-by: ${CLAUDE} (#12)`, ['declared trailer claude']],
  [
    'behind line ends that a tool wrote out',
    `x\\n\\nCo-authored-by:openhands <openhands@all-hands.dev>`,
    ['declared trailer openhands'],
  ],
  [
    'without angle brackets',
    'x\n\nCo-authored-by: OpenHands-GPT-5 openhands@all-hands.dev',
    ['declared trailer openhands'],
  ],
  ['without any mailbox', 'x\n\nCo-authored-by: Gemini', ['declared trailer gemini']],
  ['without any mailbox, by a name that people have too', 'x\n\nCo-authored-by: Claude', ['declared trailer claude']],
  [
    'a model before an unknown mailbox is a heuristic',
    'x\n\nCo-authored-by: Claude Opus 4.5 <ada@corp.test>',
    ['heuristic agent-like-name claude'],
  ],
  ['a person called Claude as co-author is no sign', 'x\n\nCo-authored-by: Claude Mueller <c@corp.test>', []],
  ['a person as co-author is no sign', 'x\n\nCo-authored-by: Bob <102+bob@users.noreply.github.com>', []],
  ['a commit about trailers is no sign', `Write \`Co-authored-by: ${CLAUDE}\` no longer`, []],
  ['a quoted trailer is no sign', `x\n\n> Co-authored-by: ${CLAUDE}`, []],
  [
    "a revert that quotes an agent's subject is no sign",
    'Revert "aider: Added a test"\n\nThis reverts commit a1b2c3d4.',
    [],
  ],
  [
    'a revert that quotes the whole message is no sign',
    `Revert "x"\n\nThis reverts commit a1b2c3d4, which said:\n\n> x\n>\n> Co-authored-by: ${CLAUDE}`,
    [],
  ],
  ['a revert that an agent made is declared', `Revert "x"\n\nCo-authored-by: ${CLAUDE}`, ['declared trailer claude']],
  ['the names of bots in a message are no sign', 'Ask claude[bot], not dependabot[bot]: [bot] is only text', []],
  [
    'a squash merge that kept the trailers of its commits is declared',
    `Add it (#12)\n\n* one\n\nCo-authored-by: Bob <b@corp.test>\n\n* two\n\nCo-authored-by: ${CLAUDE}\n\n---------\n\nCo-authored-by: Bob <b@corp.test>`,
    ['declared trailer claude'],
  ],
  ['an agent that only signs off is a heuristic', `x\n\nSigned-off-by: ${CLAUDE}`, ['heuristic agent-sign-off claude']],
  ['a person who signs off is no sign', 'x\n\nSigned-off-by: Ada <ada@corp.test>', []],
  [
    'assistance by a product with its model is declared',
    'x\n\nAssisted-by: OpenCode (Claude Opus 4)',
    ['declared trailer opencode'],
  ],
  [
    'assistance in the form of the Linux kernel is declared',
    'x\n\nAssisted-by: Claude Code:claude-opus-4 [coccinelle]',
    ['declared trailer claude'],
  ],
  ['assistance by some AI is declared without saying which', 'x\n\nAssisted-by: AI', ['declared trailer -']],
  ['assistance by an agent nobody listed is declared', 'x\n\nAssisted-by: Hermes Agent', ['declared trailer -']],
  [
    'assistance in the form of the kernel is declared',
    'x\n\nAssisted-by: newtool:some-model-4 sparse',
    ['declared trailer -'],
  ],
  [
    'assistance by a model of a tool nobody listed is declared',
    'x\n\nAssisted-by: Newtool (GLM 4.6)',
    ['declared trailer -'],
  ],
  ['assistance by a link is no sign', 'x\n\nAssisted-by: https://forum.test/t/12', []],
  ['assistance by a person is no sign', 'x\n\nAssisted-by: Jay Satiro', []],
  ['assistance by a person called Claude is no sign', 'x\n\nAssisted-by: Claude Mueller', []],
  ['generation by a model is declared', 'x\n\nGenerated-by: GPT-5', ['declared trailer gpt']],
  ['assistance inside a line is declared', 'x\n\nUnit tests: Assisted-by: Claude Code', ['declared trailer claude']],
  ['assistance that is spoken about is no sign', 'Ask for `Assisted-by: Claude Code` in every commit', []],
  [
    'every tool of a list is named',
    'x\n\nAI-Tools: Claude, OpenCode',
    ['declared trailer claude', 'declared trailer opencode'],
  ],
  ['an App without a mailbox is declared', 'x\n\nCo-authored-by: chatgpt-codex-connector', ['declared trailer codex']],
  [
    'a co-author with the plus-address of a tool is declared',
    'x\n\nCo-authored-by: Ada <ada+github-copilot@corp.test>',
    ['declared plus-address copilot'],
  ],
  [
    "a login behind the plus of GitHub's private address is no tag",
    'x\n\nCo-authored-by: Ada <102+claude-ada@users.noreply.github.com>',
    [],
  ],
  [
    'a model as name and mailbox is declared',
    'x\n\nCo-authored-by: Claude 3.5 Sonnet <claude-3-5-sonnet@corp.test>',
    ['heuristic agent-like-name claude', 'declared mailbox-name claude'],
  ],
  [
    'a mailbox that nobody reads is a heuristic',
    'x\n\nCo-authored-by: Some Tool <noreply@tool.test>',
    ['heuristic no-reply-mailbox -'],
  ],
  ["GitHub's own mailbox is no sign", 'x\n\nCo-authored-by: GitHub <noreply@github.com>', []],
  [
    'invisible characters hide nothing',
    `x\n\nCo-au\u200bthored-by: Cl\u00adaude <nore\u2060ply@anthropic.com>`,
    ['declared trailer claude'],
  ],
  ['generation by some other tool is no sign', 'x\n\nGenerated-by: protoc 29', []],
  [
    'a session trailer is declared',
    'x\n\nClaude-Session: https://claude.ai/code/session_1',
    ['declared trailer claude', 'declared marker claude'],
  ],
  ['a thread trailer is declared', 'x\n\nAmp-Thread-ID: T-1', ['declared trailer amp']],
  ['a log trailer is declared', 'x\n\nAgent-Logs-Url: y', ['declared trailer copilot']],
  ['what it was made with is declared where it is an agent', 'x\n\nMade-with: Cursor', ['declared trailer cursor']],
  ['what it was made with is no sign otherwise', 'x\n\nMade-with: love', []],
  ['a checkpoint of a tool for both is a heuristic', 'x\n\nEntire-Checkpoint: 42', ['heuristic trailer -']],
  ['the prefix of Aider in the subject is declared', 'aider: Added a test', ['declared subject-prefix aider']],
  ['the same words inside the message are no sign', 'Speak of aider: it is a tool', []],
  ['the first commit of a cloud agent is a heuristic', 'Initial plan', ['heuristic initial-plan -']],
  [
    'a footer is declared',
    'x\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)',
    ['declared marker claude'],
  ],
  ['a hidden attribution is declared', 'x\n\n<!-- mux-attribution: model=m -->', ['declared marker mux']],
];

test.each(rows)('%s', (_sentence, message, expected) => {
  expect(
    messageSightings(message, agentRegistry).map(({ tier, kind, agent }) => `${tier} ${kind} ${agent ?? '-'}`),
  ).toEqual(expected);
});

test.each([
  ['spaces', ' '.repeat(200_000)],
  ['trailers without an end', 'Co-authored-by: <'.repeat(20_000)],
  ['fences', '```\n'.repeat(50_001)],
  ['plus signs', `Co-authored-by: x <${'+ai'.repeat(60_000)}@y>`],
  ['brackets', `Co-authored-by: ${'('.repeat(100_000)} <x@y>`],
  ['at signs', `Co-authored-by: ${'@'.repeat(100_000)}`],
])('a hostile message of %s is read without hanging and gives no proof', (_what, message) => {
  // The patterns are linear: the square of these lengths would take minutes and run into the test's time limit.
  expect(messageSightings(message, agentRegistry).filter(({ tier }) => tier === 'verified')).toEqual([]);
});
