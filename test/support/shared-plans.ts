import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isObject } from '../../core/evidence/strict-json.ts';

/** Plans that others published and that were made here (shared/plans/README.md); they stand beside the project. */
const shared = process.env['COUNTERSIGN_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url));
export const plansFolder = join(shared, 'plans');
export const hasPlans = existsSync(plansFolder);

export interface SharedPlan {
  /** Below the folder of plans. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Every JSON file that there is but the list of them. */
export function sharedPlans(): readonly SharedPlan[] {
  if (!hasPlans) return [];
  return readdirSync(plansFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json') && path !== 'MANIFEST.json')
    .toSorted()
    .map((path) => ({ path, bytes: readFileSync(join(plansFolder, path)) }));
}

export interface ManifestEntry {
  readonly file: string;
  /** Action, or actions joined by `/`, to how many resources have them; null: it is no plan. */
  readonly actions: Readonly<Record<string, unknown>> | null;
  readonly resourceChanges: unknown;
  readonly formatVersion: unknown;
  readonly terraformVersion: unknown;
}

export function manifest(): readonly ManifestEntry[] {
  const path = join(plansFolder, 'MANIFEST.json');
  if (!existsSync(path)) return [];
  const entries: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(entries)) throw new TypeError('the manifest is no list');
  return entries.map((entry: unknown) => {
    if (!isObject(entry) || typeof entry['file'] !== 'string') throw new TypeError('the manifest has no file');
    const { actions } = entry;
    return {
      file: entry['file'],
      actions: isObject(actions) ? actions : null,
      resourceChanges: entry['resource_changes'],
      formatVersion: entry['format_version'],
      terraformVersion: entry['terraform_version'],
    };
  });
}

/** What a person makes of a file that is refused for its encoding or its noise, by the way out of the reason. */
export function mended(bytes: Uint8Array): Uint8Array {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes);
  const lines = text.split('\n').filter((line) => !/^(?:\[command\]|::)/.test(line));
  return new TextEncoder().encode(lines.join('\n').replace(/^\uFEFF/, ''));
}
