import type { Account } from '../../core/actors/account.ts';
import type { RepositoryFacts } from '../../core/facts.ts';
import type { Because } from '../../core/gate/decision.ts';
import type { PersonExplained } from '../../core/gate/explain-person.ts';
import { explain } from '../../core/gate/reasons.ts';
import { tellRelease } from '../../core/gate/tell-releasers.ts';
import type { HeldNow, LookedUp } from '../../flow/look-up.ts';

/** Everything that was found, with the sentences that the text shows. */
export function whoJson({ ref }: RepositoryFacts, found: LookedUp): string {
  const { asked, headSha, policy, gathered, held, people, notes, unread } = found;
  const { parties, classification } = gathered;
  const { state } = policy;
  return printableJson({
    ok: unread.length === 0,
    repository: { host: ref.host, id: ref.id, name: `${ref.owner}/${ref.name}` },
    asked,
    headSha,
    policy:
      state.kind === 'in-force'
        ? { kind: state.kind, source: state.source, commit: state.commitSha, digest: state.digest }
        : { kind: state.kind },
    conclusion: classification,
    parties: parties.all.map(({ account, roles }) => ({ ...accountOf(account), roles })),
    unknown: parties.unknown,
    commitsOfNobody: parties.unattributed,
    commits: gathered.change.commits.map(({ sha }) => sha),
    incomplete: gathered.change.incomplete,
    held: held.map(heldOf),
    people: people.map(personOf),
    notes,
    unread,
  });
}

function heldOf({ environment, evaluation, releasers, people }: HeldNow) {
  const { decision, requirement } = evaluation;
  return {
    environment,
    decision: decision.kind,
    because: decision.because.map(told),
    rules: requirement?.rules ?? [],
    seats: decision.seats.map(({ seat, filledBy }) => ({
      id: seat.id,
      group: seat.source.group,
      rules: seat.rules,
      filledBy: filledBy === null ? null : accountOf(filledBy.reviewer),
    })),
    reviews: decision.reviews.map(({ review, counts, because }) => ({
      reviewer: accountOf(review.reviewer),
      channel: review.channel,
      verdict: review.verdict,
      counts,
      because: told(because),
    })),
    release:
      releasers === null
        ? null
        : {
            needed: releasers.needed,
            text: tellRelease(decision, releasers, ({ login }) => login),
            seats: releasers.seats.map((open) => ({ ...open, people: open.people.map(accountOf) })),
            sets: releasers.sets.map((set) => set.map(accountOf)),
            moreSets: releasers.moreSets,
          },
    people: people.map(personOf),
  };
}

function personOf({ account, paths, seats, because }: PersonExplained) {
  return { ...accountOf(account), excluded: paths.length > 0, paths, seats, because: told(because) };
}

function told(because: Because) {
  return { code: because.code, params: because.params, text: explain(because) };
}

function accountOf({ id, login, type }: Account) {
  return { id, login, type };
}

/** JSON that is safe on a terminal: what would hide or repaint there is escaped, as JSON itself does with most of it. */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replaceAll(/(?!\n)\p{C}/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
  return `${text}\n`;
}
