import { reason } from './reason.ts';

/** What is wrong with what a job says that it will run: its files, its plan, its command. */
export const PROPOSAL_REASONS = {
  'nothing-proposed': reason(
    'Nothing was proposed',
    'The job names no plan, artifact, manifest or command, so there is nothing to bind an approval to.',
    'Name at least one of the inputs `plan`, `artifacts`, `manifests` and `command`.',
  ),
  'working-directory-unusable': reason(
    'The working directory cannot be used',
    '`{path}` is no directory within the checkout.',
    'Check out the repository before this step, and give `working-directory` relative to its root.',
  ),
  'subject-path-outside': reason(
    'A file outside of the checkout',
    '`{path}` is not within the checkout, or a link leads out of it.',
    'Put the file into the checkout and give its path relative to `working-directory`.',
  ),
  'subject-path-odd': reason(
    'A path that cannot be shown',
    '`{path}` holds a character that no bound path may hold (backslash, control or invisible character), or is longer than 1,000 characters.',
    'Rename the file; between folders stands `/` on every system.',
  ),
  'subject-missing': reason(
    'A file is missing',
    'There is no file `{path}`.',
    'Let an earlier step of this job make or download it; patterns are not expanded, one file stands on each line.',
  ),
  'subject-is-directory': reason(
    'A directory cannot be bound',
    '`{path}` is a directory, and only the bytes of a file can be bound.',
    'Name its files one by one, or pack the directory into one archive and bind that.',
  ),
  'subject-not-a-file': reason(
    'Not an ordinary file',
    '`{path}` is a pipe, device or socket.',
    'Write it to an ordinary file first and bind that.',
  ),
  'subject-empty': reason(
    'An empty file was given',
    '`{path}` is empty.',
    'Look at the step that writes it: it probably failed without saying so.',
  ),
  'subject-too-large': reason(
    'A file is too large to bind',
    '`{path}` is larger than {most} megabytes.',
    'Bind a file with the digests of the large parts instead, and check those in the command.',
  ),
  'subject-unreadable': reason(
    'A file cannot be read',
    '`{path}` cannot be read: {what}.',
    'Give the user of the runner the right to read it.',
  ),
  'subject-changed': reason(
    'A file changed after the gate',
    '{what} changed while the gate was asked.',
    'Let nothing else run beside this step that writes to these files, and start the job again.',
  ),
  'subjects-too-many': reason(
    'Too many files to bind',
    'At most {most} files can be bound, and {count} were named.',
    'Pack them into one archive, or bind one file that lists their digests.',
  ),
  'proposal-too-large': reason(
    'Too much to hand over',
    'The names of what would run take more than {most} KB, which is more than one job can hand to another.',
    'Bind fewer files, under shorter names, or one file that lists the digests of the others.',
  ),
  'command-missing': reason(
    'No command to run',
    'The mode `run` needs the input `command`.',
    'Give the command that was proposed, word for word, or use the mode `gate`.',
  ),
  'command-needs-a-shell': reason(
    'The command needs a shell',
    'The command holds {what}, and no shell reads it.',
    'Put it in a script, bind the script under `artifacts`, and make the script the command; or put the word in quotes.',
  ),
  'command-quote-open': reason(
    'A quote is not closed',
    'A quote in the command is opened and never closed.',
    'Close the quote.',
  ),
  'command-too-long': reason(
    'The command is too long',
    'The command is longer than {most} characters.',
    'Put it in a script, bind the script under `artifacts`, and make the script the command.',
  ),
  'command-not-found': reason(
    'The program was not found',
    'There is no program `{program}` that could be run.',
    'Install it in an earlier step, or give its path relative to `working-directory`.',
  ),
  'command-failed': reason(
    'The approved command failed',
    'The approved command ran and ended with {code}.',
    'Look at its output above; to run it again start the job again, which asks again.',
  ),
  'command-succeeded': reason('The approved command ran', 'The approved command ran and succeeded.', 'Nothing to do.'),
  'plan-encoding': reason(
    'The plan is not plain UTF-8',
    '`{path}` is {encoding}, not plain UTF-8.',
    'Give the plan file itself (`terraform plan -out=…`); PowerShell writes UTF-16 with `>`, so use `Out-File -Encoding utf8NoBOM` for the JSON.',
  ),
  'plan-wrapper-noise': reason(
    'More than the plan stands in the file',
    '`{path}` holds lines of the setup-terraform wrapper around the JSON.',
    'Give the plan file itself, or set `terraform_wrapper: false` where Terraform is set up.',
  ),
  'plan-truncated': reason(
    'The plan is cut off',
    '`{path}` ends in the middle of the JSON.',
    'Give the plan file itself, and look at the step that writes the JSON: it was stopped, or the disk is full.',
  ),
  'plan-malformed': reason(
    'The plan is no JSON',
    '`{path}` is neither a plan file nor the JSON of one: {what}.',
    'Give the file that `terraform plan -out=…` wrote.',
  ),
  'plan-is-text': reason(
    'The plan is text for people',
    '`{path}` is what `terraform plan` or `terraform show` print for people.',
    'Give the file that `terraform plan -out=…` wrote, or the output of `terraform show -json` of that file.',
  ),
  'plan-is-event-stream': reason(
    'The plan is a list of events',
    '`{path}` is what `terraform plan -json` prints while it works, not the plan.',
    'Give the file that `terraform plan -out=…` wrote, or the output of `terraform show -json` of that file.',
  ),
  'plan-is-state': reason(
    'This is a state, not a plan',
    '`{path}` is a Terraform state: it says what there is, not what would change.',
    'Give `terraform show -json` the plan file as its argument, or give the plan file itself.',
  ),
  'plan-not-a-plan': reason(
    'This is not a plan',
    '`{path}` is JSON of something else: {what}.',
    'Give the file that `terraform plan -out=…` wrote.',
  ),
  'plan-format-unknown': reason(
    'The format of the plan is not known',
    '`{path}` has the format version {version}, and only versions 0 and 1 are known.',
    'Update Countersign, or use a version of Terraform or OpenTofu that writes a known format.',
  ),
  'plan-shape-unknown': reason(
    'The plan has an unknown form',
    '`{path}` cannot be read as a plan at {where}.',
    'Give the file that `terraform plan -out=…` wrote; if you did, report it.',
  ),
  'plan-errored': reason(
    'The plan ended with errors',
    '`{path}` is the plan of a run that failed, so it does not hold everything that would change.',
    'Mend what failed and plan again.',
  ),
  'plan-too-large': reason(
    'The plan is too large to read',
    'The JSON of `{path}` is larger than {most} megabytes.',
    'Split the configuration, or plan it in parts.',
  ),
  'plan-tool-missing': reason(
    'Neither Terraform nor OpenTofu is here',
    'To read `{path}` this job needs `terraform` or `tofu` on its path.',
    'Set up the version that made the plan before this step.',
  ),
  'plan-show-failed': reason(
    'The plan file cannot be shown',
    '`{tool} show -json` failed for `{path}`: {what}.',
    'Set up the version that made the plan, run `init` in `working-directory` before this step, and see the log above.',
  ),
  'plan-show-timeout': reason(
    'Showing the plan takes too long',
    '`{tool} show -json` did not end within {seconds} seconds for `{path}`.',
    'See what the providers wait for; the plan itself needs no network to be shown.',
  ),
  'propose-from-fork': reason(
    'A fork cannot propose',
    'The pull request comes from another repository, and its jobs can neither ask nor be let go.',
    'Let a maintainer bring the change onto a branch of this repository.',
  ),
  'propose-without-checks': reason(
    'The job may not write a check run',
    'Without the App a proposal is published as a check run, and GitHub refused it.',
    'Give the job `permissions: checks: write`.',
  ),
  proposed: reason('Proposed', 'What would run was handed in for `{environment}`.', 'Nothing to do.'),
} as const;
