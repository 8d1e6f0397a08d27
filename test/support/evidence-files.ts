import { execFileSync } from 'node:child_process';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { evidenceBranch } from './evidence-repository.ts';

/** Every file of a repository's evidence branch, read by git itself: path to exact bytes. */
export function evidenceFiles(sandbox: Sandbox, repo: string, ref = evidenceBranch): Map<string, Uint8Array> {
  const git = (args: readonly string[], input = ''): Buffer =>
    execFileSync('git', ['--git-dir', sandbox.gitDir(repo), ...args], { input, maxBuffer: 1 << 28 });
  const paths = git(['ls-tree', '-r', '-z', '--name-only', ref])
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '');
  const answer = git(['cat-file', '--batch'], paths.map((path) => `${ref}:${path}\n`).join(''));
  const files = new Map<string, Uint8Array>();
  let at = 0;
  for (const path of paths) {
    const line = answer.indexOf('\n', at);
    const size = Number(answer.toString('utf8', at, line).split(' ')[2]);
    files.set(path, Uint8Array.from(answer.subarray(line + 1, line + 1 + size)));
    at = line + 1 + size + 1;
  }
  return files;
}

/** All of it as one text: what must never stand in the log is searched for here. */
export function evidenceText(sandbox: Sandbox, repo: string): string {
  return [...evidenceFiles(sandbox, repo)]
    .map(([path, bytes]) => `${path}\n${Buffer.from(bytes).toString('utf8')}`)
    .join('\n');
}
