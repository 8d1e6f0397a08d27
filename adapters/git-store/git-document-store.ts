import { createHash } from 'node:crypto';
import { z } from 'zod';
import { GateError } from '../../core/errors.ts';
import type { Document, DocumentKey, DocumentStore } from '../../core/ports.ts';
import { readJson, toFile } from './json-file.ts';
import type { FileAccess } from './open-git-store.ts';

const stored = z.strictObject({
  id: z.strictObject({
    host: z.string(),
    installationId: z.int(),
    repositoryId: z.int(),
    kind: z.string(),
    key: z.string(),
  }),
  /** null: removed; its version stays, so that whoever read the older one cannot write over a newer one. */
  body: z.string().nullable(),
  version: z.int().positive(),
});

/** DocumentStore on a ref; whether a write waits for the server is the access's to say. */
export function gitDocumentStore({ look, write }: FileAccess): DocumentStore {
  const select = (kind: string, wanted: (id: DocumentKey) => boolean): Promise<readonly Document[]> =>
    look(async (view) => {
      const found: Document[] = [];
      for (const path of view.under(`documents/${checkedKind(kind)}`)) {
        const document = await readJson(view, path, stored);
        if (document !== null && document.body !== null && wanted(document.id)) {
          found.push({ ...document, body: document.body });
        }
      }
      return found.toSorted((one, other) => (one.id.key < other.id.key ? -1 : 1));
    });

  const change = (id: DocumentKey, body: string | null, expected: number): Promise<number> =>
    write(async (view) => {
      const path = pathOf(id);
      const before = await readJson(view, path, stored);
      const current = before === null || before.body === null ? 0 : before.version;
      if (current !== expected) {
        throw new GateError('ERR_STORE_CONFLICT', `a document of kind ${id.kind} was changed by somebody else first`);
      }
      const version = (before?.version ?? 0) + 1;
      const { host, installationId, repositoryId, kind, key } = id;
      view.write(path, toFile({ id: { host, installationId, repositoryId, kind, key }, body, version }));
      return version;
    });

  return {
    get: (id) =>
      look(async (view) => {
        const found = await readJson(view, pathOf(id), stored);
        return found === null || found.body === null ? null : { ...found, body: found.body };
      }),
    put: async (id, body, expected) => ({ id, body, version: await change(id, body, expected) }),
    list: ({ host, installationId, repositoryId, kind }) =>
      select(
        kind,
        (id) => id.host === host && id.installationId === installationId && id.repositoryId === repositoryId,
      ),
    listAll: (kind) => select(kind, () => true),
    remove: async (id, expected) => {
      if (expected === 0) throw new GateError('ERR_STORE_CONFLICT', 'a document that is not there cannot be removed');
      await change(id, null, expected);
    },
  };
}

function pathOf({ host, installationId, repositoryId, kind, key }: DocumentKey): string {
  if (![installationId, repositoryId].every(Number.isSafeInteger)) {
    throw new GateError('ERR_INPUT', 'an integer is outside what can be stored exactly');
  }
  const name = createHash('sha256')
    .update(JSON.stringify([host, installationId, repositoryId, key]))
    .digest('hex');
  return `documents/${checkedKind(kind)}/${name.slice(0, 2)}/${name.slice(2, 42)}`;
}

function checkedKind(kind: string): string {
  if (!/^[a-z]+(?:-[a-z]+)*$/.test(kind)) throw new GateError('ERR_INPUT', 'a kind of document has another name');
  return kind;
}
