import { fromUtf8 } from '../core/evidence/bytes.ts';
import { buildReviewStatement } from '../core/evidence/people/review-statement.ts';
import { REVIEW_NAMESPACE } from '../core/evidence/people/ssh-signature.ts';
import type { Evaluation, Outlook } from './evaluate.ts';
import { listed } from './markdown.ts';

const SIGNERS_SHOWN = 20;

function openSeats({ decision }: Evaluation) {
  return decision.seats.filter(({ filledBy }) => filledBy === null).map(({ seat }) => seat);
}

/** How to approve, for the check; `short` for a status report, which has no room for commands. */
export function howToApprove(evaluation: Evaluation): { readonly long: string; readonly short: string } {
  const { code, request } = evaluation;
  const open = openSeats(evaluation);
  if (
    open.length > 0 &&
    open.every(({ assurance, sparesAdministrators }) => assurance === 'human-signed' && sparesAdministrators !== true)
  ) {
    return {
      long: `Code of this request: \`${code}\`. Every open seat asks for a signature: a review, a button or GitHub's deployment prompt fills none of them.`,
      short: 'How: every open seat asks for a signature; the check run shows the commands that make it',
    };
  }
  const review =
    request.kind === 'deployment'
      ? `by a review of the pull request whose first line is \`/countersign approve ${code}\``
      : 'by a review of the pull request';
  return {
    long: `Code of this request: \`${code}\`. Approve ${review}, at GitHub's deployment prompt, by the button of this check, or by the comment \`/countersign approve ${code}\`.`,
    short: `How: the button of the check run, GitHub's deployment prompt, or the comment /countersign approve ${code}`,
  };
}

/**
 * How a person signs: commands that write the review statement, sign it with a security key and print the whole comment.
 * Nothing in them is the requesting side's text: ids, digests and the host only.
 */
export function signingSection(evaluation: Evaluation, { people }: Outlook): readonly string[] {
  if (!openSeats(evaluation).some(({ assurance }) => assurance === 'human-signed')) return [];
  const { digest, code, request, shownSigners: signers } = evaluation;
  const able = people.filter(({ id }) => signers.has(id));
  const [first] = able;
  const statement = buildReviewStatement({
    repository: request.repository,
    requestDigest: digest,
    verdict: 'approve',
    // No account has it: the shell puts the person's own there.
    reviewerId: 0,
    reasonCommitment: null,
    nonce: '$(openssl rand -hex 16)',
  });
  const template = (fromUtf8(statement) ?? '').replace('"id": 0\n', '"id": $reviewer\n');
  const commands = [
    `reviewer=${first?.id ?? ''} # the id of your account`,
    'key=~/.ssh/id_ed25519_sk # the security key that the policy names for you',
    `cd "$(mktemp -d)" && cat >review.json <<END\n${template}END`,
    `ssh-keygen -Y sign -n ${REVIEW_NAMESPACE} -f "$key" review.json`,
    `printf '%s\\n' '/countersign approve ${code}' '\`\`\`' && cat review.json review.json.sig && echo '\`\`\`'`,
  ];
  return [
    [
      '### Sign it',
      'A seat asks for `human-signed`: a signature by your hardware security key, because an agent that holds your GitHub ' +
        'session can press a button in your name, and cannot touch your key. Run these commands, touch the key, and send ' +
        'all that they print as a comment. `review.json` is all that you sign. Sign it only with the commands of this ' +
        'check: what names the request is its digest.',
      `Account ids: ${
        listed(
          able.map(({ login, id }) => `${login} ${id}`),
          SIGNERS_SHOWN,
        ) || 'nobody who could fill the seat has a key in the policy'
      }.`,
      `~~~bash\n${commands.join('\n')}\n~~~`,
    ].join('\n\n'),
  ];
}
