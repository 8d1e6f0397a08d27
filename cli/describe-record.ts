import type { EvidenceRecord } from '../core/evidence/records/parse-record.ts';
import { isObject } from '../core/evidence/strict-json.ts';

/** One line of what a record says; everything in it is its writer's claim. */
export type RecordLine = readonly [label: string, value: string];

/** Fields that say what a record is about, in the order in which a person asks. */
const said = [
  ['environment', ['gate', 'environment']],
  ['run', ['gate', 'runId']],
  ['attempt', ['gate', 'attempt']],
  ['pull request', ['number']],
  ['pull request', ['pullRequest']],
  ['pull request', ['request', 'number']],
  ['environment', ['request', 'gate', 'environment']],
  ['run', ['request', 'gate', 'runId']],
  ['commit', ['headSha']],
  ['commit', ['request', 'headSha']],
  ['decision', ['decision', 'kind']],
  ['verdict', ['verdict']],
  ['counts', ['counts']],
  ['assurance', ['assurance']],
  ['outcome', ['conclusion']],
  ['how', ['how']],
  ['not after', ['notAfter']],
  ['request', ['requestDigest']],
  ['authorisation', ['authorisedDigest']],
  ['release', ['releasedDigest']],
  ['policy', ['policyDigest']],
  ['facts', ['factsDigest']],
] as const;

/** Who, what and why, from a record of any kind: an unknown field is left out, never guessed at. */
export function describeRecord({ predicate }: EvidenceRecord): RecordLine[] {
  const lines: RecordLine[] = peopleIn(predicate, '').map(([role, person]) => ['who', `${person} (${role})`]);
  for (const [label, path] of said) {
    const value = path.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), predicate);
    const isSaid = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (isSaid) lines.push([label, String(value)]);
  }
  const because = predicate['because'];
  const codes = Array.isArray(because) ? because.map((reason) => (isObject(reason) ? reason['code'] : undefined)) : [];
  const known = codes.filter((code) => typeof code === 'string');
  if (known.length > 0) lines.push(['because', known.join(', ')]);
  return lines;
}

/** Every account anywhere in it, with the field that names it. Ids are who it is; a login may belong to another tomorrow. */
function peopleIn(value: unknown, field: string): [role: string, person: string][] {
  if (Array.isArray(value)) return value.flatMap((member) => peopleIn(member, field));
  if (!isObject(value)) return [];
  const { id, login } = value;
  if (typeof id === 'number' && typeof login === 'string') return [[field, `${login}, account ${id}`]];
  return Object.entries(value).flatMap(([name, member]) => peopleIn(member, name));
}
