import { createHmac } from 'node:crypto';

export interface Person {
  readonly name: string;
  readonly email: string;
  /** Seconds since the epoch. */
  readonly seconds: number;
}

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  /** As it stands in the commit, or null. */
  readonly signature: string | null;
  readonly message: string;
  /** The commit without its signature: what is signed. */
  readonly payload: string;
}

export type CommitParts = Omit<Commit, 'sha' | 'payload' | 'signature'>;

/** Signs as GitHub does for what is made in its own editor or by an App without author and committer. */
export const GITHUB_SIGNER = 'web-flow';

export function formatCommit(parts: CommitParts, signer?: string): Buffer {
  const head = [
    `tree ${parts.tree}`,
    ...parts.parents.map((parent) => `parent ${parent}`),
    `author ${formatPerson(parts.author)}`,
    `committer ${formatPerson(parts.committer)}`,
  ].join('\n');
  const payload = `${head}\n\n${parts.message}`;
  if (signer === undefined) return Buffer.from(payload);
  return withSignature(payload, sign(payload, signer));
}

export function withSignature(payload: string, signature: string): Buffer {
  const end = payload.indexOf('\n\n');
  const header = `gpgsig ${signature.trimEnd().split('\n').join('\n ')}`;
  return Buffer.from(`${payload.slice(0, end)}\n${header}${payload.slice(end)}`);
}

export function parseCommit(sha: string, body: Buffer): Commit {
  const text = body.toString('utf8');
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, end).split('\n');
  const message = text.slice(end + 2);
  const kept: string[] = [];
  const signature: string[] = [];
  let inSignature = false;
  for (const line of lines) {
    inSignature = line.startsWith('gpgsig ') || (inSignature && line.startsWith(' '));
    if (inSignature) signature.push(line.startsWith('gpgsig ') ? line.slice(7) : line.slice(1));
    else kept.push(line);
  }
  const values = (key: string): string[] =>
    kept.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  return {
    sha,
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: parsePerson(values('author')[0] ?? ''),
    committer: parsePerson(values('committer')[0] ?? ''),
    signature: signature.length === 0 ? null : signature.join('\n'),
    message,
    payload: `${kept.join('\n')}\n\n${message}`,
  };
}

/** Who signed, if the signature really belongs to this commit; copied signatures do not verify. */
export function signerOf(commit: Commit): string | null {
  if (commit.signature === null) return null;
  const line = commit.signature.split('\n').find((part) => part.startsWith('sandbox.'));
  const signer = line === undefined ? undefined : Buffer.from(line.split('.')[1] ?? '', 'base64').toString();
  return signer !== undefined && sign(commit.payload, signer) === commit.signature ? signer : null;
}

function sign(payload: string, signer: string): string {
  const mac = createHmac('sha256', `sandbox key of ${signer}`).update(payload).digest('base64');
  const line = `sandbox.${Buffer.from(signer).toString('base64')}.${mac}`;
  return `-----BEGIN PGP SIGNATURE-----\n\n${line}\n-----END PGP SIGNATURE-----`;
}

export function formatPerson(person: Person): string {
  const clean = (text: string): string => text.replaceAll(/[<>\n\0]/g, '');
  return `${clean(person.name)} <${clean(person.email)}> ${person.seconds} +0000`;
}

export function parsePerson(line: string): Person {
  const match = /^(.*?) ?<([^>]*)> (\d+) [+-]\d{4}$/.exec(line);
  return { name: match?.[1] ?? '', email: match?.[2] ?? '', seconds: Number(match?.[3] ?? 0) };
}
