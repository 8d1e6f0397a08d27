import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { accountOfNoreply } from '../../../core/actors/noreply.ts';
import { classify } from '../../../core/authorship/classify.ts';
import type { AuthorshipClass } from '../../../core/authorship/classification.ts';
import { agentRegistry } from '../../../core/authorship/registry.ts';
import { namedMailbox } from '../../../core/authorship/trailers.ts';
import type { GitPerson } from '../../../core/facts.ts';
import { BY_GITHUB, change, commit, UNSIGNED } from './change-builder.ts';

/** The labelled corpus (facts/agents.md 3.2): what the classifier makes of real commits, from commit data alone. */

const shared = process.env['COUNTERSIGN_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared');
const file = join(shared, 'corpus', 'commits.jsonl');

const Row = z.object({
  sha: z.string(),
  author_name: z.string(),
  author_email: z.string(),
  committer_name: z.string(),
  committer_email: z.string(),
  signature: z.string().nullable(),
  subject: z.string(),
  trailers: z.array(z.string()),
  body_markers: z.array(z.string()),
  label: z.string(),
  roles: z.array(z.string()),
  confidence: z.string(),
});
type Row = z.infer<typeof Row>;

/** The corpus keeps the names of markers; this is the text that each stands for. */
const MARKER_TEXTS: Readonly<Record<string, string>> = {
  'Generated with Claude Code': '🤖 Generated with [Claude Code](https://claude.com/claude-code)',
  'claude.ai/code/session url': 'https://claude.ai/code/session_01',
  'mux-attribution': '<!-- mux-attribution: model=m -->',
  'Generated with mux': '_Generated with `mux` • Model: m_',
  'Generated with opencode': '🤖 Generated with [opencode](https://opencode.ai)',
  'OhMyOpenCode footer': '🤖 GENERATED WITH ASSISTANCE OF [OhMyOpenCode]',
  'devin session link': 'Link to Devin run: https://app.devin.ai/sessions/1',
};

/** As GitHub maps it where the address alone says so; every other mailbox is taken to map to nobody. */
function person(name: string, email: string): GitPerson {
  const named = accountOfNoreply(email);
  return {
    name,
    email,
    account: named === null ? null : { ...named, type: named.login.endsWith('[bot]') ? 'Bot' : 'User' },
  };
}

function classOf(row: Row): AuthorshipClass {
  const coAuthors = row.trailers.flatMap((trailer) => {
    const match = /^co-authored-by:(.*)$/i.exec(trailer);
    const { name, email } = namedMailbox(match?.[1] ?? '');
    return email === null ? [] : [person(name, email)];
  });
  const markers = row.body_markers.map((marker) => MARKER_TEXTS[marker] ?? '');
  const facts = commit({
    sha: row.sha,
    message: [row.subject, '', ...markers, '', ...row.trailers].join('\n'),
    authors: [person(row.author_name, row.author_email), ...coAuthors],
    committer: person(row.committer_name, row.committer_email),
    signature: row.signature === 'github' ? BY_GITHUB : UNSIGNED,
  });
  return classify(change({ commits: [facts] }), agentRegistry, { automation: [], touchedPaths: ['a'], earlier: [] })
    .class;
}

const isHeld = (found: AuthorshipClass): boolean => found === 'agent' || found === 'suspected';

const percent = (part: number): string => `${(100 * part).toFixed(2)}%`;

function checkRates(): void {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Row.parse(JSON.parse(line)));
  const judged = rows.map((row) => ({ row, found: classOf(row) }));
  const share = (of: typeof judged, test: (found: AuthorshipClass) => boolean): number =>
    of.filter(({ found }) => test(found)).length / of.length;

  // A row that only a git-ai note or a vendor's signing key labels shows nothing in its commit data.
  const other = new Set(['human', 'bot', 'ambiguous']);
  const isSilent = (row: Row): boolean => row.roles.every((role) => role === 'note' || role === 'sigkey');
  const visible = judged.filter(({ row }) => !other.has(row.label) && !isSilent(row));
  const before2023 = judged.filter(({ row }) => row.label === 'human' && row.confidence === 'high(pre-2023)');
  expect(visible.length).toBeGreaterThan(3000);
  expect(before2023.length).toBeGreaterThan(400);

  const asAgent = share(visible, (found) => found === 'agent');
  const held = share(visible, isHeld);
  const falseAgent = share(before2023, (found) => found === 'agent');
  const falseHeld = share(before2023, isHeld);
  console.info(
    `corpus: visible AI ${visible.length}: agent ${percent(asAgent)}, agent or suspected ${percent(held)}; ` +
      `people before 2023 ${before2023.length}: agent ${percent(falseAgent)}, agent or suspected ${percent(falseHeld)}`,
  );
  expect(held).toBeGreaterThanOrEqual(0.99);
  expect(falseAgent).toBeLessThanOrEqual(0.005);
  expect(falseHeld).toBeLessThanOrEqual(0.005);
  // Nothing is cleared without an allow-list.
  expect(judged.filter(({ found }) => found === 'automation')).toEqual([]);
}

function sayAbsent(): void {
  console.warn(`${file} is not there: the labelled corpus was not checked`);
  expect(existsSync(file)).toBe(false);
}

const cases: readonly [sentence: string, check: () => void][] = existsSync(file)
  ? [['visible AI of the corpus is found and people before 2023 are left alone', checkRates]]
  : [['the labelled corpus (shared data folder not present: nothing was checked)', sayAbsent]];

test.each(cases)('%s', (_sentence, check) => {
  expect.hasAssertions();
  check();
});
