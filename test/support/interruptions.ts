import type { Ports } from '../../core/ports.ts';

/** One call of a port by the flow. */
export interface PortCall {
  /** Counts from 1 since the ports were wrapped or `from` was last set. */
  readonly n: number;
  /** e.g. `gatekeeper.answerDeployment`. */
  readonly name: string;
  readonly write: boolean;
}

/** Does what the call does, or something else in its place. */
export type Interruption = (call: PortCall, proceed: () => Promise<unknown>) => Promise<unknown>;

const WRITES = /^(gatekeeper\.|log\.append|documents\.(put|remove)|queue\.enqueue)/;
const ROOMS = ['forge', 'policy', 'people', 'gatekeeper', 'log', 'documents', 'queue'] as const;

/**
 * Every port call of the flow passes `interrupt`. The calls themselves stay the real adapters': this is where replies are
 * lost, power is cut, and the world moves on between two steps.
 */
export function interruptible(interrupt: Interruption): (ports: Ports) => Ports {
  let n = 0;
  const wrap = <Room extends object>(room: Room, roomName: string): Room =>
    new Proxy(room, {
      get(target, property, receiver): unknown {
        const value: unknown = Reflect.get(target, property, receiver);
        if (typeof value !== 'function' || typeof property !== 'string') return value;
        return (...args: unknown[]): Promise<unknown> => {
          n += 1;
          const name = `${roomName}.${property}`;
          return interrupt({ n, name, write: WRITES.test(name) }, async () => Reflect.apply(value, target, args));
        };
      },
    });
  return (ports) => {
    const wrapped: Ports = { ...ports };
    return ROOMS.reduce((all, room) => ({ ...all, [room]: wrap(ports[room], room) }), wrapped);
  };
}

/** A call that never comes back: what a killed process experiences. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
