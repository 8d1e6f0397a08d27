import { parseCode } from './request-digest.ts';

export type Command =
  | {
      readonly kind: 'approve' | 'reject';
      readonly code: string;
      /** May be empty. */ readonly reason: string;
    }
  | { readonly kind: 'status' };

/**
 * Reads `/countersign approve <code> [reason]`, `/countersign reject <code> [reason]` or `/countersign status`.
 *
 * The command is the whole first line, from its first character, in this spelling; lines below it are no part of it.
 * Nothing is ever searched for inside a text, so negations, quotes, code blocks and quoted mails have no effect (C39).
 *
 * @param body a comment as it was created; whoever wrote it is judged elsewhere
 * @returns null for anything that is not exactly a command
 */
export function parseCommand(body: string): Command | null {
  const line = body.split(/\r?\n/, 1)[0]?.trimEnd() ?? '';
  if (line === '/countersign status') return { kind: 'status' };

  const match = /^\/countersign (approve|reject) ([0-9A-Za-z-]+)(?: (.+))?$/.exec(line);
  const code = parseCode(match?.[2] ?? '');
  const reason = (match?.[3] ?? '').trim();
  if (match === null || code === null) return null;
  // Whoever wants to stop something is not asked for a reason first.
  return { kind: match[1] === 'approve' ? 'approve' : 'reject', code, reason };
}

/**
 * Whether a comment begins like a command, in whatever spelling: what is none then is answered, so that nobody thinks that
 * they have stopped something. Quotes and code blocks begin otherwise.
 */
export function isAddressedToUs(body: string): boolean {
  return /^(?:\s*\n)?[^\S\n\t]{0,3}\/countersign(?![\w/.-])/i.test(body);
}
