import { expect, test } from 'vitest';
import { sha256 } from '../../../adapters/signing/node-crypto.ts';
import { createMemoryDocuments } from '../../../adapters/store/memory-documents.ts';
import { toBase64, toHex } from '../../../core/evidence/bytes.ts';
import { enrolledDigest } from '../../../flow/credentials.ts';
import { save } from '../../../flow/state.ts';
import { alice, bob } from './builders.ts';

const ref = { host: 'github.com', installationId: 12, id: 34, owner: 'acme', name: 'shop' };
const KEY = Uint8Array.of(1, 2, 3);
const PROOF = { publicKey: toBase64(KEY), statement: '', signature: '' };

test('an answer never names the enrolment of another account of the same person, who signed at the same time', async () => {
  const ports = { documents: createMemoryDocuments(), sha256 };
  const name = toHex(sha256(KEY));
  const sealed = { digest: 'e'.repeat(64), bytes: null, attachments: [], index: 3 };
  await save(ports.documents, ref, 'credential', name, {
    body: { reviewer: alice, enrolments: 2, isNamed: true },
    version: 0,
  });
  await save(ports.documents, ref, 'sealed', `credential-enrolled/${name}/2`, { body: sealed, version: 0 });
  expect(await enrolledDigest(ports, ref, { reviewer: alice, proof: PROOF })).toBe(sealed.digest);
  await expect(enrolledDigest(ports, ref, { reviewer: bob, proof: PROOF })).rejects.toMatchObject({
    code: 'ERR_STORE_CONFLICT',
  });
});
