import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { armour } from './software-ssh-key.ts';

const PERSON = 'reviewer';

/** OpenSSH itself, as a second opinion. */
export interface SshKeygen {
  /** Makes a key; answers its line as in an authorized_keys file, without comment. */
  generate(name: string, args: readonly string[]): string;
  /** The armoured signature of `ssh-keygen -Y sign`. */
  sign(name: string, namespace: string, message: Uint8Array, options?: readonly string[]): string;
  /** Does `ssh-keygen -Y verify` take this blob for a signature by the key of that line? */
  accepts(line: string, namespace: string, message: Uint8Array, blob: Uint8Array): boolean;
  /** Where the private key of that name lies. */
  path(name: string): string;
  close(): void;
}

/** Whether this machine has OpenSSH. */
export function hasSshKeygen(): boolean {
  return spawnSync('ssh-keygen', ['-?'], { stdio: 'ignore' }).error === undefined;
}

export function openSshKeygen(): SshKeygen {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-ssh-'));
  const path = (name: string): string => join(folder, name);
  const run = (args: readonly string[], input?: Uint8Array): number | null =>
    spawnSync('ssh-keygen', args, { input: input ?? '', stdio: ['pipe', 'ignore', 'ignore'] }).status;
  return {
    path,
    generate: (name, args) => {
      if (!existsSync(path(name)) && run(['-q', ...args, '-N', '', '-C', '', '-f', path(name)]) !== 0) {
        throw new Error(`ssh-keygen makes no key with ${args.join(' ')}`);
      }
      return readFileSync(path(`${name}.pub`), 'utf8').trim();
    },
    sign: (name, namespace, message, options = []) => {
      const file = path('message');
      rmSync(`${file}.sig`, { force: true });
      writeFileSync(file, message);
      if (run(['-q', '-Y', 'sign', '-f', path(name), '-n', namespace, ...options, file]) !== 0) {
        throw new Error('ssh-keygen does not sign');
      }
      return readFileSync(`${file}.sig`, 'utf8');
    },
    accepts: (line, namespace, message, blob) => {
      writeFileSync(path('allowed_signers'), `${PERSON} ${line}\n`);
      writeFileSync(path('signature'), armour(blob));
      const files = ['-f', path('allowed_signers'), '-s', path('signature')];
      return run(['-q', '-Y', 'verify', ...files, '-I', PERSON, '-n', namespace], message) === 0;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
