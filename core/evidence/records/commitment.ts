import { concatBytes, toHex, utf8 } from '../bytes.ts';
import type { Sha256 } from '../bytes.ts';

const SALT_BYTES = 32;

/**
 * What stands in the log instead of a text: SHA-256(salt ‖ text in UTF-8), lower-case hex. The salt is random and stays
 * outside the log, so that a short text (a name, "looks good") cannot be found by trying, and forgetting the salt is enough
 * to forget the text.
 *
 * @param salt 32 bytes; its fixed length keeps another salt and text from having the same bytes
 * @throws {TypeError} for a salt of another length
 */
export function commitmentOf(salt: Uint8Array, text: string, sha256: Sha256): string {
  if (salt.length !== SALT_BYTES) throw new TypeError(`a salt has ${SALT_BYTES} bytes`);
  return toHex(sha256(concatBytes(salt, utf8(text))));
}

/** Whether this salt and text are what was committed to. All three may come from anybody: what does not fit is false. */
export function opensCommitment(commitment: string, salt: Uint8Array, text: string, sha256: Sha256): boolean {
  return salt.length === SALT_BYTES && text.isWellFormed() && commitmentOf(salt, text, sha256) === commitment;
}
