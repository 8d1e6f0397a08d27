import { bundleFromJSON, isBundleWithDsseEnvelope } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { PolicyError, toSignedEntity, toTrustMaterial, VerificationError, Verifier } from '@sigstore/verify';
import type { Signer } from '@sigstore/verify';
import { z } from 'zod';
import { utf8 } from '../../core/evidence/bytes.ts';
import { PAYLOAD_TYPE } from '../../core/evidence/dsse.ts';
import { parseStrictJson } from '../../core/evidence/strict-json.ts';

/** What a certificate of Fulcio says of the job that had it; null: not said, said twice, or not as text. */
export interface SignerIdentity {
  /** Address of the workflow with the ref at which it was called. */
  readonly subject: string | null;
  readonly issuer: string | null;
  readonly runnerEnvironment: string | null;
  readonly sourceRepositoryId: string | null;
  readonly sourceOwnerId: string | null;
  readonly runInvocation: string | null;
}

export type CheckedBundle =
  | { readonly kind: 'verified'; readonly identity: SignerIdentity; readonly payload: Uint8Array }
  | { readonly kind: 'bundle-unreadable' | 'root-unreadable' | 'not-verified'; readonly what: string };

/** @see sigstore/fulcio, docs/oid-info.md */
const OID = {
  issuer: '1.3.6.1.4.1.57264.1.8',
  runnerEnvironment: '1.3.6.1.4.1.57264.1.11',
  sourceRepositoryId: '1.3.6.1.4.1.57264.1.15',
  sourceOwnerId: '1.3.6.1.4.1.57264.1.17',
  runInvocation: '1.3.6.1.4.1.57264.1.21',
} as const;

const MOST_ROOTS = 20;

/** Of a trusted root what must be there; the rest is read by the library. */
const rootSchema = z.looseObject({
  mediaType: z.string().regex(/^application\/vnd\.dev\.sigstore\.trustedroot[.+]/),
  certificateAuthorities: z.array(z.looseObject({})).min(1),
});

/**
 * Did somebody sign this for whom one of the roots vouches, and who? What a root names must be in the bundle: an entry of a
 * log where it has logs, a certificate that was logged where it has logs of certificates, and always a proven time.
 *
 * Who signed is not judged here: the library's own comparison is an expression that need not fit the whole name.
 *
 * @param bundleText from whoever wrote the workflow
 * @param rootText trusted roots as JSON, one, or one a line; from the default branch
 */
export function verifyBundle(bundleText: string, rootText: string): CheckedBundle {
  const roots = readRoots(rootText);
  if (typeof roots === 'string') return { kind: 'root-unreadable', what: roots };
  const bundle = readBundle(bundleText);
  if (typeof bundle === 'string') return { kind: 'bundle-unreadable', what: bundle };
  let what = 'no root';
  for (const root of roots) {
    const signer = tryRoot(bundle.entity, root);
    if (typeof signer !== 'string') return { kind: 'verified', identity: identityOf(signer), payload: bundle.payload };
    what = signer;
  }
  return { kind: 'not-verified', what };
}

function readBundle(text: string) {
  const parsed = parseStrictJson(utf8(text));
  if (!parsed.ok) return parsed.issue;
  try {
    const bundle = bundleFromJSON(parsed.value);
    if (!isBundleWithDsseEnvelope(bundle)) return 'it signs no statement';
    const { payload, payloadType } = bundle.content.dsseEnvelope;
    if (payloadType !== PAYLOAD_TYPE) return `its payload is not ${PAYLOAD_TYPE}`;
    // A bare key has no identity.
    if (bundle.verificationMaterial.content.$case !== 'certificate') return 'it has no certificate of its own';
    return { entity: toSignedEntity(bundle), payload: new Uint8Array(payload) };
  } catch {
    return 'a field has another form';
  }
}

function readRoots(text: string): readonly TrustedRoot[] | string {
  const whole = parseStrictJson(utf8(text));
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > MOST_ROOTS && !whole.ok) return `it has more than ${MOST_ROOTS} lines and is not one root`;
  const parsed = whole.ok ? [whole] : lines.map((line) => parseStrictJson(utf8(line)));
  const roots: TrustedRoot[] = [];
  for (const [at, each] of parsed.entries()) {
    if (!each.ok) return `line ${at + 1}: ${each.issue}`;
    if (!rootSchema.safeParse(each.value).success) return `root ${at + 1} has another form`;
    try {
      const root = TrustedRoot.fromJSON(each.value);
      toTrustMaterial(root);
      roots.push(root);
    } catch {
      return `root ${at + 1} has a key or certificate that cannot be read`;
    }
  }
  return roots.length === 0 ? 'it is empty' : roots;
}

/** The signer, or why the root does not vouch, as the library's code: its sentences may quote the bundle. */
function tryRoot(entity: ReturnType<typeof toSignedEntity>, root: TrustedRoot): Signer | string {
  const verifier = new Verifier(toTrustMaterial(root), {
    tlogThreshold: root.tlogs.length > 0 ? 1 : 0,
    ctlogThreshold: root.ctlogs.length > 0 ? 1 : 0,
    timestampThreshold: 1,
  });
  try {
    return verifier.verify(entity);
  } catch (error) {
    return error instanceof VerificationError || error instanceof PolicyError ? error.code : 'malformed';
  }
}

function identityOf({ identity }: Signer): SignerIdentity {
  const said = (oid: string): string | null => {
    const values = (identity?.oids ?? []).filter(({ oid: id }) => id?.id.join('.') === oid);
    const [only] = values;
    return values.length === 1 && only !== undefined ? utf8String(only.value) : null;
  };
  return {
    subject: identity?.subjectAlternativeName ?? null,
    issuer: said(OID.issuer),
    runnerEnvironment: said(OID.runnerEnvironment),
    sourceRepositoryId: said(OID.sourceRepositoryId),
    sourceOwnerId: said(OID.sourceOwnerId),
    runInvocation: said(OID.runInvocation),
  };
}

/**
 * Content of a DER UTF8String: 0x0c, its length, its bytes, and nothing behind them.
 *
 *     0c LL …            up to 127 bytes
 *     0c 81 LL …         up to 255
 *     0c 82 LL LL …      up to 65,535
 */
function utf8String(der: Uint8Array): string | null {
  const [tag, first = 0] = der;
  const more = first < 0x80 ? 0 : first - 0x80;
  if (tag !== 0x0c || more > 2) return null;
  const length = more === 0 ? first : der.subarray(2, 2 + more).reduce((sum, byte) => sum * 256 + byte, 0);
  const content = der.subarray(2 + more);
  return content.length === length ? new TextDecoder().decode(content) : null;
}
