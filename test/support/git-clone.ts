import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Stage } from './stage.ts';

/** A clone in which a person works with git itself; not in this thread, because the sandbox, which serves it, lives in it. */
export interface GitClone {
  /** Runs git in the clone and answers what it printed. */
  git(...args: readonly string[]): Promise<string>;
  close(): void;
}

export async function cloneAs(stage: Stage, login: string): Promise<GitClone> {
  const { token, email } = stage.sandbox.user(login);
  const url = new URL(stage.sandbox.cloneUrl(stage.repo));
  url.username = login;
  url.password = token;
  const folder = mkdtempSync(join(tmpdir(), 'countersign-clone-'));
  const person = { name: login, email };
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: person.name,
    GIT_AUTHOR_EMAIL: person.email,
    GIT_COMMITTER_NAME: person.name,
    GIT_COMMITTER_EMAIL: person.email,
    GIT_EDITOR: 'true',
  };
  const run = async (cwd: string, args: readonly string[]): Promise<string> =>
    (await promisify(execFile)('git', [...args], { cwd, env, encoding: 'utf8' })).stdout.trim();
  await run(tmpdir(), ['clone', '--quiet', url.href, folder]);
  return {
    git: async (...args) => {
      // Who cherry-picks keeps the author of what is picked.
      const out = await run(folder, args);
      await stage.settle();
      return out;
    },
    close: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
