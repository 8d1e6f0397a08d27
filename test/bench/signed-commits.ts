import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Seconds that `git verify-commit` takes for one commit that is signed with an SSH key (Ed25519), which is what git itself
 * has to offer.
 * @param sample commits that are made and verified
 */
export function secondsPerSignedCommit(sample: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-commits-'));
  try {
    const key = join(folder, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const publicKey = execFileSync('ssh-keygen', ['-y', '-f', key], { encoding: 'utf8' }).trim();
    writeFileSync(join(folder, 'signers'), `bench@localhost ${publicKey}\n`);
    const settings = {
      'user.name': 'bench',
      'user.email': 'bench@localhost',
      'user.signingkey': key,
      'gpg.format': 'ssh',
      'gpg.ssh.allowedSignersFile': join(folder, 'signers'),
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const git = (...args: readonly string[]): string =>
      execFileSync('git', [...options, '-C', folder, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    git('init', '-q');
    for (let n = 0; n < sample; n += 1) git('commit', '-q', '-S', '--allow-empty', '-m', `record ${n}`);
    const commits = git('rev-list', 'HEAD').trim().split('\n');
    const begin = performance.now();
    for (const commit of commits) git('verify-commit', commit);
    return (performance.now() - begin) / 1000 / commits.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
