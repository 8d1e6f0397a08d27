import { GateError } from '../../core/errors.ts';
import type { ForgeReader } from '../../core/ports.ts';
import type { RepositoryClients } from './client.ts';
import { createCommitReader } from './commit-reader.ts';
import { createPullReader } from './pull-reader.ts';
import { createRunReader } from './run-reader.ts';
import { parseWire } from './wire/parse-wire.ts';
import { repositorySchema } from './wire/repository.ts';

/** Everything that the flow reads of GitHub. Asked anew every time; complete or an error. */
export function createGitHubReader(client: RepositoryClients): ForgeReader {
  return {
    ...createRunReader(client),
    ...createCommitReader(client),
    ...createPullReader(client),

    repository: async (ref) => {
      const route = 'GET /repos/{owner}/{repo}';
      const { data } = await client.clientFor(ref).request(route);
      const answer = parseWire(repositorySchema, data, route);
      // A name can be given away and taken by somebody else; the id cannot (C60).
      if (answer.id !== ref.id) throw new GateError('ERR_FORGE_NOT_FOUND', `${route} answered another repository`);
      return {
        ref: { ...ref, owner: answer.owner.login, name: answer.name },
        defaultBranch: answer.default_branch,
        private: answer.private,
        ownerType: answer.owner.type,
      };
    },
  };
}
