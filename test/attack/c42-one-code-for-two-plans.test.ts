import { expect, test } from 'vitest';
import { sha256 } from '../../adapters/signing/node-crypto.ts';
import { createMemoryDocuments } from '../../adapters/store/memory-documents.ts';
import { toHex, utf8 } from '../../core/evidence/bytes.ts';
import { requestCode } from '../../core/gate/request-digest.ts';
import { codeBlocks, giveCode } from '../../flow/codes.ts';

const REF = { host: 'github.com', installationId: 1, id: 2, owner: 'acme', name: 'shop' };

/** A request as the attacker makes it: the last digits are what is tried, the first 40 bits are what people type. */
function asked(start: string, rest: string) {
  const answerDigest = start + rest.repeat(64 - start.length);
  return { answerDigest, code: requestCode(answerDigest) };
}

test('C42 of two plans that were made to have one code, the second is held, and the code goes on meaning the first', async () => {
  const documents = createMemoryDocuments();
  const start = toHex(sha256(utf8('found by trying a million reasons'))).slice(0, 10);
  const [good, evil] = [asked(start, '0'), asked(start, '1')];
  expect(evil.code).toBe(good.code);
  expect(await codeBlocks(documents, REF, good)).toEqual([]);
  await giveCode(documents, REF, good, { kind: 'run', runId: 7 });
  expect(await codeBlocks(documents, REF, good)).toEqual([]);
  expect(await codeBlocks(documents, REF, evil)).toMatchObject([{ code: 'code-taken' }]);
  await giveCode(documents, REF, evil, { kind: 'run', runId: 8 });
  expect(await codeBlocks(documents, REF, evil)).toMatchObject([{ code: 'code-taken' }]);
  expect(await codeBlocks(documents, REF, good)).toEqual([]);
  expect(await codeBlocks(documents, REF, asked('0123456789', '0'))).toEqual([]);
});
