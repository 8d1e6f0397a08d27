import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openGitStore } from '../../../adapters/git-store/open-git-store.ts';
import { GitClone } from '../../../adapters/git/git-clone.ts';
import { serveRepository } from '../evidence-branch/git-bench.ts';
import { recordsSuite } from './store-suite.ts';

const clock = { now: () => Date.UTC(2026, 10, 21) };

recordsSuite('a ref of a git repository', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  const url = join(folder, 'remote.git');
  serveRepository(url);
  let clones = 0;
  return {
    open: () => {
      clones += 1;
      const own = join(folder, `clone-${clones}`);
      mkdirSync(own);
      return openGitStore({
        clone: new GitClone(own, { url, token: null }, clock),
        ref: 'refs/countersign/log',
        owner: 'github.com/2',
        key: new Uint8Array(32).fill(1),
        clock,
        wait: () => Promise.resolve(),
        random: () => 0,
        patienceMs: 1,
        push: 'each',
      });
    },
    dispose: async () => {
      await Promise.resolve();
      rmSync(folder, { recursive: true });
    },
  };
});
