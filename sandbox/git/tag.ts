import { formatPerson, parsePerson, type Person } from './commit.ts';

export interface Tag {
  /** What it names. */
  readonly object: string;
  readonly type: string;
  readonly name: string;
  readonly tagger: Person;
  readonly message: string;
}

/** An annotated tag: an object of its own between the ref and the commit. */
export function formatTag(tag: Tag): Buffer {
  const head = [`object ${tag.object}`, `type ${tag.type}`, `tag ${tag.name}`, `tagger ${formatPerson(tag.tagger)}`];
  return Buffer.from(`${head.join('\n')}\n\n${tag.message}\n`);
}

export function parseTag(body: Buffer): Tag {
  const text = body.toString('utf8');
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, end).split('\n');
  const value = (key: string): string => lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? '';
  return {
    object: value('object'),
    type: value('type'),
    name: value('tag'),
    tagger: parsePerson(value('tagger')),
    message: text.slice(end + 2),
  };
}
