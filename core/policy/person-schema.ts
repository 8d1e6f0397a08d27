import { z } from 'zod';
import { listOf, person, prose } from './fields.ts';
import { parseSshKeyLine } from './ssh-key-line.ts';

const KEY_MAX = 2000;

/** One line of `id_*_sk.pub`: type, base64, perhaps a comment; no options before it. */
const sshKey = z
  .string()
  .max(KEY_MAX, `A public key line may have at most ${KEY_MAX} characters.`)
  .check((context) => {
    const parsed = parseSshKeyLine(context.value);
    if (parsed.ok && !/[\r\n]/.test(context.value)) return;
    const issue = parsed.ok ? 'more than one line of an OpenSSH public key' : parsed.issue;
    context.issues.push({ code: 'custom', input: context.value, message: `This key is ${issue}.` });
  });

/** A human as the policy declares one: accounts that are the same person (C18), and keys that only this person holds. */
export const declaredPerson = z.strictObject({
  /** For the reader. */
  name: prose.optional(),
  accounts: listOf(person),
  /** Security keys whose signature makes an answer `human-signed` (C25). */
  'ssh-keys': listOf(sshKey).optional(),
  /** Each signature must also show that the key has asked for a PIN or a fingerprint. */
  'verify-required': z.boolean().optional(),
});
