import { reason } from './reason.ts';

/**
 * Why the signature in a person's answer does not count. It is never read as a plain answer then: whoever signs means to be
 * held to it. Parameters: `login` is the reviewer.
 */
export const SIGNATURE_REASONS = {
  'signature-unreadable': reason(
    'The signature cannot be read',
    'The answer of @{login} holds a signature that cannot be read: {issue}.',
    'Run the commands that the check shows, and send all that they print in a new comment.',
  ),
  'signature-for-other': reason(
    'Signed for something else',
    'What @{login} sent was signed for another {field} than that of this answer.',
    'Run the commands that the check of this request shows, with your own account id, and send what they print.',
  ),
  'signature-by-software-key': reason(
    'Signed with a key in software',
    'The signature of @{login} is by a key of type `{type}`, which a program on the same machine can use without anybody there.',
    'Sign with a hardware security key (`sk-ssh-ed25519@openssh.com` or `sk-ecdsa-sha2-nistp256@openssh.com`) that the policy names.',
  ),
  'signature-key-not-named': reason(
    'Signed with a key that the policy does not name',
    'The signature of @{login} is by a key that the policy in force does not name for this account.',
    'Sign with a key that stands under `people` in the policy on the default branch, or have it put there first.',
  ),
  'signature-wrong': reason(
    'The signature does not hold',
    'The signature of @{login} does not hold: {issue}.',
    'Run the commands that the check shows, touch the security key, and send all that they print.',
  ),
  'signature-replayed': reason(
    'Signed once, sent twice',
    'The signed statement in the answer of @{login} came with another answer before, and each counts once.',
    'Run the commands that the check shows again: each time they make a statement of its own.',
  ),
} as const;
