import { GateError } from '../core/errors.ts';
import type { ChangedFile, CommitFacts, Comparison, RepositoryRef, RunFacts } from '../core/facts.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { ReadPorts } from '../core/ports.ts';
import type { RangeKind } from '../core/request.ts';
import { load } from './state.ts';

/** The commit that is deployed, and whose it is. */
export type DeployedHead = Pick<RunFacts, 'headSha' | 'headRepositoryId'>;

/** What a deployment contains (docs/design.md 4.3). */
export interface Range extends Compared {
  /** This log released the base. One that only the policy names stands for nothing that anybody has agreed to. */
  readonly isBaseReleased: boolean;
}

interface Compared {
  readonly kind: RangeKind;
  readonly baseSha: string | null;
  readonly commits: readonly CommitFacts[];
  readonly files: readonly ChangedFile[];
  /** false: everything counts as touched. */
  readonly filesComplete: boolean;
  /** Why the list of commits is not the whole truth; each makes the change at least `suspected`. */
  readonly incomplete: readonly string[];
}

/** Older releases that are tried when the newest one is not in the repository any more. */
const BASES_MAX = 5;

/**
 * Finds the range from the SHA that this log last released for the environment with outcome success, other than the
 * deployed one: a re-deployment is judged like the deployment that it repeats, so that nobody who wrote it may release it
 * the second time. GitHub's list of deployments is never asked: whoever has `deployments: write` can invent a success.
 */
export async function findRange(
  ports: ReadPorts,
  ref: RepositoryRef,
  { headSha, headRepositoryId }: DeployedHead,
  environment: string,
  policy: Policy | null,
): Promise<Range> {
  // A fork's commits are nobody's here: neither its people nor its branches can be asked.
  if (headRepositoryId !== ref.id) {
    return {
      kind: 'fork',
      baseSha: null,
      isBaseReleased: false,
      commits: [],
      files: [],
      filesComplete: false,
      incomplete: ['head-is-a-fork'],
    };
  }
  const released = ((await load(ports.documents, ref, 'environment', environment))?.body ?? [])
    .filter((sha) => sha !== headSha)
    .slice(0, BASES_MAX);
  const declared = policy?.baselines?.[environment];
  const bases = declared === undefined ? released : [...released, declared];
  const compared = await compareWith(ports, ref, headSha, bases);
  return { ...compared, isBaseReleased: compared.baseSha !== null && released.includes(compared.baseSha) };
}

async function compareWith(
  ports: ReadPorts,
  ref: RepositoryRef,
  headSha: string,
  bases: readonly string[],
): Promise<Compared> {
  const [newest] = bases;
  if (newest === undefined) return headOnly(ports, ref, headSha, 'baseline', null, ['baseline']);

  for (const baseSha of bases) {
    const comparison = await ports.forge.compare(ref, baseSha, headSha);
    // History that was rewritten may be gone for good. From an older release the range is longer, so it misses nothing.
    if (comparison === null) continue;
    const range = await rangeFrom(ports, ref, headSha, baseSha, comparison);
    if (baseSha === newest) return range;
    // However long it is, it says nothing of what the newest release has and this has not.
    const kind = range.kind === 'range' || range.kind === 'truncated' ? 'diverged' : range.kind;
    return { ...range, kind, filesComplete: false, incomplete: [...range.incomplete, 'base-replaced'] };
  }
  return headOnly(ports, ref, headSha, 'diverged', newest, ['base-unreachable']);
}

async function rangeFrom(
  ports: ReadPorts,
  ref: RepositoryRef,
  headSha: string,
  baseSha: string,
  comparison: Comparison,
): Promise<Compared> {
  const { status, truncated } = comparison;
  if (status === 'behind') return headOnly(ports, ref, headSha, 'rollback', baseSha, []);
  // Only possible for a declared baseline that is deployed itself: nothing was released before it.
  if (status === 'identical') return headOnly(ports, ref, headSha, 'baseline', baseSha, ['baseline']);
  const isWhole = comparison.commits.includes(headSha);
  if (comparison.commits.length === 0 || (!isWhole && !truncated))
    throw new GateError('ERR_FORGE_SHAPE', 'a comparison that is ahead does not list its head');
  const listed = await ports.forge.commits(ref, comparison.commits);
  return {
    kind: status === 'diverged' ? 'diverged' : truncated ? 'truncated' : 'range',
    baseSha,
    // What is deployed is looked at, however much before it is not.
    commits: isWhole ? listed : [...listed, ...(await ports.forge.commits(ref, [headSha]))],
    files: comparison.files,
    filesComplete: comparison.filesComplete && status === 'ahead' && !truncated,
    incomplete: [...(status === 'diverged' ? ['range-diverged'] : []), ...(truncated ? ['range-truncated'] : [])],
  };
}

async function headOnly(
  ports: ReadPorts,
  ref: RepositoryRef,
  headSha: string,
  kind: RangeKind,
  baseSha: string | null,
  incomplete: readonly string[],
): Promise<Compared> {
  const commits = await ports.forge.commits(ref, [headSha]);
  return { kind, baseSha, commits, files: [], filesComplete: false, incomplete };
}
