import type { Account } from '../actors/account.ts';
import type { Because } from '../gate/decision.ts';
import { GateError } from '../errors.ts';
import { visible } from '../gate/reason.ts';
import type { RepositoryRef } from '../facts.ts';
import type { PolicyState } from '../policy/requirement.ts';
import type { Subject } from './build-statement.ts';

/** What every record is built from beside its own facts. */
export interface RecordFrame {
  /** `Clock.now()`; the same bytes come out again only for the same instant, so keep the bytes and never build twice. */
  readonly nowMs: number;
  readonly repository: Pick<RepositoryRef, 'host' | 'installationId' | 'id'>;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
}

/** The fields that every record begins with. */
export function headFields<const Kind extends string>(kind: Kind, { nowMs, repository }: RecordFrame) {
  const { host, installationId, id } = repository;
  return { kind, at: toInstant(nowMs), repository: { host, installationId, id } };
}

/** @throws {GateError} ERR_INPUT when it is no time */
export function toInstant(ms: number): string {
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) throw new GateError('ERR_INPUT', 'not a time');
  return time.toISOString();
}

export function digestOf(text: string, { sha256 }: Pick<RecordFrame, 'sha256'>): string {
  const bytes = sha256(new TextEncoder().encode(text));
  return bytes.reduce((hex, byte) => hex + byte.toString(16).padStart(2, '0'), '');
}

export function commitSubject(sha: string): Subject {
  return { name: 'commit', digest: { gitCommit: sha } };
}

export function requestSubjects(requestDigest: string, headSha: string): Subject[] {
  return [{ name: 'request', digest: { sha256: requestDigest } }, commitSubject(headSha)];
}

/** For records that are about no commit: the SHA-256 of `host/installation id/repository id`. */
export function repositorySubject(frame: RecordFrame): Subject {
  const { host, installationId, id } = frame.repository;
  return { name: 'repository', digest: { sha256: digestOf(`${host}/${installationId}/${id}`, frame) } };
}

export function accountFields({ id, login }: Account) {
  return { id, login };
}

const MAIL_ADDRESS = /[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+/g;

/**
 * Reasons as the log keeps them: parameters may quote names that others chose, so what hides is made visible, long texts
 * are cut and mail addresses are taken out (invariant 11; the log can never forget, C112).
 */
export function becauseFields(list: readonly Because[]) {
  return list.map(({ code, params }) => ({
    code,
    params: Object.fromEntries(
      Object.entries(params).map(([name, value]) => [
        name,
        typeof value === 'string' ? visible(value).replaceAll(MAIL_ADDRESS, '(mail address)') : value,
      ]),
    ),
  }));
}

/** Which policy judged, as records say it. */
export function policyFields(policy: PolicyState) {
  if (policy.kind === 'unreadable') {
    return { policyDigest: null, policyCommit: null, policySource: 'unreadable' as const };
  }
  const policySource = policy.kind === 'invalid' ? ('invalid' as const) : policy.source;
  return { policyDigest: policy.digest, policyCommit: policy.commitSha, policySource };
}
