/** What one tool did in a commit, as a note of git-ai says. */
export interface NotedWork {
  /** `claude`, `cursor`, `github-copilot-cli`, … : free text. */
  readonly tool: string;
  /** Who prompted it: a name, a mailbox, or both; free text. */
  readonly human: string | null;
}

/** A note is read only so far; one that is longer is taken as one that could not be read. */
const NOTE_MAX = 400_000;
const WORKS_MAX = 100;

/**
 * Who wrote the lines of a commit, as its note in `refs/notes/ai` has it (Git AI Standard 3: lines by session, a line `---`,
 * and JSON whose `prompts` and `sessions` name tool and person).
 *
 * @param note anybody's text
 * @returns every tool that it names, each with its person; null when it cannot be read, which is no reason to clear anybody
 */
export function readAiNote(note: string): readonly NotedWork[] | null {
  const rule = note.length > NOTE_MAX ? null : /^---\r?$/m.exec(note);
  const metadata = rule === null ? null : jsonOf(note.slice(rule.index + rule[0].length));
  if (!isObject(metadata)) return null;
  const found = new Map<string, NotedWork>();
  let isWhole = true;
  for (const key of ['prompts', 'sessions']) {
    const works = metadata[key] ?? {};
    if (!isObject(works)) isWhole = false;
    for (const work of isObject(works) ? Object.values(works).slice(0, WORKS_MAX) : []) {
      const noted = workOf(work);
      if (noted === null) isWhole = false;
      else found.set(JSON.stringify([noted.tool, noted.human]), noted);
    }
  }
  return found.size === 0 && !isWhole ? null : [...found.values()];
}

function workOf(work: unknown): NotedWork | null {
  if (!isObject(work)) return null;
  const agent = work['agent_id'];
  const human = work['human_author'];
  if (!isObject(agent) || typeof agent['tool'] !== 'string') return null;
  return { tool: agent['tool'], human: typeof human === 'string' && human.trim() !== '' ? human.trim() : null };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
