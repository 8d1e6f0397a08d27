import { GateError } from '../errors.ts';
import { toHex, utf8 } from '../evidence/bytes.ts';
import type { Sha256 } from '../evidence/bytes.ts';
import { jcs } from '../evidence/jcs.ts';
import type { DeploymentRequest, Request } from '../request.ts';

/**
 * Exactly the fields that a request binds, whatever else the caller's object carries (a `RepositoryRef` also has names,
 * which can be changed by their owner and must not change the digest). Job names stand in it as a digest of their own, so
 * that a record holds all of it however many jobs wait; they are sorted, so that their order at GitHub never makes another
 * request.
 */
export function requestFields(request: Request, sha256: Sha256) {
  const { host, installationId, id } = request.repository;
  const base = {
    repository: { host, installationId, id },
    headSha: request.headSha,
    policyDigest: request.policyDigest,
  };
  if (request.kind === 'pull-request') {
    return { kind: request.kind, ...base, number: request.number, baseRef: request.baseRef };
  }
  const { runId, attempt, environment, opening } = request.gate;
  return {
    kind: request.kind,
    ...base,
    gate: { runId, attempt, environment, opening },
    range: { kind: request.range.kind, baseSha: request.range.baseSha },
    jobNamesDigest: digestOf(request.jobs.toSorted(), sha256),
    proposalsDigest: request.proposalsDigest,
    workflowDigest: workflowDigest(request.workflow, sha256),
  };
}

/** SHA-256 of the canonical JSON of `{ path, called: [{ path, sha }] }`, those called sorted by their own; lower-case hex. */
function workflowDigest({ path, called }: DeploymentRequest['workflow'], sha256: Sha256): string {
  const sorted = called
    .map((each) => ({ path: each.path, sha: each.sha }))
    .toSorted((one, other) => (canonicalJson(one) < canonicalJson(other) ? -1 : 1));
  return digestOf({ path, called: sorted }, sha256);
}

function digestOf(value: unknown, sha256: Sha256): string {
  return toHex(sha256(utf8(canonicalJson(value))));
}

/**
 * SHA-256 of the request's canonical JSON, in lower-case hex: what an answer by button, command or page binds.
 *
 * @param sha256 handed in, because core has no crypto of its own
 * @throws {GateError} ERR_INPUT when a number is no safe integer or a text is no well-formed Unicode
 */
export function requestDigest(request: Request, sha256: Sha256): string {
  return digestOf(requestFields(request, sha256), sha256);
}

/**
 * RFC 8785 (JCS) for what requests and facts hold, and stricter than it: a number is a safe integer, so that no reader in
 * another language sees another one.
 *
 * @throws {GateError} ERR_INPUT for any other number, text that is not well-formed, and what is no JSON
 */
export function canonicalJson(value: unknown): string {
  try {
    return jcs(value, (number) => Number.isSafeInteger(number) && !Object.is(number, -0));
  } catch (cause) {
    throw new GateError('ERR_INPUT', 'only well-formed text and safe integers can be made canonical', { cause });
  }
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_CHARACTERS = 8;

/**
 * The first 40 bits of a request's digest as 8 characters that people can type. Short because it only has to be unlike the
 * few requests that are open in one repository: it finds the request, and the answer then binds the whole digest.
 *
 * @param digest lower-case hex
 * @throws {TypeError} when it is not a SHA-256 in hex
 */
export function requestCode(digest: string): string {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new TypeError('a request digest is 64 lower-case hex digits');
  const bits = BigInt(`0x${digest.slice(0, 10)}`);
  return Array.from({ length: CODE_CHARACTERS }, (_, index) => {
    const shift = BigInt(5 * (CODE_CHARACTERS - 1 - index));
    return CROCKFORD.charAt(Number((bits >> shift) & 31n));
  }).join('');
}

/** Reads a typed code: any case, `O` for 0, `I` and `L` for 1, dashes between; null when it is no code. */
export function parseCode(text: string): string | null {
  if (!/^[0-9a-z-]{8,15}$/i.test(text)) return null;
  const code = text.toUpperCase().replaceAll('-', '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(code) ? code : null;
}
