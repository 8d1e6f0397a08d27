import type { RecordKind } from '../evidence/kinds.ts';

/** What each kind of record states, for people; the JSON Schemas and docs/evidence-format.md say the same words. */
export const meanings = {
  'log-opened': 'The first record: which log this is and which keys it starts with.',
  requested: 'A deployment or pull request is held: what exactly was asked, by which policy, who may answer.',
  baseline: 'The first deployment of an environment: the commit from which its changes are counted.',
  passed: 'The policy in force does not ask for a countersignature. Never called a release.',
  reviewed: 'One answer of a person that was weighed, and whether it fills a seat.',
  refused: 'An answer that does not count, by somebody who could matter, and why not.',
  authorised: 'Every seat is filled: exactly these jobs at this gate may be let go until `notAfter`.',
  released: 'GitHub was told so, or was seen to have let it go; of a pull request: its check was set.',
  void: 'An authorisation ended without effect.',
  misapplied: 'A release took effect on another attempt of the run than the one that was authorised.',
  rejected: 'A person who may fill a seat said no.',
  withdrawn: 'What was asked for is gone: the run ended or the pull request was closed.',
  superseded: 'Something that the request binds has changed; another request (`by`) took its place.',
  expired: 'Nobody answered in time.',
  revoked: 'What a release rested on was withdrawn after it; the check was put back.',
  bypassed: 'A gate or a held pull request was passed without a release.',
  'break-glass': 'Somebody released in an emergency by a rule for it; it is to be reviewed before `reviewBefore`.',
  outcome: 'How the released jobs ended.',
  'policy-changed': 'The policy on the default branch is another one now.',
  'key-changed': 'A key of the log gives way to another one; both signed the change.',
  'credential-enrolled': 'A key with which a person may sign reviews from the next record on.',
  'credential-revoked': 'That key signs no further reviews.',
  expunged: 'A facts file was taken off the branch; from here on it must not be there, whoever names it.',
  drift: 'Something that the gate relies on is not as this log left it.',
  repaired: 'A drift of the evidence branch, or of the ref beside it, was mended by going forward.',
  reconciled: 'Work that had been interrupted was settled from what GitHub shows.',
  heartbeat: 'The writer was alive: open requests, and answers of strangers, which are only counted.',
} as const satisfies Record<RecordKind, string>;

/** What the schemas of these kinds ask for and JSON Schema cannot say. */
export const beyondSchema: Partial<Record<RecordKind, string>> = {
  authorised: '`notAfter` is later than `at`, by at most ten minutes.',
  bypassed: 'Exactly one of `gate` and `pullRequest` is there.',
  expunged: '`by` and `approvedBy` have different ids.',
};
