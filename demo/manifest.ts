import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What an App asks for when it is registered from `app/app.yml`. */
export interface Manifest {
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  readonly events: readonly string[];
}

export function readManifest(): Manifest {
  const manifest: unknown = parse(readFileSync(join(import.meta.dirname, '..', 'app', 'app.yml'), 'utf8'));
  const permissions: Record<string, 'read' | 'write'> = {};
  for (const [name, access] of Object.entries(member(manifest, 'default_permissions') ?? {})) {
    if (access !== 'read' && access !== 'write') throw new Error(`app.yml asks for ${name} in an unknown way`);
    permissions[name] = access;
  }
  const events = member(manifest, 'default_events');
  if (!Array.isArray(events)) throw new Error('app.yml names no events');
  return { permissions, events: events.map(String) };
}

function member(value: unknown, name: string): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  return typeof found === 'object' && found !== null ? found : undefined;
}
