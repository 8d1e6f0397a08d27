import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { storeAttestation } from '../adapters/github/store-attestation.ts';
import { SigstoreError } from '../adapters/sigstore/ask-service.ts';
import { githubInstance, PUBLIC_GOOD } from '../adapters/sigstore/instance.ts';
import type { SigstoreInstance } from '../adapters/sigstore/instance.ts';
import { signStatement } from '../adapters/sigstore/sign-statement.ts';
import { GateError } from '../core/errors.ts';
import { because } from '../core/gate/reasons.ts';
import type { DeclaredSigstore } from '../core/policy/attested-schema.ts';
import { code } from '../flow/markdown.ts';
import { attestationStatement } from './attestation-statement.ts';
import type { Attestable } from './attestation-statement.ts';
import { ActionFailure } from './failure.ts';
import { requestIdToken } from './id-token.ts';
import { inputRefused, required } from './inputs.ts';
import { readTrustNow } from './live-reader.ts';
import type { ActionContext, Verdict } from './verdict.ts';

/** What Fulcio asks for, of everybody. */
const AUDIENCE = 'sigstore';
const FILE = 'countersign-attestation.json';

/** Signs what was released, and gives the verdict back with the attestation in it. */
export type Attest = (verdict: Verdict, released: Attestable) => Promise<Verdict>;

/**
 * Finds out whether this job can attest, before anything is decided that it could then not attest.
 * @returns null where the input `attest` asks for nothing
 * @throws {ActionFailure} `oidc-*`, `attest-*`, `action-input-refused`, and what reading the policy throws; the result throws
 *   `attestation-failed`
 */
export async function openAttester(context: ActionContext): Promise<Attest | null> {
  const { attest } = context.inputs;
  if (attest === '') return null;
  const instance = await instanceOf(context, attest);
  const { visibility } = readClaims(await requestIdToken(context, AUDIENCE));
  if (attest === 'public-good' && visibility !== 'public') {
    throw new ActionFailure(because('attest-would-publish', { visibility }));
  }
  return async (verdict, released) => {
    const bundle = await signed(context, instance, { verdict, released });
    await writeFile(join(context.env['RUNNER_TEMP'] ?? tmpdir(), FILE), bundle);
    const stored = await store(context, bundle);
    const where = stored ? ' GitHub keeps it as well.' : '';
    const line = `Attested by ${code(attest)} without a key: output ${code('attestation')}.${where}`;
    return { ...verdict, attestation: bundle, summary: [...(verdict.summary ?? []), line] };
  };
}

async function instanceOf(context: ActionContext, asked: string): Promise<SigstoreInstance> {
  const missing = (why: string): ActionFailure =>
    new ActionFailure(because('attest-instance-missing', { instance: asked, why }));
  if (asked === 'public-good') return PUBLIC_GOOD;
  if (asked === 'github') {
    const instance = githubInstance(context.runner.host);
    if (instance === null) throw missing('GitHub runs one for github.com and ghe.com alone');
    return instance;
  }
  if (asked !== 'own') throw inputRefused('attest', 'is not public-good, github or own');
  const { sigstore } = await readTrustNow(context);
  if (sigstore === null) throw missing('the policy names none in `trust.sigstore`');
  return toInstance(sigstore);
}

function toInstance(declared: DeclaredSigstore): SigstoreInstance {
  const rekorUrl = declared['rekor-url'];
  return {
    fulcioUrl: declared['fulcio-url'],
    rekor: rekorUrl === undefined ? null : { url: rekorUrl, version: declared['rekor-version'] ?? 1 },
    tsaUrl: declared['tsa-url'] ?? null,
  };
}

async function signed(
  context: ActionContext,
  instance: SigstoreInstance,
  { verdict, released }: { readonly verdict: Verdict; readonly released: Attestable },
): Promise<string> {
  const details = { ...verdict, decision: 'hold' };
  try {
    // A fresh one: deciding may have taken longer than the first was good for.
    const idToken = await requestIdToken(context, AUDIENCE);
    const { subject } = readClaims(idToken);
    return await signStatement(attestationStatement(released, context.runner), instance, { idToken, subject });
  } catch (error) {
    if (error instanceof ActionFailure) throw new ActionFailure(error.because, details);
    if (!(error instanceof SigstoreError)) throw error;
    const params = { service: error.service, what: error.message };
    throw new ActionFailure(because('attestation-failed', params), details);
  }
}

/** Not kept is not lost: the bundle is in the output, and many private repositories cannot have it kept at all. */
async function store({ runner, inputs, clock, warn }: ActionContext, bundle: string): Promise<boolean> {
  try {
    const options = { baseUrl: runner.apiUrl, token: required(inputs, 'token'), clock };
    await storeAttestation(options, runner.repository, bundle);
    return true;
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    warn(because('attestation-not-stored', { what: error.code }));
    return false;
  }
}

const claims = z
  .object({ sub: z.string().min(1).max(2_000), repository_visibility: z.string().regex(/^[a-z]{1,20}$/) })
  .transform(({ sub, repository_visibility: visibility }) => ({ subject: sub, visibility }));

/** Of our own token, just fetched from the runner: nobody else can have written it. */
function readClaims(token: string): z.output<typeof claims> {
  const [, payload = ''] = token.split('.');
  const read = claims.safeParse(parseJson(Buffer.from(payload, 'base64url').toString('utf8')));
  if (!read.success) throw new ActionFailure(because('oidc-unavailable', {}));
  return read.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
