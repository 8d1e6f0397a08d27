import { GateError } from '../core/errors.ts';
import type { Because } from '../core/gate/decision.ts';
import { because } from '../core/gate/reasons.ts';
import { gateName } from './gates.ts';
import { authorisedEvent, misappliedSealing, releasedSealing, voidSealing } from './release-records.ts';
import type { RunLook } from './run-look.ts';
import { isKept, sealOne } from './seal.ts';
import type { Authorisation, GateState } from './state.ts';

export async function closeReleased(look: RunLook, gate: GateState, how: 'answered' | 'observed'): Promise<GateState> {
  const authorisation = durable(gate);
  const sealed = await sealOne(
    look.ports,
    look.ref,
    releasedSealing(look.ports, look.ref, look.run.id, gate, authorisation, how),
  );
  look.report({
    level: 'info',
    message: 'deployment released',
    fields: { gate: gateName(look.run.id, gate), how, record: sealed.digest, index: sealed.index },
  });
  return look.gates.put({
    ...gate,
    state: 'closed',
    end: 'released',
    authorisation: null,
    released: {
      digest: sealed.digest,
      authorisedDigest: authorisation.digest,
      requestDigest: authorisation.requestDigest,
      jobs: authorisation.jobs,
      outcome: null,
    },
  });
}

/** Our answer reached another attempt than the one that was meant: say so, loudly, and stop it where permitted. */
export async function closeMisapplied(look: RunLook, gate: GateState): Promise<GateState> {
  await sealOne(look.ports, look.ref, misappliedSealing(look.ports, look.ref, look.run, gate, durable(gate)));
  look.report({
    level: 'error',
    message: 'ALARM: a release reached another attempt than the one that was approved; the run is being cancelled',
    fields: { gate: gateName(look.run.id, gate), attempt: look.run.attempt },
  });
  await look.ports.gatekeeper.cancelRun(look.ref, look.run.id).catch((error: unknown) => {
    look.report({
      level: 'error',
      message: 'ALARM: the run could not be cancelled; cancel it by hand',
      fields: { run: look.run.id, error: error instanceof GateError ? error.code : 'unexpected' },
    });
  });
  return look.gates.put({ ...gate, state: 'closed', end: 'misapplied', authorisation: null });
}

/** Undoes an authorisation that was not used, with the reason; without one nothing happens. */
export async function voidAuthorisation(look: RunLook, gate: GateState, why: Because): Promise<GateState> {
  if (gate.authorisation === null) return gate;
  await sealOne(look.ports, look.ref, voidSealing(look.ports, look.ref, look.run.id, gate, durable(gate), why));
  return look.gates.put({ ...gate, state: 'held', authorisation: null });
}

/**
 * After a crash between meaning to authorise and knowing that the record is on the branch: finish writing it if it was
 * begun (it may be there already), forget it if it was not. One that was signed by a key that is revoked since is void: if our
 * answer had gone out on it, what runs now runs without a release.
 */
export async function resume(look: RunLook, gate: GateState): Promise<GateState> {
  const { authorisation } = gate;
  if (authorisation === null) return gate;
  if (authorisation.digest !== null) {
    if (!(await look.ports.log.isRevoked(look.ref, authorisation.digest))) return gate;
    return voidAuthorisation(look, gate, because('authorisation-key-revoked', {}));
  }
  const event = authorisedEvent(look.run.id, gate, authorisation.number);
  if (!(await isKept(look.ports, look.ref, event))) {
    return look.gates.put({ ...gate, state: 'held', authorisation: null });
  }
  const sealed = await sealOne(look.ports, look.ref, { event, build: mustBeKept });
  return look.gates.put({ ...gate, authorisation: { ...authorisation, digest: sealed.digest } });
}

function mustBeKept(): never {
  throw new GateError('ERR_STORE_UNAVAILABLE', 'the bytes of an authorisation that was begun are missing');
}

/** The authorisation that is known to be on the branch; to close a gate without one is a fault of ours. */
function durable(gate: GateState): Authorisation & { readonly digest: string } {
  const { authorisation } = gate;
  if (authorisation === null || authorisation.digest === null) {
    throw new GateError('ERR_STORE_UNAVAILABLE', 'a gate is closed without a durable authorisation');
  }
  return { ...authorisation, digest: authorisation.digest };
}
