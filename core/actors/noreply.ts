/** The account that GitHub's private commit address names. */
export interface NoreplyAccount {
  readonly id: number;
  readonly login: string;
}

// `<id>+<login>@users.noreply.<host>`; on GitHub Enterprise Server the host is the server's own.
const NOREPLY = /^(\d{1,15})\+([^@\s]{1,100})@users\.noreply\.[a-z0-9.-]+$/i;

/**
 * Account id and login in a private commit address, or null for any other address. Free text of whoever committed: it may put
 * an account on the requesting side (C2), never clear one.
 */
export function accountOfNoreply(email: string): NoreplyAccount | null {
  const match = NOREPLY.exec(email.trim());
  const id = Number(match?.[1]);
  const login = match?.[2];
  return login === undefined || id <= 0 ? null : { id, login };
}
