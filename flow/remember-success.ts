import type { RepositoryRef } from '../core/facts.ts';
import type { Ports } from '../core/ports.ts';
import { load, save } from './state.ts';
import type { GateState } from './state.ts';

/** As many successes as a search for another SHA than the deployed one can need. */
const SUCCESSES_KEPT = 20;

/** What an environment runs now: the base that its next deployment is compared with (docs/design.md 4.3). */
export async function rememberSuccess(
  { documents }: Pick<Ports, 'documents'>,
  ref: RepositoryRef,
  { environment, headSha }: Pick<GateState, 'environment' | 'headSha'>,
): Promise<void> {
  const stored = await load(documents, ref, 'environment', environment);
  const body = stored?.body ?? [];
  if (body[0] === headSha) return;
  const next = [headSha, ...body].slice(0, SUCCESSES_KEPT);
  await save(documents, ref, 'environment', environment, { body: next, version: stored?.version ?? 0 });
}
