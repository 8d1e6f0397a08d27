import { accountOfNoreply } from '../actors/noreply.ts';
import { productNamed, productSigning } from './product-name.ts';
import type { AgentRegistry } from './registry.ts';
import type { Sighting } from './sighting.ts';

/** A git name and mailbox: free text of whoever made the commit. */
export interface GitIdentity {
  readonly name: string;
  readonly email: string;
}

// git sets no limit to either; patterns below are only tried on this much.
const EMAIL_MAX = 320;
const NAME_MAX = 200;
const BOT_ADDRESS = /^(?:\d{1,15}\+)?([^@\s]{1,100})\[bot\]@users\.noreply\.[a-z0-9.-]+$/;
const PLUS_ADDRESS = /\+[a-z0-9_.-]*?(claude|copilot|codex|cursor|gemini|agent|ollama|ai)(?:[_.-][a-z0-9_.-]*)?@/;
const PLACEHOLDER = /@(?:[a-z0-9-]+\.)*example\.(?:com|org|net)$/;
// `AI Assistant`, `OpenClaw Agent`, `factory-ai`: names for a machine, though people choose such logins too.
const AGENT_LIKE = /(?:^|[\s_-])(?:ai|agent|llm)(?:$|[\s_-])/;

/** The agent whose mailbox this is: a listed address, an agent's account id, or an agent App's login in GitHub's private form. */
export function agentOfMailbox(
  email: string,
  registry: AgentRegistry,
): { readonly agent: string; readonly address: string } | null {
  const address = email.trim().slice(0, EMAIL_MAX).toLowerCase();
  const agent =
    registry.agentByMailbox.get(address) ??
    registry.agentByAccountId.get(accountOfNoreply(address)?.id ?? 0) ??
    registry.agentByAppSlug.get(BOT_ADDRESS.exec(address)?.[1] ?? '');
  return agent === undefined ? null : { agent, address };
}

/**
 * What a git identity that belongs to no known agent still gives away. Only ever heuristic, but for a tool that signed with
 * its user's name, which is declared.
 *
 * @param options.coAuthor known automation among the co-authors of a squash merge says nothing about the change
 */
export function heuristicsOfPerson(
  identity: GitIdentity,
  registry: AgentRegistry,
  options: { readonly coAuthor: boolean },
): readonly Sighting[] {
  const address = identity.email.trim().slice(0, EMAIL_MAX).toLowerCase();
  const name = identity.name.trim().slice(0, NAME_MAX);
  const found: Sighting[] = [];
  const hint = (kind: string, agent: string | null, value: string): void => {
    found.push({ tier: 'heuristic', kind, agent, value });
  };
  const signing = productSigning(name, registry);
  if (signing !== null)
    found.push({ tier: 'declared', kind: 'name-suffix', agent: signing.agent, value: signing.text });

  const bot = BOT_ADDRESS.exec(address)?.[1];
  const machine =
    registry.machineIds.has(accountOfNoreply(address)?.id ?? 0) || registry.machineLogins.has(`${bot}[bot]`);
  if (bot !== undefined && !(options.coAuthor && machine)) hint('bot-account', null, `${bot}[bot]`);
  // A bracketed name is text that anyone can write: it exempts nobody (C13), it only makes the commit suspected.
  else if (bot === undefined && name.toLowerCase().endsWith('[bot]')) hint('bot-name', null, '[bot]');

  const product = bot === undefined ? productNamed(name, registry, { firstNames: false }) : null;
  if (product !== null) hint('agent-like-name', product.agent, product.text);
  else if (bot === undefined && AGENT_LIKE.test(name.toLowerCase()))
    hint('agent-like-name', null, 'agent or ai in the name');
  const plus = PLUS_ADDRESS.exec(address)?.[1];
  if (plus !== undefined) hint('plus-address', null, `+${plus}`);
  if (PLACEHOLDER.test(address)) hint('placeholder-mailbox', null, 'example.com');
  return found;
}
