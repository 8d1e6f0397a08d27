import http from 'node:http';
import { because } from '../core/gate/reasons.ts';
import { ActionFailure } from './failure.ts';

const ADDRESSES: ReadonlySet<string> = new Set(['http_proxy', 'https_proxy']);

/**
 * Many self-hosted runners reach GitHub only by a proxy, which they name in the environment; Node does not look there by
 * itself. TLS goes through it to its end, so a proxy that a step before named can stop the gate and nothing else.
 * @throws {ActionFailure} `runner-context-unusable` for what is no address
 */
export function useProxy(env: NodeJS.ProcessEnv): void {
  const named = Object.entries(env).find(([name, value]) => ADDRESSES.has(name.toLowerCase()) && value !== '');
  if (named === undefined) return;
  // Newer than the types, and than the first Node 24 that runners had: those need NODE_USE_ENV_PROXY=1 (docs/action.md).
  const set: unknown = Reflect.get(http, 'setGlobalProxyFromEnv');
  if (typeof set !== 'function') return;
  try {
    Reflect.apply(set, http, [env]);
  } catch {
    throw new ActionFailure(because('runner-context-unusable', { what: `the proxy in ${named[0]}` }));
  }
}
