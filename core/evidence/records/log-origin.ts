import type { Parsed } from '../bytes.ts';

/** Whose log it is, by numeric ids: a repository that is renamed or transferred keeps them; names are display. */
export interface LogOrigin {
  /** Lower case; with `:port` where it is not the usual one. */
  readonly host: string;
  readonly installationId: number;
  readonly repositoryId: number;
  /** 1, 2, …: a rewritten branch starts a new log. */
  readonly generation: number;
}

/**
 * Installation id of every log that workflows write without the App: the App refuses to work for it, and whoever reads only the name of a log
 * knows how far to trust it (grade `workflow-sealed`).
 */
export const WORKFLOW_INSTALLATION = 1;

/** `github.com/12345/67890/1`. It is the checkpoint's first line and the name of the checkpoint key. */
export function formatOrigin({ host, installationId, repositoryId, generation }: LogOrigin): string {
  return `${host}/${installationId}/${repositoryId}/${generation}`;
}

export function parseOrigin(text: string): Parsed<LogOrigin> {
  const match = /^([a-z0-9.-]+(?::\d{1,5})?)\/([1-9]\d*)\/([1-9]\d*)\/([1-9]\d*)$/.exec(text);
  const [, host, ...numbers] = match ?? [];
  const [installationId, repositoryId, generation] = numbers.map(Number);
  if (host === undefined || installationId === undefined || repositoryId === undefined || generation === undefined) {
    return { ok: false, issue: 'an origin is host/installation id/repository id/generation' };
  }
  if (![installationId, repositoryId, generation].every(Number.isSafeInteger)) {
    return { ok: false, issue: 'an id in the origin is too large' };
  }
  return { ok: true, value: { host, installationId, repositoryId, generation } };
}

/** Name of the key that signs records; the checkpoint key is named by the origin itself. */
export function recordKeyName(origin: string): string {
  return `${origin}/record`;
}
