import type { Account } from '../core/actors/account.ts';
import type { RepositoryRef } from '../core/facts.ts';
import { explainPerson } from '../core/gate/explain-person.ts';
import { explain, REASONS } from '../core/gate/reasons.ts';
import type { ReadPorts } from '../core/ports.ts';
import { eligibilityContext } from './evaluate.ts';
import { judgePullRequest } from './judge-pull-request.ts';
import { authorityOf } from './people.ts';
import type { PullState } from './state.ts';

/**
 * "Why may I not approve?", answered for whoever asks below a pull request: the sentence by which an answer of theirs would
 * be judged now, and what can be done about it. Plain text, to be escaped.
 *
 * @param asker as the webhook named them; what they may do is asked of GitHub
 */
export async function explainAsker(
  ports: ReadPorts,
  ref: RepositoryRef,
  number: number,
  asker: Account,
  known: Pick<PullState, 'signals' | 'people'>,
): Promise<string> {
  const repository = await ports.forge.repository(ref);
  const pull = await ports.forge.pullRequest(ref, number);
  const { scoped, evaluation } = await judgePullRequest(ports, repository, pull, known);
  const context = eligibilityContext(evaluation);
  const isHeld = scoped && pull.state === 'open' && evaluation.decision.kind === 'hold';
  const seats = isHeld ? context.seats : [];
  const authority = seats.length === 0 ? null : await authorityOf(ports, ref, asker, seats);
  const { because } = explainPerson(asker, authority, { ...context, seats });
  return `${explain(because)} ${REASONS[because.code].wayOut}`;
}
