import { GateError } from '../../core/errors.ts';
import { equalBytes, toHex } from '../../core/evidence/bytes.ts';
import type { Sha256 } from '../../core/evidence/bytes.ts';
import { recordKeyName } from '../../core/evidence/records/log-origin.ts';
import { formatVerifierKey, toVerifierKey } from '../../core/evidence/notes/signed-note.ts';
import type { VerifierKey } from '../../core/evidence/notes/signed-note.ts';
import type { Signer } from '../../core/ports.ts';
import type { LogState } from './log-state.ts';

/** The two private keys of all logs of this installation. */
export interface LogSigners {
  readonly record: Signer;
  readonly checkpoint: Signer;
}

/** The keys that the operator gave, and behind them those that they replace, where he gave these too. */
export type KeyRing = readonly [LogSigners, ...LogSigners[]];

/** A key of this process under the name that it has in one log. */
export interface OwnKey {
  readonly key: VerifierKey;
  readonly vkey: string;
  readonly signer: Signer;
}

/** For each role the key to use, and behind it the one that it replaces. */
export interface OwnKeys {
  readonly record: readonly [OwnKey, ...OwnKey[]];
  readonly checkpoint: readonly [OwnKey, ...OwnKey[]];
}

export type Role = keyof OwnKeys;

/** The keys under their names in the log of this origin; a key that stays the same is there once. */
export function ownKeys(origin: string, [current, ...previous]: KeyRing, sha256: Sha256): OwnKeys {
  const name = { record: recordKeyName(origin), checkpoint: origin };
  const all = (role: Role): readonly [OwnKey, ...OwnKey[]] => {
    const named = (signers: LogSigners): OwnKey => {
      const key = toVerifierKey(name[role], signers[role].publicKey, sha256);
      return { key, vkey: formatVerifierKey(key), signer: signers[role] };
    };
    const first = named(current);
    return [first, ...previous.map(named).filter(({ vkey }) => vkey !== first.vkey)];
  };
  return { record: all('record'), checkpoint: all('checkpoint') };
}

/**
 * The key of that name, with its private half.
 * @throws {GateError} ERR_LOG_KEYS when this process does not have it
 */
export function ownKey(keys: OwnKeys, role: Role, vkey: string): OwnKey {
  const own = keys[role].find((each) => each.vkey === vkey);
  if (own === undefined) {
    throw refuse(
      `the ${role} key of this log is not among the signing keys; give it as the signing key or the previous`,
    );
  }
  return own;
}

/** The keys that hold in one log, under the names of the log that continues it. */
export function renamed(held: LogState['keys'], before: OwnKeys, after: OwnKeys): LogState['keys'] {
  const rename = (role: Role): string => {
    const { key } = ownKey(before, role, held[role]);
    const same = after[role].find((each) => equalBytes(each.key.key.spki, key.key.spki));
    return (same ?? after[role][0]).vkey;
  };
  return { record: rename('record'), checkpoint: rename('checkpoint') };
}

/**
 * May this process write the log? Its keys are the ones in force or those that they give way to; and it has those that the
 * log is going over to, if it is.
 * @throws {GateError} ERR_LOG_KEYS when not: what it signs would not verify, and the branch could never be mended
 */
export function checkKeys({ keys: held, rotation, retired }: LogState, keys: OwnKeys): void {
  const used = [...retired, ...ROLES.map((role) => spkiOf(ownKey(keys, role, held[role])))];
  for (const role of ROLES) {
    const [next] = keys[role];
    // A verifier refuses a key that comes back, and one that signed in the other role.
    if (next.vkey !== held[role] && used.includes(spkiOf(next))) {
      throw refuse(`the ${role} key has signed in this log before, and a key is used once; make new ones`);
    }
  }
  for (const { role, after } of rotation?.changes ?? []) {
    if (keys[role].every(({ vkey }) => vkey !== after)) {
      throw refuse('this log is going over to other signing keys; start this process with those');
    }
  }
}

/** The checkpoint key first: so the records of both changes are signed by one key, the old one. */
export const ROLES = ['checkpoint', 'record'] as const satisfies readonly Role[];

export function spkiOf({ key }: OwnKey): string {
  return toHex(key.key.spki);
}

function refuse(message: string): GateError {
  return new GateError('ERR_LOG_KEYS', message);
}
