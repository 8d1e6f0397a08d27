import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { parseVerifierKey } from '../../core/evidence/notes/signed-note.ts';

const program = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'countersign-keygen-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function keygen(...args: readonly string[]): {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'keygen', ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, output: stdout, errors: stderr };
}

describe('countersign keygen', () => {
  test.each([
    ['ed25519', [], 'ED25519 Private-Key', 44],
    ['ed25519 by name', ['--algorithm', 'ed25519'], 'ED25519 Private-Key', 44],
    ['p256', ['--algorithm', 'p256'], 'ASN1 OID: prime256v1', 124],
  ])(
    'makes two %s keys that the App reads and OpenSSL knows, and prints their public halves',
    (what, args, kind, length) => {
      const file = join(folder, `${what}.pem`);
      const { status, output } = keygen(...args, '--out', file);
      expect(status).toBe(0);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const pem = readFileSync(file, 'utf8');
      expect(loadSigningKeys(pem).ok).toBe(true);
      const blocks = pem.split(/(?=-----BEGIN)/);
      expect(new Set(blocks).size).toBe(2);
      for (const block of blocks) {
        expect(execFileSync('openssl', ['pkey', '-text', '-noout'], { input: block, encoding: 'utf8' })).toContain(
          kind,
        );
      }
      const printed = [...output.matchAll(/public: (\S+)$/gm)].map(([, text = '']) => text);
      const derived = blocks.map((block) =>
        execFileSync('openssl', ['pkey', '-pubout', '-outform', 'DER'], { input: block }),
      );
      expect(printed.map((text) => text.length)).toEqual([length, length]);
      for (const [at, text] of printed.entries())
        expect(derived[at]?.toString('base64').endsWith(text.slice(-40))).toBe(true);
      expect(output).not.toContain('PRIVATE');
    },
  );

  test('prints the verifier key of a log that is to be written, and takes no name that is none', () => {
    const { output } = keygen('--out', 'alone.pem', '--log', 'github.com/1/987654321/1');
    const [, line = ''] = /verifier key of \S+: (\S+)$/m.exec(output) ?? [];
    const printed = parseVerifierKey(line, sha256);
    const keys = loadSigningKeys(readFileSync(join(folder, 'alone.pem'), 'utf8'));
    expect(printed.ok && printed.value.name).toBe('github.com/1/987654321/1');
    expect(printed.ok && printed.value.key).toEqual(keys.ok && keys.value.checkpoint.publicKey);
    expect(output).toContain('the secret COUNTERSIGN_SIGNING_KEY');
    expect(output).not.toContain('the App');
    expect(keygen('--out', 'none.pem', '--log', 'acme/shop').status).toBe(2);
    expect(existsSync(join(folder, 'none.pem'))).toBe(false);
  });

  test('says how a log goes over to new keys', () => {
    expect(keygen('--out', 'rotation.pem').output).toContain('COUNTERSIGN_PREVIOUS_SIGNING_KEY_PATH');
  });

  test.each(['secp256k1', 'rsa', ''])('makes no %j keys and no file', (algorithm) => {
    const { status, output, errors } = keygen('--algorithm', algorithm, '--out', 'none.pem');
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toMatch(/^countersign: --algorithm is ed25519 or p256/);
    expect(existsSync(join(folder, 'none.pem'))).toBe(false);
  });
});
