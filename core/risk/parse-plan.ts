import { fromUtf8 } from '../evidence/bytes.ts';
import { isObject } from '../evidence/strict-json.ts';
import type { Because } from '../gate/decision.ts';
import { because } from '../gate/reasons.ts';
import { planSchema } from './plan-schema.ts';
import type { Plan } from './plan-schema.ts';

export type ParsedPlan = { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly because: Because };

/**
 * Reads the output of `terraform show -json <plan file>`. Whatever is not exactly that is refused with a reason that says what it
 * is instead and what to do: a guess could show "no changes" for a plan that nobody read (docs/decisions, traps of plan JSON).
 *
 * @param bytes written by the requesting side
 * @param path of the file, for the reason
 */
export function parsePlan(bytes: Uint8Array, path: string): ParsedPlan {
  const refuse = (reason: Because): ParsedPlan => ({ ok: false, because: reason });
  const encoding = oddEncoding(bytes);
  if (encoding !== null) return refuse(because('plan-encoding', { path, encoding }));
  const text = fromUtf8(bytes);
  if (text === null) return refuse(because('plan-encoding', { path, encoding: 'in another encoding' }));
  const json = parseJson(text);
  if (!json.ok) return refuse(because(...describeText(text, path)));
  const { value } = json;
  if (!isObject(value)) return refuse(because('plan-not-a-plan', { path, what: 'it is no object' }));
  if ('@level' in value) return refuse(because('plan-is-event-stream', { path }));
  if (isState(value)) return refuse(because('plan-is-state', { path }));
  const version = value['format_version'];
  if (typeof version !== 'string') {
    return refuse(because('plan-not-a-plan', { path, what: 'it has no `format_version`' }));
  }
  // Before anything else of it is believed: another major version may mean another thing by the same words.
  if (!/^[01](?:\.\d+)?$/.test(version)) return refuse(because('plan-format-unknown', { path, version }));
  if (!('planned_values' in value)) {
    return refuse(because('plan-not-a-plan', { path, what: 'it has no `planned_values`' }));
  }
  const parsed = planSchema.safeParse(value);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.map(String).join('.') ?? 'its top';
    return refuse(because('plan-shape-unknown', { path, where: `\`${where}\`` }));
  }
  if (parsed.data.errored === true) return refuse(because('plan-errored', { path }));
  return { ok: true, plan: parsed.data };
}

/** A byte order mark counts too: what reads the file next may stumble over it. */
function oddEncoding(bytes: Uint8Array): string | null {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return 'UTF-16 (little-endian)';
  if (first === 0xfe && second === 0xff) return 'UTF-16 (big-endian)';
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'UTF-8 with a byte order mark';
  return first === 0 || second === 0 ? 'UTF-16 or UTF-32 without a mark' : null;
}

/** The state of `show -json` without a plan file, and the state file itself. */
function isState(value: Readonly<Record<string, unknown>>): boolean {
  if ('planned_values' in value || 'resource_changes' in value) return false;
  return 'values' in value || ('lineage' in value && 'serial' in value);
}

function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    const value: unknown = JSON.parse(text);
    return { ok: true, value };
  } catch {
    return { ok: false };
  }
}

type TextReason = 'plan-wrapper-noise' | 'plan-is-text' | 'plan-is-event-stream' | 'plan-truncated' | 'plan-malformed';
type TextParams = { readonly path: string; readonly what: string };

/** What a text is that is no JSON. */
function describeText(text: string, path: string): readonly [TextReason, TextParams] {
  const say = (code: TextReason, what = ''): readonly [TextReason, TextParams] => [code, { path, what }];
  if (/^[ \t]*\[command\]|^::[a-z-]+[ :]/m.test(text)) return say('plan-wrapper-noise');
  const start = text.trimStart();
  if (start === '') return say('plan-malformed', 'it holds only blanks');
  if (start.startsWith('{"@level"')) return say('plan-is-event-stream');
  if (!start.startsWith('{')) {
    const isForPeople = /^(?:Plan: |No changes|Terraform |OpenTofu |[ \t]*# \S+ (?:will|must|has) )/m.test(
      withoutColours(text),
    );
    return isForPeople ? say('plan-is-text') : say('plan-malformed', 'it does not begin with `{`');
  }
  return endsOpen(start) ? say('plan-truncated') : say('plan-malformed', 'it begins as JSON and does not go on as it');
}

function withoutColours(text: string): string {
  // eslint-disable-next-line no-control-regex -- the escape is what is looked for
  return text.replaceAll(/\u001b\[[0-9;]*m/g, '');
}

/** Whether a bracket or a string is still open at the end: then the rest is missing. */
function endsOpen(text: string): boolean {
  let depth = 0;
  let isString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isString) {
      if (character === '\\') at += 1;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
  }
  return isString || depth > 0;
}
