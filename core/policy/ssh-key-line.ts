import { fromBase64 } from '../evidence/bytes.ts';
import type { Parsed } from '../evidence/bytes.ts';
import { parseSshKey } from '../evidence/people/ssh-key.ts';
import type { SshKey } from '../evidence/people/ssh-key.ts';

/**
 * Parses the line of a security key's `.pub` file, as a policy names it for a person; its comment is for the reader. A key in
 * software is refused: an agent on its owner's machine signs with it as the owner does (attack C25).
 */
export function parseSshKeyLine(line: string): Parsed<SshKey> {
  const [type, text = ''] = line.split(' ', 2);
  const wire = fromBase64(text);
  const parsed = wire === null || text === '' ? null : parseSshKey(wire);
  if (parsed === null) return { ok: false, issue: 'not one line of an OpenSSH public key, as in `id_ed25519_sk.pub`' };
  if (!parsed.ok) return parsed;
  if (parsed.value.type !== type) return { ok: false, issue: 'of another type than the line says' };
  if (parsed.value.application === null) {
    return {
      ok: false,
      issue: `of type ${type}, in software; only a hardware security key (sk-…) shows that a person acted`,
    };
  }
  return parsed;
}
