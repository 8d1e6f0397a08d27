import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { sha256, sha512, verify } from '../adapters/signing/node-crypto.ts';
import { checkChunk, readChunk } from '../core/evidence/verify/check-chunk.ts';
import type { ChunkReport, ChunkTask } from '../core/evidence/verify/check-chunk.ts';
import type { Register } from '../core/evidence/verify/register.ts';
import { isObject } from '../core/evidence/strict-json.ts';
import { folderSource } from './folder-source.ts';
import { openGitCommit } from './git-source.ts';
import { isUnreadable } from './usage-error.ts';

/*
 * The other end of a pool's thread. This file starts itself as a thread, because the released CLI is one file: there
 * `import.meta.url` is the whole bundle, and `cli/main.ts` does nothing in a thread.
 */

/** Where the log is; each thread opens it for itself. */
export type SourcePlace =
  | { readonly kind: 'git'; readonly gitDir: string; readonly commit: string }
  | { readonly kind: 'folder'; readonly root: string };

/** One chunk to check. The register comes with the first one and stays. */
export interface CheckRequest {
  readonly number: number;
  readonly task: ChunkTask;
  readonly register: Register | null;
}

export type CheckAnswer =
  | { readonly number: number; readonly report: ChunkReport }
  /** It was not checked. `isUnreadable`: the files cannot be read; otherwise the check itself failed. */
  | { readonly number: number; readonly failure: string; readonly isUnreadable: boolean };

const ROLE = 'countersign: check chunks';

/** Is this a thread of a pool? Then there is no command line to run. */
export const isCheckWorker = !isMainThread && isObject(workerData) && workerData['role'] === ROLE;

/** The young generation, of which by default three times 16 MB are kept, is what a thread's memory mostly is. */
const LIMITS = { maxYoungGenerationSizeMb: 24 };

export function startCheckWorker(place: SourcePlace): Worker {
  return new Worker(new URL(import.meta.url), { workerData: { role: ROLE, place }, resourceLimits: LIMITS });
}

if (isCheckWorker) serve(workerData.place);

function serve(place: SourcePlace): void {
  const source = place.kind === 'git' ? openGitCommit(place.gitDir, place.commit) : folderSource(place.root);
  let known: Register | null = null;
  parentPort?.on('message', (request: CheckRequest) => {
    known = request.register ?? known;
    void answer(request, known).then((given) => parentPort?.postMessage(given, []));
  });

  async function answer({ number, task }: CheckRequest, register: Register | null): Promise<CheckAnswer> {
    try {
      if (register === null) throw new TypeError('there is no register to check against');
      const files = await readChunk(task, (path, id) => source.read(path, id));
      return { number, report: await checkChunk(task, files, register, { sha256, sha512, verify }) };
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      return { number, failure, isUnreadable: isUnreadable(error) };
    }
  }
}
