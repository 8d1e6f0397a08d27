import type { components } from '@octokit/openapi-types';

/** GitHub's published answers: what every route of the sandbox is typed with. */
export type Schemas = components['schemas'];

/** ISO-8601 UTC in whole seconds, as GitHub writes times. */
export function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}

/** Opaque global id; `parseNodeId` reads it back. */
export function nodeId(kind: string, id: number | string): string {
  return `${kind}_${Buffer.from(`sandbox:${id}`).toString('base64url')}`;
}

export function parseNodeId(text: string): { readonly kind: string; readonly id: string } | null {
  const match = /^([A-Z]+)_([\w-]+)$/i.exec(text);
  const inner = match?.[2] === undefined ? '' : Buffer.from(match[2], 'base64url').toString();
  if (match?.[1] === undefined || !inner.startsWith('sandbox:')) return null;
  return { kind: match[1], id: inner.slice('sandbox:'.length) };
}
