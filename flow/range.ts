import { GateError } from '../core/errors.ts';
import type { ChangedFile, CommitFacts, RepositoryRef, RunFacts } from '../core/facts.ts';
import type { Policy } from '../core/policy/schema.ts';
import type { ReadPorts } from '../core/ports.ts';
import type { RangeKind } from '../core/request.ts';
import { load } from './state.ts';

/** What a deployment contains (docs/design.md 4.3). */
export interface Range {
  readonly kind: RangeKind;
  readonly baseSha: string | null;
  readonly commits: readonly CommitFacts[];
  readonly files: readonly ChangedFile[];
  /** false: everything counts as touched. */
  readonly filesComplete: boolean;
  /** Why the list of commits is not the whole truth; each makes the change at least `suspected`. */
  readonly incomplete: readonly string[];
}

/**
 * Finds the range from the SHA that this log last released for the environment with outcome success, other than the
 * deployed one: a re-deployment is judged like the deployment that it repeats, so that nobody who wrote it may release it
 * the second time. GitHub's list of deployments is never asked: whoever has `deployments: write` can invent a success.
 */
export async function findRange(
  ports: ReadPorts,
  ref: RepositoryRef,
  run: RunFacts,
  environment: string,
  policy: Policy | null,
): Promise<Range> {
  const headOnly = async (kind: RangeKind, baseSha: string | null, incomplete: readonly string[]): Promise<Range> => ({
    kind,
    baseSha,
    commits: await ports.forge.commits(ref, [run.headSha]),
    files: [],
    filesComplete: false,
    incomplete,
  });

  // A fork's commits are nobody's here: neither its people nor its branches can be asked.
  if (run.headRepositoryId !== ref.id) {
    return {
      kind: 'fork',
      baseSha: null,
      commits: [],
      files: [],
      filesComplete: false,
      incomplete: ['head-is-a-fork'],
    };
  }
  const successes = (await load(ports.documents, ref, 'environment', environment))?.body ?? [];
  const baseSha = successes.find((sha) => sha !== run.headSha) ?? policy?.baselines?.[environment] ?? null;
  if (baseSha === null) return headOnly('baseline', null, ['baseline']);

  const comparison = await ports.forge.compare(ref, baseSha, run.headSha);
  if (comparison === null) return headOnly('diverged', baseSha, ['base-unreachable']);
  switch (comparison.status) {
    case 'behind':
      return headOnly('rollback', baseSha, []);
    case 'identical':
      // Only possible for a declared baseline that is deployed itself: nothing was released before it.
      return headOnly('baseline', baseSha, ['baseline']);
    case 'ahead':
    case 'diverged': {
      if (comparison.commits.length === 0)
        throw new GateError('ERR_FORGE_SHAPE', 'a comparison that is ahead lists no commit');
      const incomplete = [
        ...(comparison.status === 'diverged' ? ['range-diverged'] : []),
        ...(comparison.truncated ? ['range-truncated'] : []),
      ];
      return {
        kind: comparison.status === 'diverged' ? 'diverged' : comparison.truncated ? 'truncated' : 'range',
        baseSha,
        commits: await ports.forge.commits(ref, comparison.commits),
        files: comparison.files,
        filesComplete: comparison.filesComplete && comparison.status === 'ahead' && !comparison.truncated,
        incomplete,
      };
    }
  }
}
