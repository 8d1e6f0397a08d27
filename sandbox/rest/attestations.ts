import { BadBody, isRecord } from '../http/body.ts';
import { ok, param, repoIn, type Answer, type Call, type Handler } from '../http/call.ts';
import { Refused } from '../refused.ts';

const R = '/repos/{owner}/{repo}';

/**
 * Artifact attestations. GitHub keeps what it is given and verifies none of it; who asks by the digest of a subject gets every
 * bundle that names it. Private repositories have none of it outside Enterprise.
 */
export const routes: Readonly<Record<string, Handler>> = {
  [`POST ${R}/attestations`]: (call) => {
    const repo = repoIn(call);
    if (repo.isPrivate) throw new Refused(403, `Feature not available for the ${repo.owner.login} organization.`);
    const bundle = call.body.record('bundle');
    const id = call.world.nextId('attestation');
    repo.attestations.push({ id, bundle, digests: digestsIn(bundle) });
    return ok({ id }, 201);
  },
  [`GET ${R}/attestations/{subject_digest}`]: list,
};

function list(call: Call): Answer {
  const repo = repoIn(call);
  const wanted = param(call, 'subject_digest');
  const found = repo.attestations.filter(({ digests }) => digests.includes(wanted));
  return ok({ attestations: found.map(({ bundle }) => ({ bundle, repository_id: repo.id })) });
}

/** `sha256:…` of every subject of the statement in the envelope. */
function digestsIn(bundle: Readonly<Record<string, unknown>>): readonly string[] {
  const envelope = bundle['dsseEnvelope'];
  const payload = isRecord(envelope) ? envelope['payload'] : undefined;
  if (typeof payload !== 'string') throw new BadBody('bundle', 'has no statement');
  const statement: unknown = JSON.parse(Buffer.from(payload, 'base64').toString('utf8'));
  const subjects = isRecord(statement) ? statement['subject'] : undefined;
  if (!Array.isArray(subjects)) throw new BadBody('bundle', 'names no subject');
  return subjects.flatMap((subject: unknown) => {
    const digest = isRecord(subject) ? subject['digest'] : undefined;
    return isRecord(digest) ? Object.entries(digest).map(([name, value]) => `${name}:${String(value)}`) : [];
  });
}
