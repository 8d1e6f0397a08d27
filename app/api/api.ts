import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { GateError } from '../../core/errors.ts';
import { WORKFLOW_INSTALLATION } from '../../core/evidence/records/log-origin.ts';
import type { RepositoryRef } from '../../core/facts.ts';
import type { Because } from '../../core/gate/decision.ts';
import { because, becauseOfError } from '../../core/gate/reasons.ts';
import type { ForgeReader } from '../../core/ports.ts';
import { proposalSchema } from '../../core/proposal.ts';
import type { Report } from '../../flow/report.ts';
import { sendJson, sendReason } from '../problem.ts';
import { linger } from '../request-body.ts';
import type { BodyReader } from '../request-body.ts';
import type { FindRepository } from './known-repositories.ts';
import { outcomeSchema, takeOutcome } from './take-outcome.ts';
import { takeProposal } from './take-proposal.ts';
import type { Taken, TakingParts } from './take-proposal.ts';
import type { CallingJob, TokenReading } from './verify-token.ts';

export const API_PATH = '/api/v1/';

/** Far above an honest proposal; its schema has bounds of its own. */
export const MAX_API_BODY_BYTES = 256 * 1024;

export interface ApiOptions extends TakingParts {
  /** null: the App does not know its public address, so no token can be meant for it. */
  readonly verifyToken: ((authorization: string | undefined) => Promise<TokenReading>) | null;
  readonly bodies: BodyReader;
  /** The repository, when this App is installed on exactly that one; else null. @throws {GateError} ERR_FORGE_* */
  readonly findRepository: FindRepository;
  readonly forge: () => Promise<Pick<ForgeReader, 'run' | 'environmentApps'>>;
  readonly report: Report;
}

interface Endpoint<Body> {
  readonly schema: z.ZodType<Body>;
  /** Whether it makes sense after the run has ended. */
  readonly afterEnd: boolean;
  readonly take: (parts: TakingParts, ref: RepositoryRef, job: CallingJob, body: Body) => Promise<Taken>;
}

type Refused = { readonly kind: 'refused'; readonly status: number; readonly because: Because };

/**
 * What jobs of GitHub Actions send: what they would run, and how it ended. Who sends is what the token says, never the body.
 * The token comes first, so that nobody without one makes us read or ask GitHub.
 */
export function createApi(options: ApiOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const proposals = endpoint(options, { schema: proposalSchema, afterEnd: false, take: takeProposal });
  // The last steps of a cancelled job run when GitHub may have called it over.
  const outcomes = endpoint(options, { schema: outcomeSchema, afterEnd: true, take: takeOutcome });
  const endpoints = new Map([
    [`${API_PATH}proposals`, proposals],
    [`${API_PATH}outcomes`, outcomes],
  ]);
  return async (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const answer = endpoints.get(path);
    if (answer === undefined) return refuse(options.report, response, path, { status: 404 });
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return refuse(options.report, response, path, { status: 405 });
    }
    const result = await answer(request).catch(failed);
    if (result.kind === 'refused') return refuse(options.report, response, path, result);
    options.report({ level: 'info', message: 'told by a job', fields: { path, ...result.fields } });
    sendJson(response, 200, { status: 'taken' });
  };
}

type Answered = Refused | { readonly kind: 'taken'; readonly fields: Readonly<Record<string, number>> };

function endpoint<Body>(options: ApiOptions, { schema, afterEnd, take }: Endpoint<Body>) {
  return async (request: IncomingMessage): Promise<Answered> => {
    if (options.verifyToken === null) return refused(503, because('api-off', {}));
    if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
      return refused(415, because('api-content-type', {}));
    }
    const token = await options.verifyToken(request.headers.authorization);
    if (token.kind === 'refused') return token;
    const body = await readBody(options.bodies, request, schema);
    if (body.kind === 'refused') return body;
    const { job } = token;
    const ref = await options.findRepository(job.repository);
    if (ref === null) return refused(403, because('app-not-installed', {}));
    if (ref.installationId === WORKFLOW_INSTALLATION) return refused(403, because('installation-reserved', {}));
    const run = await (await options.forge()).run(ref, job.runId);
    if (run.attempt !== job.attempt) return refused(409, because('run-attempt-old', {}));
    if (!afterEnd && run.status === 'completed') return refused(409, because('run-not-in-progress', {}));
    const taken = await take(options, ref, job, body.value);
    if (taken.kind === 'refused') return taken;
    return { kind: 'taken', fields: { repository: ref.id, run: job.runId, attempt: job.attempt } };
  };
}

async function readBody<Body>(
  bodies: BodyReader,
  request: IncomingMessage,
  schema: z.ZodType<Body>,
): Promise<Refused | { readonly kind: 'read'; readonly value: Body }> {
  const body = await bodies.read(request);
  if (body.kind === 'too-large') return refused(413, because('api-body-too-large', {}));
  if (body.kind === 'busy') return refused(503, because('api-busy', {}));
  const parsed = schema.safeParse(body.kind === 'aborted' ? undefined : parseJson(body.bytes));
  return parsed.success ? { kind: 'read', value: parsed.data } : refused(400, because('api-body-refused', {}));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** GitHub or the store does not answer: the job may try again. What is no error of a port is a fault of ours. */
function failed(error: unknown): Refused {
  if (!(error instanceof GateError)) throw error;
  return refused(503, becauseOfError(error.code, 'the repository or the run'));
}

function refused(status: number, reason: Because): Refused {
  return { kind: 'refused', status, because: reason };
}

function refuse(
  report: Report,
  response: ServerResponse,
  path: string,
  { status, because: reason }: { readonly status: number; readonly because?: Because },
): void {
  report({
    level: 'warn',
    message: 'job refused',
    fields: { path: path.slice(0, 100), status, reason: reason?.code ?? null },
  });
  sendReason(response, status, reason ?? null);
  linger(response.req);
}
