import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

import { buildSchema, GraphQLScalarType, type GraphQLSchema } from 'graphql';

let built: GraphQLSchema | undefined;

/** GitHub's published schema; every query is validated against the whole of it. Built once a process. */
export function gitHubSchema(): GraphQLSchema {
  if (built !== undefined) return built;
  const home = findPackageJSON('@octokit/graphql-schema', import.meta.url);
  if (home === undefined) throw new TypeError('@octokit/graphql-schema is not installed');
  // GitHub's own schema breaks newer rules about deprecated fields; it is taken as it is.
  const idl = readFileSync(join(dirname(home), 'schema.graphql'), 'utf8');
  built = buildSchema(idl, { assumeValid: true, assumeValidSDL: true, noLocation: true });
  const int = built.getType('Int');
  // GitHub's ids outgrew 32 bits and it sends them as Int all the same.
  if (int instanceof GraphQLScalarType) int.coerceOutputValue = (value) => (Number.isSafeInteger(value) ? value : null);
  return built;
}
