import type { z } from 'zod';
import type { PolicyIssue } from './requirement.ts';
import { policySchema } from './schema.ts';
import type { Policy } from './schema.ts';
import { readYaml } from './yaml-document.ts';
import type { Locate } from './yaml-document.ts';

export type PolicyParsing =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly issues: readonly PolicyIssue[] };

/** More of them help nobody, and they stand in records and on screen. */
const ISSUES_MAX = 20;

/**
 * Reads a policy file. One issue refuses the whole of it: a policy in force in part would free what the rest of it holds.
 * Never throws.
 *
 * @param text - the file as it stands on the default branch, or as somebody proposes it: then the requesting side wrote it
 * @returns the policy, or the issues that were found (at most 20), in the order of the file
 */
export function parsePolicy(text: string): PolicyParsing {
  const yaml = readYaml(text);
  if (!yaml.ok) return yaml;
  const parsed = policySchema.safeParse(yaml.value, { error: sentence });
  if (parsed.success) return { ok: true, policy: parsed.data };
  const issues = parsed.error.issues.flatMap((issue) => toIssues(issue, yaml.locate));
  return { ok: false, issues: issues.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, ISSUES_MAX) };
}

function toIssues(issue: z.core.$ZodIssue, locate: Locate): readonly PolicyIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...locate(issue.path, key),
      path: toText([...issue.path, key]),
      message: `The key "${key.slice(0, 60)}" is not known here.`,
    }));
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ ...locate(issue.path), path: toText(issue.path), message }];
}

/** A sentence where the schema has none of its own. */
function sentence(issue: z.core.$ZodRawIssue): string {
  const key = String(issue.path?.at(-1) ?? 'this file');
  if (issue.input === undefined) return `${key} is missing.`;
  if (issue.code !== 'invalid_type') return `${key} is not as the policy language has it.`;
  if (issue.input === null) return `${key} has no value; write one or remove the key.`;
  return `${key} must be ${KINDS[issue.expected] ?? issue.expected}.`;
}

const KINDS: Readonly<Partial<Record<string, string>>> = {
  string: 'text (in quotes when it looks like a number, a truth value or a date)',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  int: 'a whole number',
  number: 'a number',
};

/** `rules[2].require[0].count` */
function toText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
