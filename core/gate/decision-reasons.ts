import { reason } from './reason.ts';

/** Why a request is released, held or rejected; invariant 2: each cause has a code of its own. */
export const DECISION_REASONS = {
  'all-seats-filled': reason(
    'Countersigned',
    'Every seat is filled by a distinct eligible human: {reviewers}.',
    'Nothing to do: it is released by itself.',
  ),
  'out-of-scope': reason(
    'Not in scope of the policy',
    'The policy in force does not ask for a countersignature here.',
    'Nothing to do. To hold changes like this one, widen `scope` or add a rule to `.github/countersign.yml`.',
  ),
  'waiting-for-seats': reason(
    'Waiting for a distinct human',
    '{filled} of {total} seats are filled; still open: {open}.',
    'Someone who may fill an open seat and had no part in the change approves: by the check button, by the comment `/countersign approve <code>`, with a signature where the check asks for one, by the deployment prompt, or by a pull request review (of a deployment with that line as its first). Without the App: by such a review or the prompt.',
  ),
  'no-one-can-release': reason(
    'Nobody could release this',
    'No set of people who had no part in the change could fill these seats: {seats}.',
    'Where somebody who could agree started or re-ran this run, start a new one by somebody else; otherwise give another person the authority that the policy asks for, or change the policy on the default branch.',
  ),
  'no-seats': reason(
    'The policy gave no seat',
    'No seat came out of the policy, and nothing is released without at least one distinct human.',
    'This is a fault of Countersign, not of the change: report it; a rule that names a seat for this change mends it meanwhile.',
  ),
  'seats-inconsistent': reason(
    'The seats do not add up',
    'The seats and the people in them contradict each other, so nobody counts as having agreed.',
    'This is a fault of Countersign, not of the change: report it with the record of this request.',
  ),
  'denied-by-rule': reason(
    'Denied by a rule',
    'Rule `{rule}` denies this: {text}',
    'Wait until the rule no longer matches, or change the rule on the default branch.',
  ),
  'rejected-by-reviewer': reason(
    'Rejected by a reviewer',
    '@{login} may fill a seat of this request and rejected it.',
    'Settle it with the reviewer; push a new head or start a new run, which makes a new request.',
  ),
  'changes-requested': reason(
    'Changes are requested',
    '@{login} may fill a seat of this request and requests changes in a pull request whose head is deployed.',
    'Settle it with the reviewer, who then approves or whose review is dismissed; or deploy another commit.',
  ),
  'code-taken': reason(
    'The code belongs to another request',
    'The code {code} of this request was given to another one before, so an answer that names it may mean that one.',
    'Propose again, or start a new run: that makes another code. By chance it happens to nobody, so look at who made both requests.',
  ),
  'policy-before-it': reason(
    'Judged by the policy before it as well',
    'The policy is not the one from before this deployment ({which}), so both have to be satisfied, and nobody is let in by a policy that comes along.',
    'Whoever that policy names agrees too. Once a deployment that contains the new policy has ended well, the new one judges alone.',
  ),
  'policy-invalid': reason(
    'The policy is not valid',
    '`.github/countersign.yml` line {line}, column {column}: {message}',
    'Mend the policy on the default branch; everything held is looked at again by itself.',
  ),
  'policy-unreadable': reason(
    'The policy could not be read',
    'The policy could not be read: {detail}.',
    'Check that the App may read the contents of the repository; it is tried again by itself.',
  ),
  'policy-not-enforceable': reason(
    'The policy cannot be enforced',
    'The policy names something that cannot be enforced now: {detail}.',
    'Mend that part of the policy, or the team or person that it names, and it is looked at again.',
  ),
  'declared-account-unresolved': reason(
    'An account of a declared person is unknown',
    "Under `people` the policy names {count} account(s) that are nobody's now, or another's than when they were first seen, the first is `{login}`: whoever it was may approve a second time by another name.",
    'Write the account under `people` as `login#id` on the default branch, or take it out. The pull request that does so is held like everything else, because the policy before it judges it: give the account its old name back until it is merged, or let an administrator merge it past the check, which is written down as a bypass.',
  ),
  'facts-incomplete': reason(
    'Not everything could be read',
    'Not everything about the change could be read completely: {what}.',
    'It is read again by itself; when the change is too large for GitHub to list, split it.',
  ),
  'files-incomplete': reason(
    'Too many changed files to list',
    'GitHub lists only part of the changed files, so every path of the policy counts as touched.',
    'Fill the seats, or split the change.',
  ),
  'range-baseline': reason(
    'First deployment to this environment',
    'Nothing released by this log is known for `{environment}`, so all of its content is new.',
    'Fill the seats, one more than usual, or declare a base under `baselines` in the policy.',
  ),
  'range-rollback': reason(
    'A rollback',
    'What is deployed to `{environment}` is older than what was last released there.',
    'Fill the seats: a rollback needs a distinct human as every deployment does.',
  ),
  'range-diverged': reason(
    'Not a descendant of the last release',
    'What is deployed does not descend from what was last released to `{environment}`; it is judged from their merge base.',
    'Fill the seats, or deploy a commit that contains the last release.',
  ),
  'range-truncated': reason(
    'Too many commits to list',
    'GitHub lists only part of the commits since the last release to `{environment}`, so the change counts as suspected.',
    'Fill the seats, or deploy in smaller steps.',
  ),
  'range-fork': reason(
    'Deploys the code of a fork',
    'The head of the run belongs to another repository; code of a fork is never released.',
    'Merge the change into this repository and deploy from here.',
  ),
  'range-unknown': reason(
    'The deployed range is unknown',
    'Which commits would be deployed could not be found out.',
    'Check that the deployed commit still exists in this repository; start a new run.',
  ),
  'agent-authored': reason(
    'Written or started by an AI agent',
    'An AI agent wrote or started the change: {agents}.',
    'Nothing to mend: a human who had no part in it countersigns.',
  ),
  'agent-suspected': reason(
    'Perhaps written by an AI agent',
    'Signs of an AI agent were found, or not everything could be looked at: {signals}.',
    'Nothing to mend: it is judged as an AI-authored change, and a human who had no part in it countersigns.',
  ),
  'unattributed-change': reason(
    'No sign of an AI agent',
    'No sign of an AI agent was found, which never proves that a person wrote it.',
    'Nothing to mend: the policy says who must agree.',
  ),
  'automation-change': reason(
    'Made by known automation',
    'An automation that the policy lists made the change, within its paths.',
    'Nothing to mend: the policy says who must agree.',
  ),
  'unattributed-commit': reason(
    'A commit that belongs to no account',
    '{count} of the commits map to no GitHub account, the first is {sha}: anyone may have written it.',
    'Fill the seats, one more than usual, or have the author add the mailbox to their account.',
  ),
  'unknown-person': reason(
    'Somebody behind the change is unknown',
    'Of {count} of those who stand behind the change nobody can say who they are, the first as {role} ({where}): it may be anyone.',
    'Fill the seats, one more than usual.',
  ),
  'held-for-unknown-person': reason(
    'The policy holds what unknown people stand behind',
    'Of {count} of those who stand behind the change nobody can say who they are, the first is {where}, and the policy holds such a change.',
    'Have them named by an account of their own, or change `parties: unknown` in the policy.',
  ),
  'proposals-forgotten': reason(
    'What would run was forgotten',
    'Jobs of this run have proposed what it would run, and that had to make room for what other runs proposed since: nobody can be shown it.',
    'Start a new run, which proposes everything anew; cancel this one.',
  ),
  'native-review-pending': reason(
    "GitHub's own reviewers come first",
    "The required reviewers that GitHub itself has for `{environment}` have not all answered; Countersign's answer comes last.",
    "Approve in GitHub's deployment prompt; it goes on by itself.",
  ),
  'wait-timer-running': reason(
    'The wait timer is running',
    'The wait timer of `{environment}` has not ended; the answer of Countersign comes last.',
    'Wait; it goes on by itself.',
  ),
  'jobs-unknown': reason(
    'The waiting jobs are unknown',
    'Which jobs wait for `{environment}` could not be found out, so nobody knows what a release would start.',
    'It is read again by itself; cancel and start the run again when it stays so.',
  ),
  'jobs-changed': reason(
    'Other jobs wait now',
    'Jobs wait for `{environment}` that nobody has seen yet: {jobs}.',
    'Answer the new request, which names all of them.',
  ),
  'gate-already-authorised': reason(
    'An earlier authorisation is open',
    'An earlier authorisation of this gate is neither used nor void yet.',
    'Wait: it is settled by itself within ten minutes.',
  ),
  'request-superseded': reason(
    'Replaced by a newer request',
    'Something that the request binds has changed ({what}), so a new request stands in its place.',
    'Answer the new request; answers to the old one do not carry over.',
  ),
  'request-withdrawn': reason(
    'No longer asked for',
    'The pull request was closed or the run ended: {what}.',
    'Nothing to do; open it again or start a new run to ask again.',
  ),
  'request-expired': reason(
    'Expired unanswered',
    'Nobody released the request in the time that GitHub or the policy gives.',
    'Start a new run or push again, which makes a new request.',
  ),
  'run-not-current': reason(
    'Not the current attempt',
    'The run has moved on: attempt {attempt} is not its current one, or it no longer waits.',
    'Look at the newest attempt of the run.',
  ),
  'pull-request-not-open': reason(
    'The pull request is not open',
    'Pull request #{number} is closed or merged.',
    'Open it again to have it judged.',
  ),
  'draft-pull-request': reason(
    'The pull request is a draft',
    'Pull request #{number} is a draft; drafts are not released.',
    'Mark it ready for review.',
  ),
  'shared-head': reason(
    'Another pull request has this head',
    'The check belongs to the commit, and pull request #{number} with the same head is not released.',
    'Have that pull request countersigned too, or close it.',
  ),
  'merge-group-unsupported': reason(
    'Merge queues are not supported yet',
    'This version does not judge merge groups, so the group is held.',
    'Merge without the queue, or leave the check `countersign` out of what the queue requires.',
  ),
  'nothing-decided': reason(
    'Not judged yet',
    'The change has not been judged yet.',
    'Wait a moment; it is judged by itself.',
  ),
} as const;
