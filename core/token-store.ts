import type { DocumentWrite, NewJob } from './ports.ts';

/** A token that is good for one request. */
export interface SpentToken {
  readonly issuer: string;
  /** `jti`. */
  readonly id: string;
  /** Milliseconds since the epoch; from then on it is refused for its age, and need not be remembered. */
  readonly expiresAt: number;
}

export interface TokenStore {
  /**
   * One transaction: remembers the token, writes the documents and queues the job; `used` when the token was spent before,
   * and then nothing else is done. What has expired is forgotten.
   * @throws {GateError} ERR_STORE_CONFLICT when a document has another version; then the token is not spent
   */
  spend(
    token: SpentToken,
    now: number,
    effect: { readonly writes: readonly DocumentWrite[]; readonly job: NewJob },
  ): Promise<'done' | 'used'>;
}
