import { isObject } from '../evidence/strict-json.ts';
import type { ResourceChange } from './plan-schema.ts';

/** Stands where a value is not known before apply, or is marked as sensitive and so is not looked at. */
export const HIDDEN: unique symbol = Symbol('hidden');

/** Deeper than any provider's schema. */
const DEPTH_MAX = 24;

export interface Attribute {
  /** undefined: not there. `HIDDEN` may stand anywhere in it. */
  readonly before: unknown;
  readonly after: unknown;
}

export type Effect = 'none' | 'create' | 'read' | 'update' | 'delete' | 'replace' | 'forget' | 'unknown';

/** One entry of `resource_changes`, as the rules look at it. */
export interface ChangedResource {
  readonly address: string;
  readonly type: string;
  readonly isData: boolean;
  readonly effect: Effect;
  /** It is made new before the old one goes. */
  readonly createsFirst: boolean;
  /** `delete`, whatever else happens to it: a future combination of actions still counts. */
  readonly destroys: boolean;
  /** It is there afterwards and was changed. */
  readonly lives: boolean;
  readonly change: ResourceChange;
  /** Whether the configuration sets this attribute (no block), as far as is known: what it does not set is the provider's. */
  readonly maySet: (name: string) => boolean;
  /** Values of one attribute at the top of the resource. */
  readonly read: (name: string) => Attribute;
}

const KNOWN_ACTIONS: ReadonlySet<string> = new Set(['no-op', 'create', 'read', 'update', 'delete', 'forget']);

/** @param configured attributes that the configuration sets; undefined: it is not known */
export function toChangedResource(
  resource: ResourceChange,
  configured: ReadonlySet<string> | undefined,
): ChangedResource {
  const { change } = resource;
  const effect = effectOf(change.actions);
  return {
    address: resource.address,
    type: resource.type,
    isData: resource.mode === 'data',
    effect,
    createsFirst: change.actions[0] === 'create' && change.actions.length > 1,
    destroys: change.actions.includes('delete'),
    lives: ['create', 'update', 'replace', 'unknown'].includes(effect) || change.actions.includes('create'),
    change: resource,
    maySet: (name) => configured === undefined || configured.has(name),
    read: (name) => ({
      before: masked(member(change.before, name), marker(change.before_sensitive, name), false, 0),
      after: masked(
        member(change.after, name),
        marker(change.after_sensitive, name),
        marker(change.after_unknown, name),
        0,
      ),
    }),
  };
}

function effectOf(actions: readonly string[]): Effect {
  const all = new Set(actions);
  if (actions.some((action) => !KNOWN_ACTIONS.has(action))) return 'unknown';
  if (all.has('delete')) return all.has('create') ? 'replace' : 'delete';
  if (all.has('forget')) return 'forget';
  if (all.size > 1) return 'unknown';
  const [only = ''] = actions;
  return only === 'create' || only === 'read' || only === 'update' ? only : 'none';
}

/** @returns undefined for what is not there or inherited */
export function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** A marker is `true` for all below it, or has the form of the value. */
function marker(markers: unknown, name: string | number): unknown {
  if (markers === true) return true;
  return Array.isArray(markers) ? markers[Number(name)] : member(markers, String(name));
}

function masked(value: unknown, sensitive: unknown, unknown: unknown, depth: number): unknown {
  if (sensitive === true || unknown === true || depth > DEPTH_MAX) return HIDDEN;
  if (Array.isArray(value) || Array.isArray(unknown)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    const length = Math.max(items.length, Array.isArray(unknown) ? unknown.length : 0);
    return Array.from({ length }, (_, at) => masked(items[at], marker(sensitive, at), marker(unknown, at), depth + 1));
  }
  if (isObject(value) || isObject(unknown)) {
    const names = new Set([
      ...Object.keys(isObject(value) ? value : {}),
      ...Object.keys(isObject(unknown) ? unknown : {}),
    ]);
    // Object.fromEntries defines members, so that `__proto__` is one like any other.
    return Object.fromEntries(
      [...names].map((name) => [
        name,
        masked(member(value, name), marker(sensitive, name), marker(unknown, name), depth + 1),
      ]),
    );
  }
  return value;
}

/** The entries of a block: a list of one in most providers, sometimes the object itself. */
export function blocks(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((each) => isObject(each));
}

/** The texts of a list, or of one text. */
export function texts(value: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((each) => typeof each === 'string');
}

/** Whether something in it cannot be judged. */
export function hasHidden(value: unknown): boolean {
  if (value === HIDDEN) return true;
  if (Array.isArray(value)) return value.some(hasHidden);
  return isObject(value) && Object.values(value).some(hasHidden);
}
