import { sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sha256, verifyOnPool } from '../../../adapters/signing/node-crypto.ts';
import { utf8 } from '../../../core/evidence/bytes.ts';
import { formatCheckpoint, parseCheckpoint } from '../../../core/evidence/notes/checkpoint.ts';
import { formatOrigin, parseOrigin, recordKeyName } from '../../../core/evidence/records/log-origin.ts';
import {
  formatVerifierKey,
  openNote,
  parseNote,
  parseVerifierKey,
  signNote,
  toVerifierKey,
} from '../../../core/evidence/notes/signed-note.ts';
import { fixedKey } from '../../support/evidence-log.ts';

const alice = { ...fixedKey(3), key: toVerifierKey('alice.example/log', fixedKey(3).publicKey, sha256) };
const bob = { ...fixedKey(4), key: toVerifierKey('bob', fixedKey(4).publicKey, sha256) };
const text = 'first line\n\nthird line\n';

async function signedBy(who: typeof alice, what = text): Promise<string> {
  return signNote(what, who.key, (message) => sign(null, message, who.privateKey));
}

function signatureLine(note: string): string {
  return note.slice(note.lastIndexOf('\n\n') + 2);
}

describe('a note', () => {
  test('that was signed opens with its key, split at the last empty line', async () => {
    const opened = await openNote(utf8(await signedBy(alice)), [alice.key, bob.key], verifyOnPool);
    expect(opened).toEqual({ ok: true, value: { text, verified: [alice.key], signatureCount: 1 } });
  });

  test('with a signature of an unknown key beside the known one opens', async () => {
    const both = (await signedBy(alice)) + signatureLine(await signedBy(bob));
    expect((await openNote(utf8(both), [alice.key], verifyOnPool)).ok).toBe(true);
  });

  test('with a bad signature of a known key is refused, although another known one is good', async () => {
    const both = (await signedBy(alice)) + signatureLine(await signedBy(bob, 'other text\n'));
    expect((await openNote(utf8(both), [alice.key, bob.key], verifyOnPool)).ok).toBe(false);
    expect((await openNote(utf8(both), [alice.key], verifyOnPool)).ok).toBe(true);
  });

  test('without any signature of a known key is refused', async () => {
    expect((await openNote(utf8(await signedBy(bob)), [alice.key], verifyOnPool)).ok).toBe(false);
    expect((await openNote(utf8(await signedBy(bob)), [], verifyOnPool)).ok).toBe(false);
  });

  test('takes a hundred signatures and no more', async () => {
    const line = signatureLine(await signedBy(bob));
    const note = await signedBy(alice);
    expect(parseNote(utf8(note + line.repeat(99))).ok).toBe(true);
    expect(parseNote(utf8(note + line.repeat(100))).ok).toBe(false);
  });

  test.each([
    ['nothing', ''],
    ['no signature', 'text\n'],
    ['no signature after the empty line', 'text\n\n'],
    ['no last newline', 'text\n\n— bob AAAAAAA='],
    ['a hyphen for a dash', 'text\n\n- bob AAAAAAA=\n'],
    ['no name', 'text\n\n—  AAAAAAA=\n'],
    ['a plus in the name', 'text\n\n— b+b AAAAAAA=\n'],
    ['a no-break space in the name', 'text\n\n— b\u00A0b AAAAAAA=\n'],
    ['two spaces', 'text\n\n— bob  AAAAAAA=\n'],
    ['something after the signature', 'text\n\n— bob AAAAAAA= x\n'],
    ['a signature that is only a key id', 'text\n\n— bob AAAAAA==\n'],
    ['a signature that is not base64', 'text\n\n— bob A\n'],
    ['a carriage return', 'text\r\n\n— bob AAAAAAA=\n'],
    ['a NUL', 'te\0xt\n\n— bob AAAAAAA=\n'],
  ])('with %s is malformed', (_, note) => {
    expect(parseNote(utf8(note)).ok).toBe(false);
  });

  test('that is not UTF-8 is malformed', () => {
    expect(parseNote(Uint8Array.of(0xff, 0x0a, 0x0a)).ok).toBe(false);
  });

  test('cannot be made of text that would not come back', async () => {
    for (const bad of ['no newline', 'bell\u0007\n', 'half \ud800\n']) {
      await expect(signedBy(alice, bad)).rejects.toThrow(TypeError);
    }
  });
});

describe('a verifier key', () => {
  test('is read back as it was written', () => {
    expect(parseVerifierKey(formatVerifierKey(alice.key), sha256)).toEqual({ ok: true, value: alice.key });
  });

  const good = formatVerifierKey(alice.key);
  test.each([
    ['of another name', good.replace('alice', 'alicf')],
    ['of another id', good.replace(alice.key.id, '00000000')],
    ['with one changed digit of the key', `${good.slice(0, -2)}${good.endsWith('A=') ? 'E' : 'A'}=`],
    ['without a name', good.slice(good.indexOf('+'))],
    ['with a space', ` ${good}`],
    ['with a line end', `${good}\n`],
    ['of another algorithm', `x+00000000+${Buffer.alloc(33, 2).toString('base64')}`],
    ['that is short', `x+00000000+${Buffer.alloc(32, 1).toString('base64')}`],
  ])('%s is refused', (_, vkey) => {
    expect(parseVerifierKey(vkey, sha256).ok).toBe(false);
  });

  test('cannot be made with a name that no note could carry or from bytes that are no key', () => {
    for (const name of ['', 'a b', 'a+b', 'a\u0085b']) {
      expect(() => toVerifierKey(name, alice.publicKey, sha256)).toThrow(TypeError);
    }
    const cut = { algorithm: 'ed25519', spki: alice.publicKey.spki.slice(1) } as const;
    expect(() => toVerifierKey('a', cut, sha256)).toThrow(TypeError);
  });
});

describe('a checkpoint', () => {
  const checkpoint = { origin: 'github.com/1/2/1', size: 42, root: sha256(utf8('root')) };
  const written = formatCheckpoint(checkpoint);

  test('is read back as it was written', () => {
    expect(parseCheckpoint(written)).toEqual({ ok: true, value: checkpoint });
  });

  test.each([
    ['an extension line', `${written}extra\n`],
    ['no last newline', written.slice(0, -1)],
    ['a leading zero in its size', written.replace('\n42\n', '\n042\n')],
    ['a negative size', written.replace('\n42\n', '\n-42\n')],
    ['a size beyond 2^53', written.replace('\n42\n', '\n9007199254740993\n')],
    ['no origin', written.slice(written.indexOf('\n'))],
    ['a short root', `x\n1\n${Buffer.alloc(31).toString('base64')}\n`],
    ['a root that is not base64', 'x\n1\n*\n'],
  ])('with %s is refused', (_, body) => {
    expect(parseCheckpoint(body).ok).toBe(false);
  });
});

describe('an origin', () => {
  test('is numeric ids and read back as it was written', () => {
    const origin = { host: 'git.example:8443', installationId: 1, repositoryId: 2, generation: 3 };
    expect(formatOrigin(origin)).toBe('git.example:8443/1/2/3');
    expect(parseOrigin('git.example:8443/1/2/3')).toEqual({ ok: true, value: origin });
    expect(recordKeyName('a/1/2/3')).toBe('a/1/2/3/record');
  });

  test.each(['', 'a/1/2', 'a/0/2/1', 'a/01/2/1', 'A/1/2/1', 'a/1/2/1/', 'a/1/2/9007199254740993', 'a b/1/2/1'])(
    '%j is refused',
    (text) => {
      expect(parseOrigin(text).ok).toBe(false);
    },
  );
});
