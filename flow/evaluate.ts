import type { Account } from '../core/actors/account.ts';
import type { RepositoryFacts } from '../core/facts.ts';
import { policyRegistry } from '../core/policy/policy-registry.ts';
import { decide } from '../core/gate/decide.ts';
import { because } from '../core/gate/reasons.ts';
import type { Because, Decision } from '../core/gate/decision.ts';
import { eligibility } from '../core/gate/eligibility.ts';
import type { EligibilityContext } from '../core/gate/eligibility.ts';
import { requestCode, requestDigest } from '../core/gate/request-digest.ts';
import { whoCouldRelease } from '../core/gate/who-could-release.ts';
import type { Person, Releasers } from '../core/gate/who-could-release.ts';
import { requirementFor } from '../core/policy/match.ts';
import type { Requirement, Seat, Subject } from '../core/policy/requirement.ts';
import type { Parties } from '../core/parties/party.ts';
import type { ReadPorts } from '../core/ports.ts';
import type { Proposal } from '../core/proposal.ts';
import type { Request } from '../core/request.ts';
import type { Authority } from '../core/review.ts';
import type { Gathered } from './gather.ts';
import { authoritiesOf, peopleFor, resolveUsers } from './people.ts';
import { policyDigestOf } from './policy-in-force.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import type { Answered } from './reviews.ts';
import { lookAtTeams, teamsToWatch } from './teams.ts';
import type { TeamSnapshot } from './teams.ts';
import { judgeSignature, signersOf } from './signed-reviews.ts';
import type { Signers } from './signed-reviews.ts';

export interface Evaluation {
  readonly repository: RepositoryFacts;
  readonly request: Request;
  readonly digest: string;
  /** What an answer binds that names the code: the request's digest, or what `EvaluationInput` says instead. */
  readonly answerDigest: string;
  readonly code: string;
  readonly gathered: Gathered;
  /** What would run, in the words of the requesting side; of a deployment only. */
  readonly proposals: readonly Proposal[];
  /** The policy in force, which records name. */
  readonly policy: PolicyInForce;
  /** The policy of what is shown: another one only where that one holds it. */
  readonly judgedBy: PolicyInForce;
  readonly requirement: Requirement | null;
  /** Teams that the seats ask for time, with their members as they were read for this decision (C28). */
  readonly memberships: readonly TeamSnapshot[];
  /** What each reviewer may do, by account id, as it was asked for this decision. */
  readonly authorities: ReadonlyMap<number, Authority>;
  readonly decision: Decision;
  /** Ids of the answers that fill the seats of every policy that was asked. */
  readonly seatReviews: readonly string[];
  /** Who may sign, and with which keys. */
  readonly signers: Signers;
  /** The same by the policy of what is shown. */
  readonly shownSigners: Signers;
}

export interface EvaluationInput {
  readonly repository: RepositoryFacts;
  /** Names the policy in force; where `policy` is another one, that judges it all the same. */
  readonly request: Request;
  /** Default: the request's own digest. */
  readonly answerDigest?: string;
  readonly gathered: Gathered;
  readonly proposals?: readonly Proposal[];
  readonly policy: PolicyInForce;
  /**
   * It is a policy of before, which nobody can mend any more: whoever it names may be gone for good. So an administrator may fill
   * its seats too, without a signature, or has to where it denied, and a team or login in it that is nobody's holds nothing
   * (invariant 2). A key that only the policy in force names signs nothing here (C25): what it signed is a plain answer.
   */
  readonly past?: {
    readonly signersNow: Signers;
    /** false: nobody here may read a team, so nobody fills a seat by one. */
    readonly hasTeams: boolean;
  };
  readonly subject: Subject;
  readonly reviews: readonly Answered[];
  /** Facts that forbid a release now. */
  readonly blocks: readonly Because[];
  /** What asks for one seat more than policy does: `baseline`, `unattributed-commit`, … */
  readonly moreSeats: readonly string[];
}

/** Judges one request with everything that is known now; reads only what reviewers may do. */
export async function evaluate(ports: ReadPorts, input: EvaluationInput): Promise<Evaluation> {
  const { repository, request, gathered, policy, subject, past } = input;
  const isPast = past !== undefined;
  const digest = requestDigest(request, ports.sha256);
  const answerDigest = input.answerDigest ?? digest;
  const required =
    policy.state.kind === 'in-force'
      ? requirementFor(policy.state.policy, subject, {
          users: await resolveUsers(ports, repository.ref, policy.state.policy),
        })
      : null;
  const requirement = required !== null && isPast ? orAdministrators(required, past.hasTeams) : required;
  const extraSeats =
    requirement === null ? [] : input.moreSeats.flatMap((rule) => oneSeatMore(requirement.seats, rule));
  const seats = [...(requirement?.seats ?? []), ...extraSeats];
  const signers = await signersOf(ports, repository.ref, policy.state);
  const answers: Answered[] = [];
  for (const answered of input.reviews) {
    const judged = await judgeSignature(ports, repository.ref, digest, signers, answered);
    const byNow =
      past === undefined || judged.voided === null
        ? judged
        : await judgeSignature(ports, repository.ref, digest, past.signersNow, answered);
    answers.push(byNow !== judged && byNow.voided === null ? attested(byNow) : judged);
  }
  const reviewers = answers.map(({ review }) => review);
  const watched = await lookAtTeams(ports, repository.ref, teamsToWatch(seats));
  const authorities = await authoritiesOf(ports, repository.ref, reviewers, seats);
  const decision = decide({
    request: { ...request, policyDigest: policyDigestOf(policy.state) },
    requestDigest: answerDigest,
    policy: policy.state,
    requirement,
    classification: gathered.classification,
    parties: isPast ? withoutUnresolved(gathered.parties) : gathered.parties,
    reviews: answers.map(({ review, voided }) => ({
      review,
      ...(voided === null ? {} : { voided }),
      authority: authorities.byId.get(review.reviewer.id) ?? null,
    })),
    blocks: [...input.blocks, ...(isPast ? [] : goneTeams([...watched.gone, ...authorities.gone]))],
    extraSeats,
  });
  return {
    repository,
    request,
    digest,
    answerDigest,
    code: requestCode(answerDigest),
    gathered,
    proposals: input.proposals ?? [],
    policy,
    judgedBy: policy,
    requirement,
    memberships: watched.snapshots,
    authorities: authorities.byId,
    decision,
    seatReviews: decision.seats.flatMap(({ filledBy }) => (filledBy === null ? [] : [filledBy.reviewId])),
    signers,
    shownSigners: signers,
  };
}

