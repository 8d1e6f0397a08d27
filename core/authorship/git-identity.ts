import { accountOfNoreply } from '../actors/noreply.ts';
import { productNamed, productSigning } from './product-name.ts';
import type { Product } from './product-name.ts';
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
// The tag of `ada+claude-code@corp.test`; in GitHub's private addresses a login stands there.
const PLUS_ADDRESS = /\+([a-z0-9_.-]{1,64})@(?!users\.noreply\.)/;
const PLUS_SOME_AI = /(?:^|[_.-])(?:ai|agent|llm|ollama)(?:$|[_.-])/;
const PLACEHOLDER = /@(?:[a-z0-9-]+\.)*example\.(?:com|org|net)$/;
// `AI Assistant`, `OpenClaw Agent`, `factory-ai`: names for a machine, though people choose such logins too.
const AGENT_LIKE = /(?:^|[\s_-])(?:ai|agent|llm)(?:$|[\s_-])/;

const PLAIN = /^[\x20-\x7e]*$/;
const HIDING = /[\u202a-\u202e\u2066-\u2069\ufffd\p{Cc}]/u;
const MIXED =
  /\p{Script=Latin}[\p{Script=Cyrillic}\p{Script=Greek}]|[\p{Script=Cyrillic}\p{Script=Greek}]\p{Script=Latin}/u;
const NO_REPLY = /^(?:[a-z0-9_.-]+[._-])?no-?reply@(?!github\.com$|gitlab\.|users\.noreply\.)/;

/** `claude-3-5_sonnet` as the words that a name has. */
export function spaced(text: string): string {
  return text.replaceAll(/[-_]/g, ' ');
}

/** The agent whose mailbox this is: a listed address, an agent's account id, or an agent App's login in GitHub's private form. */
export function agentOfMailbox(
  email: string,
  registry: AgentRegistry,
): { readonly agent: string; readonly address: string } | null {
  const address = email.trim().slice(0, EMAIL_MAX).toLowerCase();
  const agent =
    registry.agentByMailbox.get(address) ??
    registry.agentByAccountId.get(accountOfNoreply(address)?.id ?? 0) ??
    registry.agentByAppSlug.get(botIn(address) ?? '');
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
  const written = identity.name.trim().slice(0, NAME_MAX);
  const name = visible(written);
  const lower = name.toLowerCase();
  const found: Sighting[] = [];
  const hint = (kind: string, agent: string | null, value: string): void => {
    found.push({ tier: 'heuristic', kind, agent, value });
  };
  if (isDisguised(written)) hint('disguised-name', null, name);
  const signing = productSigning(name, registry);
  if (signing !== null)
    found.push({ tier: 'declared', kind: 'name-suffix', agent: signing.agent, value: signing.text });

  const bot = botIn(address);
  if (bot !== null) {
    const machine =
      registry.machineIds.has(accountOfNoreply(address)?.id ?? 0) || registry.machineLogins.has(`${bot}[bot]`);
    if (!(options.coAuthor && machine)) hint('bot-account', null, `${bot}[bot]`);
    return found;
  }
  // A bracketed name is text that anyone can write: it exempts nobody (C13), it only makes the commit suspected.
  if (lower.endsWith('[bot]')) hint('bot-name', null, '[bot]');
  const product = productNamed(name, registry, { firstNames: false });
  if (product !== null) hint('agent-like-name', product.agent, product.text);
  else if (AGENT_LIKE.test(lower)) hint('agent-like-name', null, 'agent or ai in the name');
  if (PLACEHOLDER.test(address)) hint('placeholder-mailbox', null, 'example.com');
  found.push(...mailboxSightings(address, product, registry, options.coAuthor));
  return found;
}

function mailboxSightings(
  address: string,
  product: Product | null,
  registry: AgentRegistry,
  coAuthor: boolean,
): readonly Sighting[] {
  const found: Sighting[] = [];
  const tag = address.includes('+') ? PLUS_ADDRESS.exec(address)?.[1] : undefined;
  const tagged = tag === undefined ? null : productNamed(spaced(tag), registry, { firstNames: true });
  if (tag !== undefined && (tagged !== null || PLUS_SOME_AI.test(tag))) {
    // As its own author somebody may only sort mail by it; as co-author it was put there to say who helped.
    const tier = coAuthor ? 'declared' : 'heuristic';
    found.push({ tier, kind: 'plus-address', agent: tagged?.agent ?? null, value: `+${tag}` });
  }
  if (!coAuthor) return found;
  const local = address.slice(0, Math.max(0, address.indexOf('@')));
  // `Claude Sonnet <claude-sonnet@…>`: the name alone may be a person's, name and mailbox together are not.
  if (product !== null && productNamed(spaced(local), registry, { firstNames: false })?.agent === product.agent)
    found.push({ tier: 'declared', kind: 'mailbox-name', agent: product.agent, value: product.text });
  // Nobody reads mail there. The private addresses of forges aside, it is a tool that signs so.
  if (NO_REPLY.test(address)) found.push({ tier: 'heuristic', kind: 'no-reply-mailbox', agent: null, value: local });
  return found;
}

/** The login of a bot in GitHub's private address, without its suffix. */
function botIn(address: string): string | null {
  return address.includes('[bot]@') ? (BOT_ADDRESS.exec(address)?.[1] ?? null) : null;
}

/** The name as a reader sees it: one form for every width, nothing that cannot be seen. */
function visible(name: string): string {
  return PLAIN.test(name) ? name : name.normalize('NFKC').replaceAll(/\p{Cf}/gu, '');
}

/**
 * A name made to look like another: characters that turn or hide text, bytes that are no text, or letters of two alphabets in
 * one word. People are compared by account id, so this frees nobody; it only makes the commit suspected.
 */
function isDisguised(name: string): boolean {
  return !PLAIN.test(name) && (HIDING.test(name) || MIXED.test(name));
}
