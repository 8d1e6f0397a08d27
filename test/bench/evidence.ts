import { loadavg } from 'node:os';
import { sha256, sha512, verifyOnPool } from '../../adapters/signing/node-crypto.ts';
import { toHex } from '../../core/evidence/bytes.ts';
import { CHECKPOINT_PATH } from '../../core/evidence/layout.ts';
import { verifyLog } from '../../core/evidence/verify/verify-log.ts';
import { memorySource, recordBytes, sampleLog } from '../support/evidence-log.ts';
import type { LogBuilder } from '../support/evidence-log.ts';
import { measureAppend } from './append.ts';
import { openEvidenceRepository } from './evidence-repository.ts';
import type { CliRun } from './evidence-repository.ts';
import type { BenchOptions, Measured, Measurement, Row } from './measurement.ts';
import { checkOnPool, openRawThreads } from './raw-check.ts';
import { secondsPerSignedCommit } from './signed-commits.ts';

/** Records of one commit: what the writer puts into one at most. */
const COMMIT = 40;
const NEW_RECORDS = 1_000;
const SIGNED_COMMITS = 40;
/** Everything in turn, because other work on the machine comes and goes; the best of each is the least disturbed. */
const ROUNDS = 3;

export const evidence: Measurement = {
  name: 'evidence',
  title: 'Evidence: a log verified and appended to',
  run: measureEvidence,
};

async function measureEvidence({ records }: BenchOptions): Promise<Measured> {
  const log = await sampleLog(records, COMMIT);
  const bytes = log.records.reduce((sum, record) => sum + record.length, 0);
  const repository = await openEvidenceRepository(log);
  try {
    const load = loadavg()[0]?.toFixed(1) ?? '?';
    const whole = await measureWhole(log, () => repository.verify());
    const perCommit = secondsPerSignedCommit(SIGNED_COMMITS);
    const since = log.files.get(CHECKPOINT_PATH);
    await appendDeployments(log, NEW_RECORDS);
    await repository.update();
    const more: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) more.push((await repository.verify(since)).seconds);
    const count = records.toLocaleString('en');
    return {
      rows: [
        ...wholeRows(whole, count, perCommit * records),
        {
          what: `countersign verify --since the checkpoint at ${count}, ${NEW_RECORDS.toLocaleString('en')} more`,
          value: seconds(Math.min(...more)),
          limit: '<= 0.5 s',
          beside: `${seconds(whole.cli.seconds)} the whole log`,
        },
        ...(await measureAppend()),
      ],
      notes: [
        `Load average before the first round ${load}. Records of ${Math.round(bytes / records)} bytes on average, ${COMMIT} a commit. Each of the verifications ${ROUNDS} times in turn, the best of each.`,
        'Raw: of the same records, in memory, one Ed25519 signature and one SHA-256 each and nothing else, in as many threads as there are cores, which were started before.',
        'By the CLI: the released single file, as a process, from the start of Node to its end; a bare repository with one commit of all files, as after `git gc`.',
        `git verify-commit: ${(perCommit * 1000).toFixed(1)} ms each of ${SIGNED_COMMITS} commits signed with an SSH key, multiplied; it shows less (one signature a commit, no rules, no proofs).`,
        'The new records are deployments, each with an authorisation and a release.',
        'Bytes of an append as they are in git; the API takes them in base64, a third more. The tree of each size is made of random hashes: only its edge is needed.',
      ],
    };
  } finally {
    repository.close();
  }
}

interface Whole {
  readonly raw: number;
  readonly rawOnPool: number;
  readonly memory: number;
  readonly cli: CliRun;
}

async function measureWhole(log: LogBuilder, verify: () => Promise<CliRun>): Promise<Whole> {
  const threads = await openRawThreads(log);
  const [raw, rawOnPool, memory]: [number[], number[], number[]] = [[], [], []];
  const cli: CliRun[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    raw.push(await timed(() => threads.run()));
    cli.push(await verify());
    memory.push(await timed(() => verifyInMemory(log)));
    rawOnPool.push(await timed(() => checkOnPool(log)));
  }
  await threads.close();
  return {
    raw: Math.min(...raw),
    rawOnPool: Math.min(...rawOnPool),
    memory: Math.min(...memory),
    cli: {
      seconds: Math.min(...cli.map((one) => one.seconds)),
      peakMegabytes: Math.max(...cli.map((one) => one.peakMegabytes)),
    },
  };
}

function wholeRows({ raw, rawOnPool, memory, cli }: Whole, count: string, byGit: number): Row[] {
  return [
    {
      what: `countersign verify of a git branch with ${count} records`,
      value: `${seconds(cli.seconds)} = ${times(cli.seconds / raw)} of raw`,
      limit: '<= 1.6 x',
      beside: `${seconds(raw)} raw Ed25519 + SHA-256 in threads`,
    },
    {
      what: 'the same by git verify-commit (extrapolated)',
      value: seconds(byGit),
      limit: '-',
      beside: `${times(byGit / cli.seconds)} of countersign verify`,
    },
    {
      what: 'its peak memory, the most of all rounds',
      value: `${Math.ceil(cli.peakMegabytes)} MB`,
      limit: '<= 400 MB',
      beside: '-',
    },
    {
      what: 'the same records, files in memory, one thread and the thread pool',
      value: `${seconds(memory)} = ${times(memory / rawOnPool)} of raw`,
      limit: '-',
      beside: `${seconds(rawOnPool)} raw, on Node's thread pool`,
    },
  ];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

async function verifyInMemory(log: LogBuilder): Promise<void> {
  const options = { checkpointKey: log.pin, sha256, sha512, verify: verifyOnPool };
  const result = await verifyLog(memorySource(log.files), options);
  if (!result.ok) throw new Error(`the log of the bench does not verify: ${result.problem.message}`);
}

/** Deployments of four records each, with runs that the log has not seen. */
async function appendDeployments(log: LogBuilder, count: number): Promise<void> {
  const first = log.records.length;
  const more: Uint8Array[] = [];
  while (more.length < count) {
    const at = first + more.length;
    const gate = { runId: 1_000_000 + at, attempt: 1, environment: 'production', opening: 1 };
    const authorised = recordBytes('authorised', { gate, number: at + 2 }, at + 2);
    more.push(
      recordBytes('requested', { gate, number: at }, at),
      recordBytes('reviewed', { gate, reviewer: { id: 7, login: 'kim' }, number: at + 1 }, at + 1),
      authorised,
      recordBytes('released', { gate, authorisedDigest: toHex(sha256(authorised)), how: 'answered' }, at + 3),
    );
  }
  for (let start = 0; start < count; start += COMMIT)
    await log.append(more.slice(start, Math.min(start + COMMIT, count)));
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function times(value: number): string {
  return `${value.toFixed(2)} x`;
}
