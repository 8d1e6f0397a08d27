import type { Account } from '../actors/account.ts';
import { readAiNote } from '../authorship/ai-note.ts';
import { agentOfPerson } from '../authorship/commit-signals.ts';
import type { AgentRegistry } from '../authorship/registry.ts';
import { namedMailbox, searchable, trailersOf } from '../authorship/trailers.ts';
import type { Trailer } from '../authorship/trailers.ts';
import type { CommitFacts, GitPerson } from '../facts.ts';
import { accountOfPerson } from './known-mailboxes.ts';
import { askersInMessage, personIn } from './named-people.ts';
import type { PartyGraph } from './party-graph.ts';

/** What `Commit suggestion` writes where nobody changes it. */
const SUGGESTION = /^(?:Apply suggestions? from |Update )/;

/**
 * Everyone whom a commit names. Git text only: a forged trailer can exclude an approver but never admit one (C2, C11).
 *
 * @param mailboxes from `knownMailboxes` of the whole change
 */
export function addCommit(
  graph: PartyGraph,
  commit: CommitFacts,
  { merges, mailboxes, registry }: CommitContext,
): void {
  const sha = commit.sha.slice(0, 7);
  const [author, ...coAuthors] = commit.authors;
  const trailers = trailersOf(searchable(commit.message));
  const known = (person: GitPerson): Account | null =>
    accountOfPerson(person) ?? mailboxes.get(person.email.trim().toLowerCase()) ?? null;
  const byAgent = isByAgent(commit, registry);
  const suggested = isSuggestion(commit);
  graph.add(accountOfPerson(author), isMerge(commit, merges) ? 'merger' : 'author', `commit ${sha}`, 'git');
  for (const person of [...coAuthors, ...trailerPeople(trailers, 'co-authored-by')]) {
    const account = known(person);
    graph.add(account, 'co-author', `co-author trailer of ${sha}`, 'git');
    if (suggested) graph.add(account, 'suggestion-author', `suggestion accepted in ${sha}`, 'git');
    // Copilot and Devin name who asked them only as a co-author (C2).
    if (byAgent && agentOfPerson(person, registry) === null) {
      graph.add(account, 'sponsor', `co-author trailer of ${sha}`, 'git');
    }
  }
  graph.add(accountOfPerson(commit.committer), 'committer', `commit ${sha}`, 'git');
  if (commit.signature.verified && commit.signature.signer !== null) {
    graph.add(commit.signature.signer, 'committer', `signature of ${sha}`, 'api');
  }
  if (byAgent) {
    // An agent must not sign off: the signer answers for it (Linux kernel, coding-assistants).
    for (const person of trailerPeople(trailers, 'signed-off-by')) {
      if (agentOfPerson(person, registry) === null) graph.add(known(person), 'sponsor', `sign-off of ${sha}`, 'text');
    }
    for (const asker of askersInMessage(commit.message)) graph.addNamed(asker, `trailer of ${sha}`);
  }
  addNote(graph, commit, author);
}

export interface CommitContext {
  /** SHAs of merges that GitHub made of a countersigned head. */
  readonly merges: ReadonlySet<string>;
  readonly mailboxes: ReadonlyMap<string, Account>;
  readonly registry: AgentRegistry;
}

/** Only a merge that GitHub itself made and signed: anything else could carry its author's own changes (C21). */
export function isMerge(commit: CommitFacts, merges: ReadonlySet<string>): boolean {
  return merges.has(commit.sha) && commit.parents.length > 1 && commit.signature.verified && commit.signature.byGitHub;
}

/** An agent stands among the people of the commit, or signed it. */
export function isByAgent({ authors, committer, signature }: CommitFacts, registry: AgentRegistry): boolean {
  return (
    authors.some((person) => agentOfPerson(person, registry) !== null) ||
    agentOfPerson(committer, registry) !== null ||
    (signature.key !== null && registry.agentByKey.has(signature.key.fingerprint))
  );
}

/** A reviewer's words that somebody took over with GitHub's button: GitHub signs, the reviewer is co-author (C20). */
function isSuggestion({ signature, parents, message, sha, pulls }: CommitFacts): boolean {
  const { verified, byGitHub } = signature;
  if (!verified || !byGitHub || parents.length !== 1 || !SUGGESTION.test(message)) return false;
  return !pulls.some(({ mergeCommitSha }) => mergeCommitSha === sha);
}

/** Who prompted, as git-ai wrote it down; the author of the commit under the same bare name needs no looking up. */
function addNote(graph: PartyGraph, { sha, aiNote }: CommitFacts, author: GitPerson | undefined): void {
  for (const { human } of aiNote === null ? [] : (readAiNote(aiNote) ?? [])) {
    if (human === null) continue;
    const person = personIn(human);
    const where = `prompt author in the AI note of ${sha.slice(0, 7)}`;
    const isAuthor = person.email === null && author?.name.trim() === person.name;
    if (isAuthor) graph.add(accountOfPerson(author), 'sponsor', where, 'text');
    else graph.addNamed(person, where);
  }
}

/** GitHub reads a trailer only where git does; one that a squash flattened or oddly spaced still names its person. */
function trailerPeople(trailers: readonly Trailer[], wanted: string): readonly GitPerson[] {
  return trailers.flatMap(({ key, value }) => {
    if (key !== wanted) return [];
    const { name, email } = namedMailbox(value);
    return email === null ? [] : [{ name, email, account: null }];
  });
}
