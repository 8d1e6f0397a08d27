import type { RepositoryRef } from '../core/facts.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import type { DocumentStore } from '../core/ports.ts';
import type { Evaluation } from './evaluate.ts';
import { load, save } from './state.ts';
import type { DocumentBody } from './state.ts';

/**
 * Codes are short, because people type them, and whoever writes proposals can make two with one code in a second: the harmless
 * one is approved, and the other one runs. So a code is given once, and who comes second with it is held.
 */

type Coded = Pick<Evaluation, 'code' | 'answerDigest'>;

export async function giveCode(
  documents: DocumentStore,
  ref: RepositoryRef,
  { code, answerDigest }: Coded,
  target: DocumentBody<'code'>['target'],
): Promise<void> {
  if ((await load(documents, ref, 'code', code)) !== null) return;
  await save(documents, ref, 'code', code, { body: { requestDigest: answerDigest, target }, version: 0 });
}

export async function codeBlocks(
  documents: DocumentStore,
  ref: RepositoryRef,
  { code, answerDigest }: Coded,
): Promise<readonly Because[]> {
  const known = await load(documents, ref, 'code', code);
  return known === null || known.body.requestDigest === answerDigest ? [] : [because('code-taken', { code })];
}
