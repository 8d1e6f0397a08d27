import type { ChangeFacts, CommitFacts, CommitSignature, GitPerson } from '../facts.ts';
import { readAiNote } from './ai-note.ts';
import { agentOfLogin, notAUser } from './account-signals.ts';
import { isProven, pushersOf, WEB_FLOW_ID } from './automation.ts';
import type { SignalTier } from './classification.ts';
import { agentOfMailbox, heuristicsOfPerson, spaced } from './git-identity.ts';
import { messageSightings } from './message-signals.ts';
import { productNamed } from './product-name.ts';
import type { AgentRegistry } from './registry.ts';
import type { Sighting } from './sighting.ts';

/** Every trace in one commit: its people, its message, and whether somebody else pushed it. */
export function commitSightings(
  commit: CommitFacts,
  change: ChangeFacts,
  registry: AgentRegistry,
  automation: ReadonlySet<number>,
): readonly Sighting[] {
  const [author, ...coAuthors] = commit.authors;
  const { verified, byGitHub, signer } = commit.signature;
  const found: Sighting[] = [];
  if (author === undefined || isNobody(author)) {
    found.push({ tier: 'heuristic', kind: 'author-unknown', agent: null, value: '' });
  } else {
    // GitHub maps accounts by mailbox, which anyone can write; only a signature makes the account more than a claim (C11).
    const signed = verified && (byGitHub || (signer !== null && signer.id === author.account?.id));
    found.push(
      ...personSightings(author, registry, { tier: signed ? 'verified' : 'declared', coAuthor: false, automation }),
    );
    if (author.account !== null && automation.has(author.account.id) && !isProven(commit, change, automation)) {
      found.push({ tier: 'heuristic', kind: 'automation-unproven', agent: null, value: author.account.login });
    }
  }
  for (const person of coAuthors) {
    found.push(...personSightings(person, registry, { tier: 'declared', coAuthor: true, automation }));
  }
  if (!isWebFlow(commit.committer)) {
    const signed = verified && signer !== null && signer.id === commit.committer.account?.id;
    found.push(
      ...personSightings(commit.committer, registry, {
        tier: signed ? 'verified' : 'declared',
        coAuthor: false,
        automation,
      }),
    );
  }
  if (isPushedByAnother(commit, change)) {
    found.push({ tier: 'heuristic', kind: 'author-not-pusher', agent: null, value: author?.account?.login ?? '' });
  }
  found.push(
    ...messageSightings(commit.message, registry),
    ...keySightings(commit.signature, registry),
    ...noteSightings(commit.aiNote, registry),
  );
  return found.map((sighting) => doubted(sighting, commit.authoredAt, registry));
}

/** A vendor's key is proof of where the commit was made, whoever stands as its author; a copied one is only a claim. */
function keySightings({ key }: CommitSignature, registry: AgentRegistry): readonly Sighting[] {
  const agent = key === null ? undefined : registry.agentByKey.get(key.fingerprint);
  if (key === null || agent === undefined) return [];
  return [{ tier: key.proven ? 'verified' : 'declared', kind: 'signing-key', agent, value: key.fingerprint }];
}

function noteSightings(note: string | null, registry: AgentRegistry): readonly Sighting[] {
  if (note === null) return [];
  const works = readAiNote(note);
  if (works === null) return [{ tier: 'heuristic', kind: 'note-unreadable', agent: null, value: '' }];
  return works.map(({ tool }) => {
    const name = tool.trim().toLowerCase();
    const product = productNamed(spaced(name), registry, { firstNames: true });
    return {
      tier: 'declared',
      kind: 'ai-note',
      agent: registry.agentByNoteTool.get(name) ?? product?.agent ?? null,
      value: tool,
    };
  });
}

/** A trace that a tool wrote by mistake on these days says less than the same trace on any other day. */
function doubted(sighting: Sighting, authoredAt: string, registry: AgentRegistry): Sighting {
  if (sighting.tier !== 'declared') return sighting;
  const day = authoredAt.slice(0, 10);
  const isFalse = registry.falseTraces.some(
    ({ address, first, last }) => sighting.value.endsWith(address) && first <= day && day <= last,
  );
  return isFalse ? { ...sighting, tier: 'heuristic', kind: 'false-trace-window' } : sighting;
}

/** The agent that a git identity names, by account or by mailbox, whether or not it is proven. */
export function agentOfPerson(person: GitPerson, registry: AgentRegistry): string | null {
  if (person.account !== null) {
    const agent = registry.agentByAccountId.get(person.account.id) ?? agentOfLogin(person.account.login, registry);
    if (agent !== null) return agent;
  }
  return agentOfMailbox(person.email, registry)?.agent ?? null;
}

function personSightings(
  person: GitPerson,
  registry: AgentRegistry,
  options: { readonly tier: SignalTier; readonly coAuthor: boolean; readonly automation: ReadonlySet<number> },
): readonly Sighting[] {
  const { account } = person;
  const agent = agentOfPerson(person, registry);
  if (agent !== null) {
    const mailbox = agentOfMailbox(person.email, registry);
    const byAccount = account !== null && (mailbox === null || registry.agentByAccountId.has(account.id));
    return [
      byAccount
        ? { tier: options.tier, kind: 'account', agent, value: account.login }
        : { tier: 'declared', kind: 'mailbox', agent, value: mailbox?.address ?? '' },
    ];
  }
  if (
    account !== null &&
    (options.automation.has(account.id) || (options.coAuthor && registry.machineIds.has(account.id)))
  )
    return [];
  const bot = account === null ? [] : notAUser(account);
  return bot.length > 0 ? bot : heuristicsOfPerson(person, registry, { coAuthor: options.coAuthor });
}

function isNobody({ account, name, email }: GitPerson): boolean {
  return account === null && (name.trim() === '' || email.trim() === '');
}

function isWebFlow({ account, email }: GitPerson): boolean {
  return account === null ? email.toLowerCase() === 'noreply@github.com' : account.id === WEB_FLOW_ID;
}

/** Unsigned, and the author is none of those who pushed to its branch: then only the mailbox says who wrote it (C11). */
function isPushedByAnother(commit: CommitFacts, change: ChangeFacts): boolean {
  const author = commit.authors[0]?.account;
  if (commit.signature.verified || author === null || author === undefined) return false;
  const pushers = pushersOf(commit, change);
  return pushers.length > 0 && pushers.every((pusher) => pusher?.id !== author.id);
}
