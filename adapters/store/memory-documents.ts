import { GateError } from '../../core/errors.ts';
import type { Document, DocumentKey, DocumentStore } from '../../core/ports.ts';

/** What a look needs to remember until it ends: nothing is kept and nothing of the App's own store is seen. */
export function createMemoryDocuments(): DocumentStore {
  const kept = new Map<string, Document>();
  return {
    get: async (id) => kept.get(nameOf(id)) ?? null,
    put: async (id, body, expected) => {
      if ((kept.get(nameOf(id))?.version ?? 0) !== expected) {
        throw new GateError('ERR_STORE_CONFLICT', 'the document has another version');
      }
      const document = { id, body, version: expected + 1 };
      kept.set(nameOf(id), document);
      return document;
    },
    list: async ({ kind, repositoryId }) =>
      [...kept.values()].filter(({ id }) => id.kind === kind && id.repositoryId === repositoryId),
    listAll: async (kind) => [...kept.values()].filter(({ id }) => id.kind === kind),
    remove: async (id) => void kept.delete(nameOf(id)),
  };
}

function nameOf({ host, installationId, repositoryId, kind, key }: DocumentKey): string {
  return JSON.stringify([host, installationId, repositoryId, kind, key]);
}
