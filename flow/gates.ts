import type { RepositoryRef } from '../core/facts.ts';
import type { RecordPorts } from '../core/ports.ts';
import type { GateKey } from '../core/request.ts';
import { load, remove, save } from './state.ts';
import type { GateState, RunState } from './state.ts';

/** The gates of one run as they are remembered; every change is durable before the next step is taken. */
export interface Gates {
  readonly all: () => readonly GateState[];
  /** Adds the gate, or replaces the one of the same attempt, environment and opening. */
  readonly put: (gate: GateState) => Promise<GateState>;
}

export async function loadGates(ports: RecordPorts, ref: RepositoryRef, runId: number): Promise<Gates> {
  const key = String(runId);
  let stored = (await load(ports.documents, ref, 'run', key)) ?? { body: { gates: [] } satisfies RunState, version: 0 };
  return {
    all: () => stored.body.gates,
    put: async (gate) => {
      if (stored.version === 0 && (await load(ports.documents, ref, 'open-run', key)) === null) {
        await save(ports.documents, ref, 'open-run', key, { body: {}, version: 0 });
      }
      const others = stored.body.gates.filter((known) => !isSameGate(known, gate));
      const known = others.length < stored.body.gates.length;
      const gates = known ? stored.body.gates.map((each) => (isSameGate(each, gate) ? gate : each)) : [...others, gate];
      stored = await save(ports.documents, ref, 'run', key, { body: { gates }, version: stored.version });
      return gate;
    },
  };
}

/** Keeps the list of runs that a sweep must look at in line with what is still open. */
export async function markOpenRun(
  ports: RecordPorts,
  ref: RepositoryRef,
  runId: number,
  gates: readonly GateState[],
): Promise<void> {
  const key = String(runId);
  const open = gates.some((gate) => gate.state !== 'closed' || gate.released?.outcome === null);
  const marked = (await load(ports.documents, ref, 'open-run', key)) !== null;
  if (open && !marked) await save(ports.documents, ref, 'open-run', key, { body: {}, version: 0 });
  if (!open && marked) await remove(ports.documents, ref, 'open-run', key);
}

export function gateKey(runId: number, gate: Omit<GateKey, 'runId'>): GateKey {
  return { runId, attempt: gate.attempt, environment: gate.environment, opening: gate.opening };
}

/** The gate's name within events and report lines. */
export function gateName(runId: number, gate: GateState): string {
  return `${runId}/${gate.attempt}/${gate.environment}/${gate.opening}`;
}

function isSameGate(left: GateState, right: GateState): boolean {
  return left.attempt === right.attempt && left.environment === right.environment && left.opening === right.opening;
}
