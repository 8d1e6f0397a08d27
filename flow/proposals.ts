import { renderJson } from '../core/evidence/strict-json.ts';
import { utf8 } from '../core/evidence/bytes.ts';
import type { Sha256 } from '../core/evidence/bytes.ts';
import type { RepositoryRef, RunFacts } from '../core/facts.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import { canonicalJson } from '../core/gate/request-digest.ts';
import type { DocumentStore } from '../core/ports.ts';
import { proposalsDigest } from '../core/proposal.ts';
import type { Proposal } from '../core/proposal.ts';
import type { DeploymentRequest } from '../core/request.ts';
import type { Review } from '../core/review.ts';
import { load } from './state.ts';
import type { GateState, Stored } from './state.ts';

/** What jobs of a run say that they will run: kept until its gate is judged, and then part of what is asked (C42). */

/** Of one environment and attempt: as many as its reviewers can be asked to read. */
const PROPOSALS_MAX = 20;

/** All of them stand in one facts file, as it is printed there, which has to fit into a commit of the evidence branch with others. */
const PROPOSALS_BYTES = 256 * 1024;

/** Every change is a request of its own, with records: a job that changes its mind for ever must not fill the log. */
const CHANGES_MAX = 60;

export interface ProposalPlace {
  readonly runId: number;
  readonly attempt: number;
  /** Lower case. */
  readonly environment: string;
}

export function placeKey({ runId, attempt, environment }: ProposalPlace): string {
  return `${runId}/${attempt}/${environment}`;
}

/**
 * What would run at a gate, with the version of this attempt's own document. An attempt starts from what the one before it
 * ended with: "re-run failed jobs" repeats some plan jobs or none, and the others' plans are run as they are. So whatever was
 * proposed stands until it is proposed anew, and all of it is asked for again: never less is shown than can run (C45).
 */
export async function proposalsFor(
  documents: DocumentStore,
  ref: RepositoryRef,
  place: ProposalPlace,
): Promise<Stored<'proposals'>> {
  const own = await load(documents, ref, 'proposals', placeKey(place));
  const version = own?.version ?? 0;
  if (place.attempt === 1 || (own !== null && own.body.length > 0)) return { body: own?.body ?? [], version };
  const before = await proposalsFor(documents, ref, { ...place, attempt: place.attempt - 1 });
  return { body: before.body, version };
}

/**
 * What stands with one proposal more; one that names the same things takes the place of the older one.
 *
 * @param stored as `proposalsFor` answers it
 * @param proposal of the requesting side; parsed
 */
export function withProposal(
  stored: Stored<'proposals'>,
  proposal: Proposal,
):
  | { readonly kind: 'kept'; readonly next: Stored<'proposals'>; readonly isChanged: boolean }
  | { readonly kind: 'full'; readonly because: Because } {
  const cleaned = withoutAddresses(proposal);
  const name = nameOf(cleaned);
  const known = stored.body;
  const isThere = known.some((each) => nameOf(each) === name);
  const body = isThere ? known.map((each) => (nameOf(each) === name ? cleaned : each)) : [...known, cleaned];
  const isChanged = canonicalJson(body) !== canonicalJson(known);
  const isWorn = isChanged && stored.version >= CHANGES_MAX;
  if (isWorn || body.length > PROPOSALS_MAX || utf8(renderJson(body)).length > PROPOSALS_BYTES) {
    return { kind: 'full', because: because('proposals-too-many', {}) };
  }
  return { kind: 'kept', next: { body, version: stored.version }, isChanged };
}

/** Two proposals are about the same when they name the same things. */
function nameOf({ subjects }: Proposal): string {
  return canonicalJson(subjects.map(({ kind, name }) => canonicalJson([kind, name])).toSorted());
}

const MAIL_ADDRESS = /[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+/g;

/**
 * Mail addresses have no place in evidence (C112). What stands for one is shorter than any. Names of subjects stay as they
 * are: they are compared letter by letter with what runs.
 */
function withoutAddresses(proposal: Proposal): Proposal {
  const clean = (text: string): string => text.replaceAll(MAIL_ADDRESS, '(@)');
  return {
    ...proposal,
    reason: clean(proposal.reason),
    findings: proposal.findings.map((finding) => ({
      ...finding,
      where: clean(finding.where),
      why: clean(finding.why),
    })),
  };
}

/** The part of a request that says what would run. */
export function whatRuns(
  run: Pick<RunFacts, 'path' | 'calledWorkflows'>,
  proposals: readonly Proposal[],
  sha256: Sha256,
): Pick<DeploymentRequest, 'proposalsDigest' | 'workflow'> {
  return {
    proposalsDigest: proposals.length === 0 ? null : proposalsDigest(proposals, sha256),
    workflow: { path: run.path, called: run.calledWorkflows },
  };
}

/**
 * What the request says would run, as one text to compare. An answer that binds no digest counts for what would run when it
 * was given, so it is void once this changes (invariant 4).
 */
export function wouldRun(request: Pick<DeploymentRequest, 'proposalsDigest' | 'workflow'>): string {
  const { workflow } = request;
  return canonicalJson([
    request.proposalsDigest,
    workflow.path,
    workflow.called.map(({ path, sha }) => canonicalJson([path, sha])).toSorted(),
  ]);
}

/**
 * Whether an answer that is there now was given to something else than what would run. Answers at the prompt are those of this
 * opening, so only what it has asked itself can have been something else.
 */
export function isToSomethingElse(
  { channel }: Pick<Review, 'channel'>,
  gate: Partial<Pick<GateState, 'requestDigest' | 'wouldRun'>>,
  request: Pick<DeploymentRequest, 'proposalsDigest' | 'workflow'>,
): boolean {
  const isAsked = channel !== 'deployment-prompt' || (gate.requestDigest ?? null) !== null;
  const asked = gate.wouldRun ?? null;
  return isAsked && asked !== null && asked !== wouldRun(request);
}
