import { reason } from './reason.ts';

/** Why one person's answer counts, or why it does not. Parameters: `login` is the reviewer. */
export const REVIEW_REASONS = {
  'review-counts': reason('Counts', 'The approval of @{login} fills seat {seat}.', 'Nothing to do.'),
  'review-in-reserve': reason(
    'Valid, not needed now',
    'The approval of @{login} is valid, but every seat that it could fill is filled by others.',
    'Nothing to do: it takes a seat by itself when one becomes open.',
  ),
  'rejection-counts': reason(
    'The rejection counts',
    '@{login} may fill a seat of this request, so the rejection counts.',
    'Settle it with the reviewer; a new head or a new run makes a new request.',
  ),
  'review-not-weighed': reason(
    'Not weighed',
    'The answer of @{login} was not weighed, because there is no seat to fill as long as the request is held as it is.',
    'Mend what holds the request; the answer is judged again by itself.',
  ),
  'second-seat-same-person': reason(
    'One person, one seat',
    '@{login} has already answered on another way, and one person fills one seat.',
    'Another person fills the next seat.',
  ),
  'second-account-same-person': reason(
    'One person, one seat',
    '@{login} and @{other} are one person, as the policy says, @{other} has already answered, and one person fills one seat.',
    'Another person fills the next seat.',
  ),
  'reviewer-is-party': reason(
    'Had a part in the change',
    '@{login} had a part in the change ({roles}) and cannot countersign it: {path}.',
    'Somebody with none of these roles approves. Nobody is exempt, administrators included.',
  ),
  'may-fill-seat': reason(
    'May countersign',
    '@{login} had no part in the change and may fill a seat: {seats}.',
    'Nothing to mend: approve or reject.',
  ),
  'had-no-part': reason(
    'Had no part in the change',
    '@{login} had no part in the change; nothing is asked of anybody at present.',
    'Nothing to mend.',
  ),
  'reviewer-not-human': reason(
    'Not a human account',
    '@{login} is not the account of a human ({kind}): bots, Apps and known agents fill no seat.',
    'A human approves.',
  ),
  'reviewer-lacks-authority': reason(
    'Lacks the authority',
    '@{login} may fill none of the seats: {seats}.',
    'Somebody in the group that a seat names approves, or the policy is changed on the default branch.',
  ),
  'membership-too-fresh': reason(
    'Too new in the team',
    '@{login} has not been seen in the team {team} for as long as the policy asks: their answer counts from {from} on.',
    'It is looked at again by itself and counts then; until then somebody who has been in the team for longer approves.',
  ),
  'reviewer-unknown': reason(
    'The authority could not be read',
    'What @{login} may do here could not be read from GitHub, so the answer does not count.',
    'It is read again by itself before every decision.',
  ),
  'assurance-too-low': reason(
    'Not proven strongly enough',
    'The approval of @{login} is proven as `{assurance}`, and every seat that it could fill asks for more.',
    'Approve again by `/countersign approve <code>` with a signature by your security key: the check shows the commands that make it.',
  ),
  'review-of-other-head': reason(
    'Given for another commit',
    'The answer of @{login} was given for commit {seen}; the request is for {wanted}.',
    'Look at what is asked now and answer again.',
  ),
  'review-of-other-base': reason(
    'Given for another base branch',
    'The answer of @{login} was given while the pull request went to another branch.',
    'Look at what is asked now and answer again.',
  ),
  'review-of-other-request': reason(
    'Given for another request',
    'The answer of @{login} was given for another request: {field} differs.',
    'Look at what is asked now and answer again.',
  ),
  'review-unbound': reason(
    'Not bound to this request',
    'The answer of @{login} does not say what was seen: {field} is missing.',
    'Answer by a way that names the request, such as `/countersign approve <code>`.',
  ),
  'review-before-force-push': reason(
    'Given before a force push',
    'The answer of @{login} was given before a force push to the branch, so what was seen may be gone.',
    'Look at what is asked now and answer again.',
  ),
  'review-before-proposal': reason(
    'Given before what would run changed',
    'The answer of @{login} was given before what would run changed (a plan, a command, a called workflow).',
    'Look at what would run now, and answer anew: by the button of the check, or by `/countersign approve <code>` as a comment or as the first line of a review; without the App by such a review.',
  ),
  'review-without-code': reason(
    'Does not name what would run',
    'GitHub binds the review of @{login} to a commit and to nothing that would run; one whose first line is `/countersign approve {code}` names this request.',
    'Look at what would run, and approve the pull request again with exactly that as the first line of the review; with the App the button of the check does too.',
  ),
  'review-of-other-code': reason(
    'Names another request',
    'The review of @{login} names {found}; what is asked here is {code}.',
    'Look at what would run now, and approve the pull request again with `/countersign approve` and the code of this request as the first line of the review.',
  ),
  'review-used': reason(
    'Has released once already',
    'The review of @{login} has released an earlier attempt of this, and an answer to what would run releases it once.',
    'Approve the pull request again, with the code of this request as before.',
  ),
  'review-before-other-deployment': reason(
    'Something else was deployed since',
    'The review of @{login} released this commit before, and what `{environment}` is compared with has changed since.',
    'Look at what is deployed now and what would take its place, and approve the pull request again.',
  ),
  'review-for-other-branch': reason(
    'The pull request goes somewhere else',
    'The review of @{login} is of pull request #{number} into `{base}`; for this deployment count those of pull requests into {counting}.',
    'Open a pull request with the same head into one of these branches and review that one, or name the branch under `deploy-branches` in the policy. For the branch of the run itself `/countersign approve` and the code of this request as the first line of the review will do.',
  ),
  'prompt-before-gate': reason(
    'Perhaps given to an earlier gate',
    'GitHub does not tell which gate of the run @{login} answered at the deployment prompt, and this answer was there before this one opened, or may have been.',
    'Answer by the button of the check, or approve the pull request with the code of this request; without the App the prompt asks again when the failed jobs are re-run.',
  ),
  'review-before-base-change': reason(
    'Given before the base changed',
    'The answer of @{login} was given before the base branch of the pull request was changed.',
    'Look at what is asked now and answer again.',
  ),
  'review-edited': reason(
    'Edited afterwards',
    'The answer of @{login} was edited after it was given, and GitHub does not say by whom.',
    'Answer again in a new comment or review, and leave it as it is.',
  ),
  'review-via-app': reason(
    'Given through an App',
    'The answer of @{login} was given through the App `{app}`, so nobody knows that a person was there.',
    'Answer on GitHub itself, without an App or a token in between.',
  ),
  'review-reason-missing': reason(
    'The reason is missing',
    'The policy asks for a reason of at least {minimum} characters, and @{login} gave {given}.',
    'Approve again and say why.',
  ),
  'review-withdrawn': reason(
    'Withdrawn',
    'The answer of @{login} was dismissed or withdrawn.',
    'Approve again when it was a mistake.',
  ),
  'not-an-approval': reason(
    'Not an answer',
    'What @{login} wrote neither approves nor rejects.',
    'Use a review, the deployment prompt, a button of the check, or `/countersign approve <code>`.',
  ),
  'command-unknown': reason(
    'Not a command',
    'What @{login} wrote begins like a command and is none: nothing was approved, and nothing was rejected.',
    'Write a new comment, for an edit changes nothing, whose first line is `/countersign approve <code>`, `/countersign reject <code>` or `/countersign status`, in small letters; a reason follows the code after a space.',
  ),
  'code-unknown': reason(
    'Unknown code',
    'The code that @{login} typed belongs to no request that is held here now: nothing was approved, and nothing was rejected.',
    'Take the code from the check or the status report: it changes with every new head, run and policy.',
  ),
} as const;
