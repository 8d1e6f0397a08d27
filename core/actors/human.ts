import type { Account } from './account.ts';

/** Accounts that are known to be driven by a machine; the agent registry is one (core/authorship/registry.ts). */
export interface MachineAccounts {
  /** Agents by account id. */
  readonly agentByAccountId: ReadonlyMap<number, string>;
  /** Agents by lower-case login; used to bar only, as a login can be renamed and taken over (C15). */
  readonly agentByLogin: ReadonlyMap<string, string>;
  /** Machine accounts that are no agents, by id. */
  readonly machineIds: ReadonlySet<number>;
}

/** Why an account fills no seat. */
export type NotHuman = 'no-id' | 'not-a-user' | 'bot-login' | 'agent-account' | 'machine-account';

/**
 * Why this account cannot countersign as a person, or null when nothing speaks against it.
 *
 * @param account as the API named it now, never taken from git text or from a chat's display name
 * @returns null only for a `User` with an id that no registry knows as a machine (invariant 3; C7, C8)
 */
export function notHumanBecause(account: Account, machines: MachineAccounts): NotHuman | null {
  if (!Number.isSafeInteger(account.id) || account.id <= 0) return 'no-id';
  if (machines.agentByAccountId.has(account.id)) return 'agent-account';
  if (machines.machineIds.has(account.id)) return 'machine-account';
  const login = account.login.trim().toLowerCase();
  // GitHub has shown an App's account as `User` (reactions API), so the type alone is not trusted.
  if (login.endsWith('[bot]')) return 'bot-login';
  if (machines.agentByLogin.has(login)) return 'agent-account';
  return account.type === 'User' ? null : 'not-a-user';
}

/** True when nothing speaks against this account being a person; see `notHumanBecause`. */
export function isHumanReviewer(account: Account, machines: MachineAccounts): boolean {
  return notHumanBecause(account, machines) === null;
}
