import { GateError } from '../../core/errors.ts';
import { utf8 } from '../../core/evidence/bytes.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { Because } from '../../core/gate/decision.ts';
import { because } from '../../core/gate/reasons.ts';
import type { Clock, DocumentStore, DocumentWrite, ForgeReader } from '../../core/ports.ts';
import type { Proposal } from '../../core/proposal.ts';
import type { TokenStore } from '../../core/token-store.ts';
import { taskJob } from '../../flow/enqueue-task.ts';
import { placeKey, proposalsFor, withProposal } from '../../flow/proposals.ts';
import type { ProposalPlace } from '../../flow/proposals.ts';
import { load, save, writeOf } from '../../flow/state.ts';
import type { Stored } from '../../flow/state.ts';
import { withProposed } from '../../flow/told.ts';
import type { CallingJob } from './verify-token.ts';

export interface TakingParts {
  readonly documents: DocumentStore;
  readonly tokens: TokenStore;
  readonly clock: Clock;
  readonly forge: () => Promise<Pick<ForgeReader, 'environmentApps'>>;
  /** Of this App. */
  readonly appId: number;
}

export interface NotTaken {
  readonly kind: 'refused';
  readonly status: 401 | 409;
  readonly because: Because;
}

export type Taken = { readonly kind: 'taken' } | NotTaken;

/** Keeps a proposal and queues a look at its run, so that what is asked is asked anew. The same one again changes nothing. */
export async function takeProposal(
  parts: TakingParts,
  ref: RepositoryRef,
  job: CallingJob,
  proposal: Proposal,
): Promise<Taken> {
  const { documents } = parts;
  // Only an administrator enables a rule: names that a job invents are kept nowhere.
  const apps = await (await parts.forge()).environmentApps(ref, proposal.environment);
  if (!apps.includes(parts.appId)) {
    return { kind: 'refused', status: 409, because: because('proposal-without-rule', {}) };
  }
  const place = { runId: job.runId, attempt: job.attempt, environment: proposal.environment };
  const key = placeKey(place);
  let before: Stored<'proposals'> = { body: [], version: 0 };
  let isChanged = true;
  const taken = await spendOn(parts, ref, job, async () => {
    before = await proposalsFor(documents, ref, place);
    const added = withProposal(before, proposal);
    if (added.kind === 'full') return { kind: 'refused', status: 409, because: added.because };
    isChanged = added.isChanged;
    if (isChanged && (await isLetGo(documents, ref, place))) return tooLate();
    const write = writeOf(ref, 'proposals', key, added.next);
    const told = await withProposed(documents, ref, place, utf8(write.body).length, parts.clock.now());
    if (told.kind === 'full') return { kind: 'refused', status: 409, because: told.because };
    return { writes: [write, writeOf(ref, 'told', String(place.runId), told.next)] };
  });
  // Asked again afterwards: a release looks at the proposals once it is about to answer, so one of the two sees the other.
  if (taken.kind !== 'taken' || !isChanged || !(await isLetGo(documents, ref, place))) return taken;
  await putBack(documents, ref, key, before);
  return tooLate();
}

/** Our answer to GitHub is out, or may be. What it lets go is what was proposed before. */
async function isLetGo(documents: DocumentStore, ref: RepositoryRef, place: ProposalPlace): Promise<boolean> {
  const gates = (await load(documents, ref, 'run', String(place.runId)))?.body.gates ?? [];
  return gates.some(
    (gate) =>
      gate.attempt === place.attempt &&
      gate.environment === place.environment &&
      (gate.authorisation?.posted === true || gate.released !== null),
  );
}

/** Should another proposal have come in between, ours stays in the list: then it is asked for at the next opening, openly. */
async function putBack(
  documents: DocumentStore,
  ref: RepositoryRef,
  key: string,
  { body, version }: Stored<'proposals'>,
): Promise<void> {
  await save(documents, ref, 'proposals', key, { body, version: version + 1 }).catch(ignoreConflict);
}

type Prepared = { readonly writes: readonly DocumentWrite[] } | NotTaken;

/** Replicas of this process and jobs of a matrix write the same documents. */
const MAX_TRIES = 40;

/**
 * Spends the token on writes and a look at the run, all in one transaction. `prepare` reads what is stored and says what to
 * write; it is asked again when somebody else was first.
 */
export async function spendOn(
  { tokens, clock }: TakingParts,
  ref: RepositoryRef,
  { runId, token }: CallingJob,
  prepare: () => Promise<Prepared>,
): Promise<Taken> {
  for (let tries = 1; ; tries += 1) {
    try {
      const prepared = await prepare();
      if ('kind' in prepared) return prepared;
      const effect = { ...prepared, job: taskJob({ kind: 'run', repository: ref, runId }) };
      const spent = await tokens.spend(token, clock.now(), effect);
      if (spent === 'done') return { kind: 'taken' };
      return { kind: 'refused', status: 401, because: because('oidc-token-used', {}) };
    } catch (error) {
      if (tries >= MAX_TRIES) throw error;
      ignoreConflict(error);
    }
  }
}

function tooLate(): NotTaken {
  return { kind: 'refused', status: 409, because: because('proposal-after-release', {}) };
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof GateError && error.code === 'ERR_STORE_CONFLICT')) throw error;
}
