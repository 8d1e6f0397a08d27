import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';

/**
 * A new folder of this job alone, where the runner wants such things; the caller removes it.
 * @param purpose part of its name
 * @throws {ActionFailure} `runner-context-unusable` where nothing can be written
 */
export async function makeTemporaryFolder(env: NodeJS.ProcessEnv, purpose: string): Promise<string> {
  try {
    return await mkdtemp(join(env['RUNNER_TEMP'] || tmpdir(), `countersign-${purpose}-`));
  } catch {
    throw new ActionFailure(because('runner-context-unusable', { what: 'no folder can be made in RUNNER_TEMP' }));
  }
}
