import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { accountOfNoreply } from '../../core/actors/noreply.ts';
import { namedMailbox, searchable, trailersOf } from '../../core/authorship/trailers.ts';
import type { CommitFacts, GitPerson } from '../../core/facts.ts';
import { BY_GITHUB, commit, UNSIGNED } from '../unit/authorship/change-builder.ts';

/** The labelled corpus of public commits (facts/agents.md 3.2), as the facts that GitHub would tell about each. */

const CORPUS = join(process.env['COUNTERSIGN_SHARED'] ?? resolve(import.meta.dirname, '../../../shared'), 'corpus');
export const COMMITS_FILE = join(CORPUS, 'commits.jsonl');
export const PULLS_FILE = join(CORPUS, 'pull-requests.jsonl');

const Row = z.object({
  repo: z.string(),
  sha: z.string(),
  author_name: z.string(),
  author_email: z.string(),
  committer_name: z.string(),
  committer_email: z.string(),
  date: z.string(),
  signature: z.string().nullable(),
  subject: z.string(),
  trailers: z.array(z.string()),
  body_markers: z.array(z.string()),
  label: z.string(),
  agents: z.array(z.string()),
  roles: z.array(z.string()),
  tags: z.array(z.string()),
  confidence: z.string(),
  why: z.string(),
});
export type CorpusCommit = z.infer<typeof Row>;

export function isThere(file: string): boolean {
  return existsSync(file);
}

/** Every line of a file of JSON lines. */
export function jsonLines(file: string): readonly unknown[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

export function corpusCommits(): readonly CorpusCommit[] {
  return jsonLines(COMMITS_FILE).map((line) => Row.parse(line));
}

/** The corpus keeps the names of markers; this is the text that each stands for. Markers that are trailers stand there too. */
const MARKER_TEXTS: Readonly<Record<string, string>> = {
  'Generated with Claude Code': '🤖 Generated with [Claude Code](https://claude.com/claude-code)',
  'claude.ai/code/session url': 'https://claude.ai/code/session_01',
  'mux-attribution': '<!-- mux-attribution: model=m -->',
  'Generated with mux': '_Generated with `mux` • Model: m_',
  'Generated with opencode': '🤖 Generated with [opencode](https://opencode.ai)',
  'Generated with Crush': '💘 Generated with Crush',
  'OhMyOpenCode footer': '🤖 GENERATED WITH ASSISTANCE OF [OhMyOpenCode]',
  'devin session link': 'Link to Devin run: https://app.devin.ai/sessions/1',
};

/** The vendors' keys by the names that the corpus gives them. */
const VENDOR_KEYS: Readonly<Record<string, string>> = {
  'ssh:claude-vendor-key': 'SHA256:32dP45eSMmVSt/G/CGvcxl/P+MO3Nwj9xeTh/GSA2wc',
  'ssh:cursor-vendor-key': 'SHA256:/ZGdxqU+YWGLYEplYKh2c36jVXjB1wQzjGRo7qwO46I',
};

/** `whole`: all that GitHub tells; `text`: only what stands in the commit itself, without signing keys and git-ai notes. */
export type CorpusView = 'whole' | 'text';

export function factsOf(row: CorpusCommit, view: CorpusView): CommitFacts {
  const markers = row.body_markers.map((name) => MARKER_TEXTS[name] ?? '');
  const message = [`${row.subject}${flattenedOf(row)}`, '', ...markers, '', ...row.trailers];
  const key = VENDOR_KEYS[row.signature ?? ''];
  const unsigned =
    key === undefined || view === 'text' ? UNSIGNED : { ...UNSIGNED, key: { fingerprint: key, proven: true } };
  return commit({
    sha: row.sha,
    message: message.join('\n'),
    authors: [person(row.author_name, row.author_email), ...coAuthors(message.join('\n'))],
    committer: person(row.committer_name, row.committer_email),
    signature: row.signature === 'github' ? BY_GITHUB : unsigned,
    authoredAt: `${row.date}T00:00:00Z`,
    aiNote: view === 'text' ? null : noteOf(row),
  });
}

/** As GitHub maps it where the address alone says so; every other mailbox is taken to map to nobody. */
function person(name: string, email: string): GitPerson {
  const named = accountOfNoreply(email);
  return {
    name,
    email,
    account: named === null ? null : { ...named, type: named.login.endsWith('[bot]') ? 'Bot' : 'User' },
  };
}

function coAuthors(message: string): readonly GitPerson[] {
  return trailersOf(searchable(message)).flatMap(({ key, value }) => {
    const { name, email } = namedMailbox(value);
    return key === 'co-authored-by' && email !== null ? [person(name, email)] : [];
  });
}

/** Subjects are cut after 140 characters; of a trailer that a tool wrote into one the corpus then tells only what it said. */
function flattenedOf({ why, tags, trailers }: CorpusCommit): string {
  if (!tags.includes('malformed_trailer') || trailers.some((trailer) => /^co-authored-by/i.test(trailer))) return '';
  const trailer =
    /^co-authored-by:[^<]*<[^>]+>/i.exec(why)?.[0] ?? /"(.*?(?:assisted|generated)-by: [^"]+)"/i.exec(why)?.[1];
  return trailer === undefined ? '' : ` ${trailer}`;
}

/** The corpus keeps of a git-ai note only which tools it names; the rest of it is as the format has it. */
function noteOf({ why, sha }: CorpusCommit): string | null {
  const tools = /^refs\/notes\/ai .* attests lines by ([a-z0-9_.+-]+);/.exec(why)?.[1];
  if (tools === undefined) return null;
  const sessions = tools
    .split('+')
    .map((tool, index) => [`s_${index}`, { agent_id: { tool, id: 'x', model: 'm' }, human_author: 'A <a@corp.test>' }]);
  const body = { schema_version: 'authorship/3.0.0', base_commit_sha: sha, sessions: Object.fromEntries(sessions) };
  return `src/a.ts\n  s_0::t_1 1-3\n---\n${JSON.stringify(body, null, 2)}`;
}
