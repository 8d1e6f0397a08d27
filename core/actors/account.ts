/** GitHub's own `type` of an account; anything else that the API may say is `Unknown` and never a human. */
export type AccountType = 'User' | 'Bot' | 'Organization' | 'Mannequin' | 'Unknown';

/**
 * One account as the API named it. Identity is the numeric id; the login is for display only (it can be renamed and
 * registered again by someone else, attack C15).
 */
export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: AccountType;
}

/** The account in whose place GitHub shows every deleted one: of type `User`, and nobody. */
export const GHOST_ID = 10137;
