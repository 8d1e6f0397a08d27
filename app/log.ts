import type { Probot } from 'probot';
import type { Report } from '../flow/report.ts';

/** Every field that a log line may have. A field that is not listed is left out, whoever wrote it. */
const FIELDS: ReadonlySet<string> = new Set([
  'actor',
  'attempt',
  'by',
  'change',
  'check',
  'checkpointKey',
  'code',
  'decision',
  'delivery',
  'detail',
  'error',
  'event',
  'found',
  'gate',
  'how',
  'index',
  'job',
  'kind',
  'outcome',
  'path',
  'permission',
  'pull',
  'reason',
  'record',
  'recordKey',
  'repositories',
  'repository',
  'run',
  'sha',
  'status',
  'subject',
  'tries',
  'url',
  'variables',
  'waitMs',
]);

/** Names of environments and accounts are foreign text: JSON escapes them, this keeps them short. */
const MAX_CHARACTERS = 300;

/** Writes report lines as JSON through Probot's logger. */
export function createReport(log: Probot['log']): Report {
  return ({ level, message, fields }) => {
    const kept: Record<string, string | number | boolean | null> = {};
    for (const [name, value] of Object.entries(fields)) {
      if (FIELDS.has(name)) kept[name] = typeof value === 'string' ? value.slice(0, MAX_CHARACTERS) : value;
    }
    log[level](kept, message);
  };
}
