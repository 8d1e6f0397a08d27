import { z } from 'zod';
import { GateError } from '../../core/errors.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { RepositoryClients } from './client.ts';
import { NOTES_A_CALL, notesOperation } from './graphql-operations.ts';
import { idSchema } from './wire/account.ts';
import { noteBlobSchema } from './wire/commit.ts';
import { parseWire } from './wire/parse-wire.ts';

const notesSchema = z.object({ repository: z.object({ databaseId: idSchema }).catchall(z.unknown()) });

/**
 * The git-ai notes of these commits, by SHA; commits without one are left out. A note that GitHub cuts is an empty text.
 *
 * @param notes commit that `refs/notes/ai` pointed to; anyone who can push can write it, so a note only ever tightens
 */
export async function readAiNotes(
  client: RepositoryClients,
  ref: RepositoryRef,
  notes: string,
  shas: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let start = 0; start < shas.length; start += NOTES_A_CALL) {
    const part = shas.slice(start, start + NOTES_A_CALL);
    const variables = Object.fromEntries(
      part.flatMap((sha, index) =>
        pathsOf(sha).map((path, depth) => [`p${index}x${depth}`, `${notes}:${path}`] as const),
      ),
    );
    const data = await client
      .clientFor(ref)
      .graphql(notesOperation(part.length), { owner: ref.owner, repo: ref.name, ...variables });
    const { repository } = parseWire(notesSchema, data, 'graphql notes');
    if (repository.databaseId !== ref.id)
      throw new GateError('ERR_FORGE_NOT_FOUND', 'graphql notes answered another repository');
    for (const [index, sha] of part.entries()) {
      const texts = [0, 1, 2].map((depth) =>
        parseWire(noteBlobSchema, repository[`p${index}x${depth}`], 'graphql notes'),
      );
      const note = texts.find((text) => text !== null);
      if (note !== undefined && note !== null) found.set(sha, note);
    }
  }
  return found;
}

/** git moves notes into folders by the first digits of the commit as they become many. */
function pathsOf(sha: string): readonly string[] {
  return [sha, `${sha.slice(0, 2)}/${sha.slice(2)}`, `${sha.slice(0, 2)}/${sha.slice(2, 4)}/${sha.slice(4)}`];
}
