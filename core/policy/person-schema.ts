import { z } from 'zod';
import { listOf, person, prose } from './fields.ts';

const KEY_MAX = 4000;

/** One line of `id_*.pub`: type, base64, perhaps a comment. Only its shape is judged here; nothing of it is decoded. */
const sshKey = z
  .string()
  .max(KEY_MAX, `A public key line may have at most ${KEY_MAX} characters.`)
  .regex(
    /^(?:ssh-ed25519|sk-ssh-ed25519@openssh\.com|ecdsa-sha2-nistp(?:256|384|521)|sk-ecdsa-sha2-nistp256@openssh\.com|ssh-rsa) [A-Za-z0-9+/]{32,}={0,2}(?: [^\r\n]*)?$/,
    'A key is one line of an OpenSSH public key, as in `id_ed25519.pub`, without options before it.',
  );

/** A human as the policy declares one: accounts that are the same person (C18), and keys that only this person holds. */
export const declaredPerson = z.strictObject({
  /** For the reader. */
  name: prose.optional(),
  accounts: listOf(person),
  'ssh-keys': listOf(sshKey).optional(),
});
