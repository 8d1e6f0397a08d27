import { parseArgs } from 'node:util';
import { sha256, verifyOnPool } from '../adapters/signing/node-crypto.ts';
import { verifyConsistencyText } from '../core/evidence/proofs/consistency-text.ts';
import type { WitnessKey } from '../core/evidence/notes/cosignature.ts';
import { parseEnvelope, verifyEnvelope } from '../core/evidence/dsse.ts';
import type { Refusal } from '../core/evidence/records/located-record.ts';
import { belongsTo } from '../core/evidence/records/log-opened.ts';
import { parseOrigin, recordKeyName } from '../core/evidence/records/log-origin.ts';
import { parseRecord } from '../core/evidence/records/parse-record.ts';
import { formatVerifierKey } from '../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../core/evidence/notes/signed-note.ts';
import { isObject, parseStrictJson } from '../core/evidence/strict-json.ts';
import { verifyTlogProof } from '../core/evidence/proofs/tlog-proof.ts';
import { growthFields, recordFields, reportGrowth, reportRecord } from './check-report.ts';
import type { CheckedRecord } from './check-report.ts';
import { readFileOf, readKey, readWitnesses } from './option-values.ts';
import { printable } from './printable.ts';
import { UsageError, orUsage } from './usage-error.ts';
import type { Print } from './verify.ts';

export const checkUsage = `countersign check <record> --proof <file> --key <vkey or file> [options]
countersign check <older checkpoint> --proof <file> --key <vkey or file> [options]

  Checks, with nothing but these files, that a record stands in a log, or that the log only grew since a checkpoint that
  you kept. The proof is what countersign prove writes. <record> is the record's file, or a DSSE envelope with it.
  Exit code 0: it is shown. 1: it is not, and why. 2: wrong usage, nothing was checked.

  --key <vkey or file>              the checkpoint key that you were given elsewhere; again for each that the log has had
  --require-witness <vkey or file>  this witness must have cosigned the checkpoint in the proof; again for each
  --record-key <vkey or file>       of an envelope: the key that must have signed it
  --json                            print the result as JSON
`;

interface CheckArguments {
  readonly subject: string;
  readonly subjectBytes: Uint8Array;
  readonly proof: Uint8Array;
  readonly keys: readonly VerifierKey[];
  readonly witnesses: readonly WitnessKey[];
  readonly recordKey: VerifierKey | undefined;
  readonly json: boolean;
}

/**
 * Runs `countersign check`.
 * @returns exit code 0 or 1
 * @throws {UsageError} for exit code 2
 */
export async function runCheck(args: readonly string[], print: Print): Promise<number> {
  const asked = await readArguments(args);
  const isGrowth = asked.proof.subarray(0, OLD.length).every((byte, at) => byte === OLD.charCodeAt(at));
  const trust = { keys: asked.keys, witnesses: asked.witnesses, sha256, verify: verifyOnPool };
  if (isGrowth) {
    const growth = await verifyConsistencyText(asked.proof, asked.subjectBytes, trust);
    if ('code' in growth) return refuse(growth, asked, print);
    print(asked.json ? toJson(growthFields(growth)) : reportGrowth(growth));
    return 0;
  }
  const checked = await checkRecord(asked);
  if ('code' in checked) return refuse(checked, asked, print);
  print(asked.json ? toJson(recordFields(checked)) : reportRecord(checked));
  return 0;
}

/** What the proof of growth begins with. */
const OLD = 'old ';

async function checkRecord(asked: CheckArguments): Promise<CheckedRecord | Refusal> {
  const { subjectBytes, proof, keys, witnesses, recordKey } = asked;
  const envelope = parseEnvelope(subjectBytes);
  if (envelope.ok && holdsMore(subjectBytes)) {
    return { code: 'record-malformed', message: 'the envelope has other members: only its payload would be checked' };
  }
  const bytes = envelope.ok ? envelope.value.payload : subjectBytes;
  const entry = await verifyTlogProof(proof, bytes, { keys, witnesses, sha256, verify: verifyOnPool });
  if ('code' in entry) return entry;
  const record = parseRecord(bytes);
  if (!record.ok) return { code: 'record-malformed', message: record.issue };
  const { origin } = entry.checkpoint;
  const ids = parseOrigin(origin);
  if (!ids.ok) return { code: 'checkpoint-malformed', message: ids.issue };
  if (!belongsTo(record.value, ids.value)) {
    return { code: 'record-of-another-repository', message: 'it names another repository than the log' };
  }
  if (recordKey === undefined) {
    const signature = envelope.ok
      ? 'in the envelope, NOT checked (no --record-key)'
      : 'not in this file; the tree vouches';
    return { entry, record: record.value, signature };
  }
  if (!envelope.ok) throw new UsageError(`--record-key: ${asked.subject} is no envelope, so it holds no signature`);
  if (recordKey.name !== recordKeyName(origin)) {
    return { code: 'record-signature', message: `the record key is of ${recordKey.name}, the log is ${origin}` };
  }
  const signed = await verifyEnvelope(subjectBytes, recordKey.key, verifyOnPool);
  if (!signed.ok) return { code: 'record-signature', message: `the envelope: ${signed.issue}` };
  return { entry, record: record.value, signature: `good, by ${formatVerifierKey(recordKey)}` };
}

const ENVELOPE_MEMBERS: ReadonlySet<string> = new Set(['payload', 'payloadType', 'signatures']);

/** DSSE has its readers ignore what they do not know. A person would read it, and take it for what is shown here. */
function holdsMore(envelope: Uint8Array): boolean {
  const parsed = parseStrictJson(envelope);
  return parsed.ok && isObject(parsed.value) && Object.keys(parsed.value).some((name) => !ENVELOPE_MEMBERS.has(name));
}

function toJson(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ ok: true, ...fields }, null, 2)}\n`;
}

function refuse({ code, message }: Refusal, { subject, json }: CheckArguments, print: Print): number {
  const problem = { code, path: subject, message };
  const text = `NOT SHOWN: ${printable(subject)}\n  ${code}: ${printable(message)}\n`;
  print(json ? `${JSON.stringify({ ok: false, problem }, null, 2)}\n` : text);
  return 1;
}

async function readArguments(args: readonly string[]): Promise<CheckArguments> {
  const { values, positionals } = orUsage(() => parseCheckArgs(args));
  const [subject, ...more] = positionals;
  if (subject === undefined || subject === '' || more.length > 0) throw new UsageError('name one record');
  if (values.proof === undefined) throw new UsageError('--proof: name the file with the proof');
  if (values.key === undefined) throw new UsageError('--key: without a key nothing can be shown');
  const keys: VerifierKey[] = [];
  for (const key of values.key) keys.push(await readKey('--key', key));
  return {
    subject,
    subjectBytes: await readFileOf('<record>', subject),
    proof: await readFileOf('--proof', values.proof),
    keys,
    witnesses: await readWitnesses('--require-witness', values['require-witness'] ?? []),
    recordKey: values['record-key'] === undefined ? undefined : await readKey('--record-key', values['record-key']),
    json: values.json ?? false,
  };
}

function parseCheckArgs(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      proof: { type: 'string' },
      key: { type: 'string', multiple: true },
      'require-witness': { type: 'string', multiple: true },
      'record-key': { type: 'string' },
      json: { type: 'boolean' },
    },
  });
}
