import { isAlias, isCollection, isMap, isNode, isPair, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Document, Node } from 'yaml';
import type { PolicyIssue } from './requirement.ts';

/** A YAML text read strictly: plain data, and where each part of it stands. */
export type YamlReading =
  | { readonly ok: true; readonly value: unknown; readonly locate: Locate }
  | { readonly ok: false; readonly issues: readonly PolicyIssue[] };

/**
 * Line and column, both from 1, of the value at a path, or of the last part of the path that is there. With `key`, of that
 * key in the value.
 */
export type Locate = (path: readonly PropertyKey[], key?: string) => Pick<PolicyIssue, 'line' | 'column'>;

const BYTES_MAX = 256 * 1024;

/** Characters that turn or hide text, so that a reader sees another policy than the one in force. */
const HIDING = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069]|(?<!^)\ufeff/u;

/**
 * Reads one YAML 1.2 document (core schema) without aliases, anchors, tags, merge keys, directives, keys that are no text,
 * or keys that stand twice: each of them lets a file say something else than it seems to (C77).
 */
export function readYaml(text: string): YamlReading {
  const refused = refuseText(text);
  if (refused !== null) return { ok: false, issues: [refused] };
  try {
    return readDocument(text);
  } catch {
    // Nested so deep that the stack ends, in the parser or after it.
    return { ok: false, issues: [whole('This file cannot be read as YAML: it is nested too deep.')] };
  }
}

function readDocument(text: string): YamlReading {
  const lines = new LineCounter();
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const parsed = parseAllDocuments(text, { schema: 'core', version: '1.2', merge: false, lineCounter: lines });
  const documents = 'empty' in parsed ? [] : parsed;
  const [document, second] = documents;
  if (document === undefined || document.contents === null) {
    return { ok: false, issues: [whole('This file is empty; a policy has at least version and scope.')] };
  }
  // Only the first: what comes after a mistake in the form is a guess.
  const [mistake] = [...document.errors, ...document.warnings];
  if (mistake !== undefined) {
    const message = `This is not YAML as it is read here: ${firstLine(mistake.message)}`;
    return { ok: false, issues: [{ ...at(mistake.pos[0]), path: '', message }] };
  }
  const problems: PolicyIssue[] = [];
  if (second !== undefined) {
    problems.push({
      ...at(second.range[0]),
      path: '',
      message: 'A policy is one document; remove "---" and what follows.',
    });
  }
  if (document.directives.yaml.explicit === true) {
    problems.push({
      line: 1,
      column: 1,
      path: '',
      message: 'A policy has no YAML directives; remove the line with "%".',
    });
  }
  problems.push(...refuseNodes(document).map(({ offset, message }) => ({ ...at(offset), path: '', message })));
  if (problems.length > 0) return { ok: false, issues: problems };

  return { ok: true, value: document.toJS(), locate: (path, key) => at(offsetOf(document.contents, path, key)) };
}

function whole(message: string): PolicyIssue {
  return { line: 0, column: 0, path: '', message };
}

function firstLine(message: string): string {
  return `${(message.split('\n', 1)[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')}.`;
}

function refuseText(text: string): PolicyIssue | null {
  if (text.length > BYTES_MAX || new TextEncoder().encode(text).length > BYTES_MAX) {
    return whole(`This file is larger than ${BYTES_MAX / 1024} KiB.`);
  }
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    if (/^(<{7}|>{7})( |$)/.test(line)) {
      return { line: index + 1, column: 1, path: '', message: 'This is the marker of a merge conflict; resolve it.' };
    }
    const hiding = HIDING.exec(line);
    if (hiding !== null) {
      const column = hiding.index + 1;
      return { line: index + 1, column, path: '', message: 'An invisible character stands here; remove it.' };
    }
  }
  return null;
}

function refuseNodes(document: Document.Parsed): readonly { readonly offset: number; readonly message: string }[] {
  const found: { offset: number; message: string }[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === '<<') {
        found.push({ offset: start(key), message: 'Merge keys ("<<") are refused; write the keys out.' });
      } else if (isScalar(key) && key.value === '__proto__') {
        found.push({ offset: start(key), message: 'The key "__proto__" is refused.' });
      } else if (!isAlias(key) && !(isScalar(key) && typeof key.value === 'string')) {
        found.push({ offset: isNode(key) ? start(key) : 0, message: 'A key must be text; put it in quotes.' });
      }
    },
    Node(_, node) {
      if (isAlias(node)) {
        found.push({ offset: start(node), message: 'Aliases ("*name") are refused; write the value out.' });
        return;
      }
      if (node.anchor !== undefined) {
        found.push({ offset: start(node), message: 'Anchors ("&name") are refused; remove it.' });
      }
      if (node.tag !== undefined)
        found.push({ offset: start(node), message: 'Tags ("!name") are refused; remove it.' });
    },
  });
  return found;
}

function start(node: Node): number {
  return node.range?.[0] ?? 0;
}

function offsetOf(root: unknown, path: readonly PropertyKey[], key: string | undefined): number {
  let node: unknown = root;
  let offset = isNode(root) ? start(root) : 0;
  for (const part of key === undefined ? path : [...path, key]) {
    if (!isCollection(node)) break;
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === part)
      : node.items[Number(part)];
    if (pair === undefined) break;
    if (isPair(pair)) {
      // A key without a value, or one that is asked for itself, stands where the key stands.
      node = pair.value;
      const shown = part === key || !isNode(node) || (isScalar(node) && node.value === null) ? pair.key : node;
      if (isNode(shown)) offset = start(shown);
    } else {
      node = pair;
      if (isNode(node)) offset = start(node);
    }
  }
  return offset;
}
