import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../adapters/signing/node-crypto.ts';
import { toHex } from '../../../core/evidence/bytes.ts';
import { commitmentOf, opensCommitment } from '../../../core/evidence/records/commitment.ts';

const salt = Uint8Array.from({ length: 32 }, (_, at) => at);
const salts = fc.uint8Array({ minLength: 32, maxLength: 32 });
const texts = fc.string({ unit: 'grapheme' });

describe('a commitment', () => {
  test('is opened by its salt and text', () => {
    fc.assert(
      fc.property(salts, texts, (given, text) => {
        expect(opensCommitment(commitmentOf(given, text, sha256), given, text, sha256)).toBe(true);
      }),
    );
  });

  test('is opened by no other salt and by no other text', () => {
    fc.assert(
      fc.property(salts, texts, salts, texts, (given, text, other, guess) => {
        const commitment = commitmentOf(given, text, sha256);
        const isSame = toHex(given) === toHex(other);
        expect(opensCommitment(commitment, other, text, sha256)).toBe(isSame);
        expect(opensCommitment(commitment, given, guess, sha256)).toBe(guess === text);
      }),
    );
  });

  test.each([
    ['a salt that ends in the text', salt.slice(0, 31), '\u001fa'],
    ['no salt', new Uint8Array(), 'a'],
    ['half a character', salt, '\ud800'],
  ])('is opened by nothing that has not its shape: %s', (_, given, text) => {
    expect(opensCommitment(commitmentOf(salt, 'a', sha256), given, text, sha256)).toBe(false);
    expect(opensCommitment(commitmentOf(salt, '\ufffd', sha256), given, text, sha256)).toBe(false);
  });

  test('is made with a salt of 32 bytes only', () => {
    expect(() => commitmentOf(salt.slice(1), 'a', sha256)).toThrow(TypeError);
  });

  test('is checked by hand as docs/evidence-format.md says', () => {
    const page = readFileSync(new URL('../../../docs/evidence-format.md', import.meta.url), 'utf8');
    const block = /### Words of people[^]*?```bash\n([^]*?)```/.exec(page)?.[1] ?? 'exit 99';
    const env = { PATH: process.env['PATH'], SALT: toHex(salt), TEXT: 'Sieht gut aus – 🚀' };
    const result = spawnSync('bash', ['-euo', 'pipefail', '-c', block], { env, encoding: 'utf8' });
    expect(result.stdout.slice(0, 64)).toBe(commitmentOf(salt, env.TEXT, sha256));
  });
});
