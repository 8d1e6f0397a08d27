import type { Account } from '../actors/account.ts';
import { toHex, utf8 } from '../evidence/bytes.ts';
import type { RepositoryRef } from '../facts.ts';
import type { Subject } from './build-statement.ts';

/** What every record is built from beside its own facts. */
export interface RecordFrame {
  /** `Clock.now()`; the same bytes come out again only for the same instant: keep the bytes, or keep the instant. */
  readonly nowMs: number;
  readonly repository: Pick<RepositoryRef, 'host' | 'installationId' | 'id'>;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
}

/** The fields that every record begins with. */
export function headFields<const Kind extends string>(kind: Kind, { nowMs, repository }: RecordFrame) {
  const { host, installationId, id } = repository;
  return { kind, at: new Date(nowMs).toISOString(), repository: { host, installationId, id } };
}

/** For records that are about no request: the SHA-256 of `host/installation id/repository id`. */
export function repositorySubject({ repository, sha256 }: Pick<RecordFrame, 'repository' | 'sha256'>): Subject {
  const { host, installationId, id } = repository;
  const bytes = sha256(utf8(`${host}/${installationId}/${id}`));
  return { name: 'repository', digest: { sha256: toHex(bytes) } };
}

/** Who somebody is in a record: everything else about an account stays out. */
export function person({ id, login }: Pick<Account, 'id' | 'login'>): { id: number; login: string } {
  return { id, login };
}
