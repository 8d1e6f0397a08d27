import { isObject } from '../evidence/strict-json.ts';
import { member } from './changed-resource.ts';

const MODULES_MAX_DEPTH = 50;

/** What is read of the configuration within a plan; addresses stand without the keys of instances. */
export interface Configuration {
  /** Resources with a provisioner. */
  readonly provisioned: ReadonlySet<string>;
  /** Data sources that ran a program while the plan was made. */
  readonly ranWhilePlanning: readonly string[];
  /** Names of the attributes that the configuration sets. Blocks may be missing: dynamic ones do not stand in a plan. */
  readonly attributes: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Modules deeper than any real one are not walked. */
export function readConfiguration(configuration: unknown): Configuration {
  const provisioned = new Set<string>();
  const ranWhilePlanning: string[] = [];
  const attributes = new Map<string, ReadonlySet<string>>();
  const walk = (module: unknown, prefix: string, depth: number): void => {
    if (depth > MODULES_MAX_DEPTH) return;
    const resources = member(module, 'resources');
    for (const resource of Array.isArray(resources) ? resources : []) {
      const name: unknown = member(resource, 'address');
      if (typeof name !== 'string') continue;
      const address = `${prefix}${name}`;
      const provisioners: unknown = member(resource, 'provisioners');
      const expressions: unknown = member(resource, 'expressions');
      if (Array.isArray(provisioners) && provisioners.length > 0) provisioned.add(address);
      if (isObject(expressions)) attributes.set(address, new Set(Object.keys(expressions)));
      if (member(resource, 'mode') === 'data' && member(resource, 'type') === 'external')
        ranWhilePlanning.push(address);
    }
    const calls = member(module, 'module_calls');
    for (const [name, call] of isObject(calls) ? Object.entries(calls) : []) {
      walk(member(call, 'module'), `${prefix}module.${name}.`, depth + 1);
    }
  };
  walk(member(configuration, 'root_module'), '', 0);
  return { provisioned, ranWhilePlanning, attributes };
}

/** `module.a["x"].aws_b.c[0]` becomes `module.a.aws_b.c`, as the configuration names it. */
export function configurationAddress(address: string): string {
  let kept = '';
  let isKey = false;
  let isString = false;
  for (let at = 0; at < address.length; at += 1) {
    const character = address.charAt(at);
    if (isString && character === '\\') at += 1;
    else if (isKey && character === '"') isString = !isString;
    else if (isKey) isKey = isString || character !== ']';
    else if (character === '[') isKey = true;
    else kept += character;
  }
  return kept;
}
