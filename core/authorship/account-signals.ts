import type { Account } from '../actors/account.ts';
import type { AppRef } from '../facts.ts';
import type { AgentRegistry } from './registry.ts';
import type { Sighting } from './sighting.ts';

/** `ghost`, whom GitHub puts in the place of every account that was deleted: it could have been anybody. */
const GHOST_ID = 10137;

/**
 * What an account that GitHub's API named (opener, pusher, run actor) says: server-verified, so a listed id is proof. An
 * account that is no `User` and not allow-listed is suspected, and so is one that GitHub could not name.
 */
export function accountSightings(
  account: Account | null,
  registry: AgentRegistry,
  automation: ReadonlySet<number>,
): readonly Sighting[] {
  if (account === null || account.id === GHOST_ID)
    return [{ tier: 'heuristic', kind: 'account-unknown', agent: null, value: '' }];
  const agent = registry.agentByAccountId.get(account.id);
  if (agent !== undefined) return [{ tier: 'verified', kind: 'account', agent, value: account.login }];
  const named = agentOfLogin(account.login, registry);
  if (named !== null) return [{ tier: 'verified', kind: 'account', agent: named, value: account.login }];
  return automation.has(account.id) ? [] : notAUser(account);
}

/** A bot, or any other account that is no user: unlisted, so nobody knows what it does. */
export function notAUser({ type, login }: Account): readonly Sighting[] {
  if (type === 'User' && !login.toLowerCase().endsWith('[bot]')) return [];
  return [
    {
      tier: 'heuristic',
      kind: type === 'Bot' || type === 'User' ? 'bot-account' : 'account-type',
      agent: null,
      value: login,
    },
  ];
}

/** The App through which something was done, server-verified; an unlisted App acting for a user may be an agent (agents.md 4). */
export function appSightings(app: AppRef | null, author: Account | null, registry: AgentRegistry): readonly Sighting[] {
  if (app === null) return [];
  const slug = app.slug.toLowerCase();
  const agent = registry.agentByAppId.get(app.id) ?? registry.agentByAppSlug.get(slug);
  if (agent !== undefined) return [{ tier: 'verified', kind: 'app', agent, value: slug }];
  // A bot that acts through its own App is judged as an account.
  if (author?.login.toLowerCase() === `${slug}[bot]`) return [];
  return [{ tier: 'heuristic', kind: 'app-unknown', agent: null, value: slug }];
}

/** The agent behind a login whose id is not known, or behind the login of a listed App's bot. */
export function agentOfLogin(login: string, registry: AgentRegistry): string | null {
  const lower = login.toLowerCase();
  const slug = lower.endsWith('[bot]') ? lower.slice(0, -'[bot]'.length) : '';
  return registry.agentByLogin.get(lower) ?? registry.agentByAppSlug.get(slug) ?? null;
}
