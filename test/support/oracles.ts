import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Programs of other people that check what we made: Go with the packages behind its checksum database, and Python with
 * securesystemslib, both as Debian packages them. Where they are not installed a test says so in one line.
 */
const oracleFolder = fileURLToPath(new URL('../oracle/', import.meta.url));
const GO_PATH = '/usr/share/gocode';
const NOTE_PACKAGE = join(GO_PATH, 'src/golang.org/x/mod/sumdb/note/note.go');
/** Debian's own, which its packages belong to; a `python3` that comes first in the path may be another. */
const PYTHON = '/usr/bin/python3';

export interface OracleAnswer {
  readonly isAccepted: boolean;
  /** What it printed, on either stream. */
  readonly output: string;
}

/** Runs the program with these arguments in a folder. */
export type Oracle = (args: readonly string[], options?: OracleOptions) => OracleAnswer;

interface OracleOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Compiles a Go program; null, and one line, where Go or a package is missing.
 * @param source a file, or a folder below test/oracle
 * @param program where the program is written to
 * @param needs a file of the package that it imports
 */
export function goOracle(source: string, program: string, needs = NOTE_PACKAGE): Oracle | null {
  const hasGo = spawnSync('go', ['version']).status === 0;
  if (!hasGo || !existsSync(needs)) {
    console.warn('oracle: golang-go and golang-golang-x-mod-dev are not installed, so no Go program checked anything');
    return null;
  }
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: GO_PATH, GOFLAGS: '', CGO_ENABLED: '0' };
  const built = spawnSync('go', ['build', '-o', program, source], { cwd: oracleFolder, env, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`go build: ${built.stderr}`);
  return (args, options) => answer(program, args, options);
}

/** A script of test/oracle under Debian's Python; null, and one line, where its library is missing. */
export function pythonOracle(script: string): Oracle | null {
  if (spawnSync(PYTHON, ['-c', 'import securesystemslib.signer, cryptography']).status !== 0) {
    console.warn('oracle: python3-securesystemslib is not installed, so no Python program checked anything');
    return null;
  }
  return (args, options) => answer(PYTHON, ['-B', join(oracleFolder, script), ...args], options);
}

function answer(program: string, args: readonly string[], { cwd, env = {} }: OracleOptions = {}): OracleAnswer {
  const result = spawnSync(program, [...args], { cwd, encoding: 'utf8', env: { PATH: process.env['PATH'], ...env } });
  if (result.error !== undefined) throw result.error;
  return { isAccepted: result.status === 0, output: `${result.stdout}${result.stderr}` };
}