/** A team that is gone must not look like an empty one: who is in it, and whether it is meant, is for a person to say. */
function goneTeams(gone: readonly string[]): readonly Because[] {
  return [...new Set(gone)].map((team) =>
    because('policy-not-enforceable', {
      detail: `there is no team ${team} in the owner of this repository that the App may see`,
    }),
  );
}

/** Its proof is taken off with those of all answers that a policy of before judged (flow/by-both-policies.ts). */
function attested({ review, voided }: Answered): Answered {
  return { review: { ...review, assurance: 'platform-attested' }, voided };
}

/** What it denied, an administrator has to agree to: otherwise no later policy could ever allow it. */
function orAdministrators({ denials, seats, ...rest }: Requirement, hasTeams: boolean): Requirement {
  const isDenied = denials.length > 0;
  const widened = seats.map((asked): Seat => {
    const source = hasTeams ? asked.source : { ...asked.source, teams: [] };
    const seat: Seat = { ...asked, source, sparesAdministrators: true };
    const { group, minPermission } = seat.source;
    if (isDenied)
      return { ...seat, source: { group: 'an administrator', minPermission: 'admin', teams: [], userIds: [] } };
    if (minPermission !== null && asked.assurance === null) return seat;
    return {
      ...seat,
      source: { ...seat.source, group: `${group} or an administrator`, minPermission: minPermission ?? 'admin' },
    };
  });
  return { ...rest, denials: [], seats: widened };
}

/** Accounts that were found once stay declared; one that nobody ever had was nobody's second account. */
function withoutUnresolved(parties: Parties): Parties {
  return { ...parties, people: { ...parties.people, unresolved: [] } };
}

/** One more distinct person of the kind that the first seat already asks for. */
function oneSeatMore(seats: readonly Seat[], rule: string): readonly Seat[] {
  const [first] = seats;
  return first === undefined ? [] : [{ ...first, id: `${rule}/1`, rules: [rule] }];
}

/** What everybody is judged by who answers, or who asks whether they may. */
export function eligibilityContext({ decision, gathered, judgedBy: policy }: Evaluation): EligibilityContext {
  return {
    parties: gathered.parties,
    seats: decision.seats.map(({ seat }) => seat),
    machines: policyRegistry(policy.state.kind === 'in-force' ? policy.state.policy : null),
    sighted: gathered.classification,
  };
}

export interface Outlook {
  /** Who could fill a seat now and has not agreed yet. */
  readonly people: readonly Account[];
  /** false: the seats can never be filled as things stand, and the screen says so at once (invariant 2). */
  readonly possible: boolean;
  /** null: there is no seat to fill. */
  readonly releasers: Releasers | null;
  /** Who could fill a seat but for being too new in a team. */
  readonly fresh: readonly { readonly account: Account; readonly because: Because }[];
  /** Everyone who may write or is in a team that a seat names. */
  readonly known: readonly Person[];
}

/** Nothing is asked of anybody: it is released. */
export const NOTHING_ASKED: Outlook = { people: [], possible: true, releasers: null, fresh: [], known: [] };

/** Looks at who could release a held request: for the screen, for asking reviewers, and to find a dead end early. */
export async function outlook(ports: ReadPorts, evaluation: Evaluation): Promise<Outlook> {
  const { decision, authorities, repository, judgedBy: policy, shownSigners: signers } = evaluation;
  const context = eligibilityContext(evaluation);
  if (context.seats.length === 0) return { people: [], possible: false, releasers: null, fresh: [], known: [] };
  const inForce = policy.state.kind === 'in-force' ? policy.state.policy : null;
  const people = await peopleFor(ports, repository.ref, context.seats, inForce);
  const known = people.map((each) => ({ ...each, canSign: signers.has(each.account.id) }));
  const given = decision.reviews.flatMap(({ review, counts, because }) => {
    const authority = authorities.get(review.reviewer.id);
    // What somebody approved by another account too may seat them elsewhere and so make room.
    const isValid = counts || because.code === 'second-account-same-person';
    if (!isValid || review.verdict !== 'approve' || authority === undefined) return [];
    return [{ reviewer: review.reviewer, reviewId: review.id, authority, assurance: review.assurance }];
  });
  const releasers = whoCouldRelease(given, known, context);
  return {
    people: releasers.eligible,
    possible: releasers.needed === 0 || releasers.sets.length > 0,
    releasers,
    fresh: known.flatMap(({ account, authority }) => {
      const refused = eligibility(account, authority, context);
      return refused?.code === 'membership-too-fresh' ? [{ account, because: refused }] : [];
    }),
    known,
  };
}
