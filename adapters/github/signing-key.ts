import { utf8 } from '../../core/evidence/bytes.ts';
import { parseSshKey, readSsh } from '../../core/evidence/people/ssh-key.ts';
import { checkSshSignature, parseArmoredSshSignature } from '../../core/evidence/people/ssh-signature.ts';
import type { CommitSignature } from '../../core/facts.ts';
import { sha256, sha512, verify } from '../signing/node-crypto.ts';

/** git signs in this namespace, so that no signature of a file or of a review passes for one of a commit. */
const GIT_NAMESPACE = 'git';

/** `SSHSIG` and its version, before the public key. */
const PREAMBLE_BYTES = 10;

/** Far above the signature of any key that there is. */
const SIGNATURE_MAX = 16_384;

/**
 * The SSH key that a commit's signature names, and whether it really signed the commit. GitHub's own verdict is about the
 * committer's account: a vendor's key under a person's name is `unverified` there, and the one trace that is left (agents.md 5).
 *
 * @param signature as it stands in the commit, written by whoever made it
 * @param payload the commit without its signature
 * @returns null for a signature of another kind
 */
export async function signingKey(signature: string, payload: string): Promise<CommitSignature['key']> {
  if (signature.length > SIGNATURE_MAX) return null;
  const armored = parseArmoredSshSignature(signature);
  if (!armored.ok) return null;
  const blob = armored.value;
  const reader = readSsh(blob.subarray(PREAMBLE_BYTES));
  const wire = reader.string();
  if (wire.length === 0) return null;
  const fingerprint = `SHA256:${Buffer.from(sha256(wire)).toString('base64').replace(/=+$/, '')}`;
  const key = parseSshKey(wire);
  if (!key.ok) return { fingerprint, proven: false };
  const signed = { blob, message: utf8(payload), namespace: GIT_NAMESPACE, key: key.value };
  const problem = await checkSshSignature(signed, { sha256, sha512, verify });
  return { fingerprint, proven: problem === null };
}
