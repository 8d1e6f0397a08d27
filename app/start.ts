import { randomBytes } from 'node:crypto';
import { Probot } from 'probot';
import { randomIds, systemClock } from '../adapters/clock.ts';
import { openStore } from '../adapters/store/open-store.ts';
import { keyBytes } from '../core/evidence/public-key.ts';
import type { Clock, Ids, JobQueue, Ports, Store } from '../core/ports.ts';
import type { TokenStore } from '../core/token-store.ts';
import { perform } from '../flow/perform.ts';
import type { Report } from '../flow/report.ts';
import { createApi, MAX_API_BODY_BYTES } from './api/api.ts';
import { createIssuerKeys } from './api/issuer-keys.ts';
import { rememberRepositories } from './api/known-repositories.ts';
import { createTokenVerifier } from './api/verify-token.ts';
import { countersign } from './app.ts';
import { connect } from './connect.ts';
import type { Connect } from './connect.ts';
import type { AppConfig } from './env.ts';
import { handledEvents } from './events/handled-events.ts';
import { createInbox } from './inbox.ts';
import { createJobHandler } from './job-handler.ts';
import { createReport } from './log.ts';
import { createReadiness } from './readiness.ts';
import { createBodyReader } from './request-body.ts';
import { startServer } from './server.ts';
import { startSweeper } from './sweeper.ts';
import { systemTimer } from './timer.ts';
import type { Timer } from './timer.ts';
import { MAX_BODY_BYTES, createWebhookEndpoint } from './webhook-endpoint.ts';
import { startWorker } from './worker.ts';

/** What a test may put in place of the world; the process itself gives none of these. */
export interface StartOptions {
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly timer?: Timer;
  readonly random?: () => number;
  readonly leaseMs?: number;
  /** Around every port that the flow gets: crash points, lost replies. */
  readonly wrapPorts?: (ports: Ports) => Ports;
  /** In place of GitHub, the keys and the branch. */
  readonly connect?: Connect;
}

export interface RunningApp {
  readonly url: string;
  /** Resolves when no delivery is being taken in and no job is due or running; retries that wait are not due. */
  idle(): Promise<void>;
  /** Queues a look at everything, as happens at the start and every five minutes. */
  sweep(): Promise<void>;
  /** Takes nothing new, lets what runs finish for some seconds, closes the store. */
  close(): Promise<void>;
  /** For tests: stops as a killed process does, in the middle of whatever runs. Jobs keep their leases. */
  kill(): Promise<void>;
}

/** Jobs that a killed process was doing wait this long for the next one. */
const LEASE_MS = 10_000;
const CONCURRENCY = 4;
/** Together below the ten seconds that container runtimes wait before they kill. */
const SERVER_GRACE_MS = 2_000;
const WORKER_GRACE_MS = 6_000;

/**
 * Puts the process together. Deliveries are accepted from the first moment, also while GitHub cannot be reached: what
 * needs GitHub fails in its job and is tried again.
 *
 * @throws {GateError | Error} when the store cannot be opened or the address not be listened on
 */
export async function startApp(config: AppConfig, options: StartOptions = {}): Promise<RunningApp> {
  const clock = options.clock ?? systemClock;
  const ids = options.ids ?? randomIds;
  const timer = options.timer ?? systemTimer;
  const random = options.random ?? Math.random;
  const probot = await loadProbot(config);
  const report = createReport(probot.log);
  sayWhatMatters(config, report);

  const store = openStore(config.databasePath);
  let wake = (): void => {};
  const queue = noticing(store.queue, () => wake());
  const outside = (options.connect ?? connect)({ config, store, queue, clock, ids, timer, random });
  const identity = { host: config.githubHost, appId: config.appId, evidenceBranch: config.evidenceBranch };
  const wrapPorts = options.wrapPorts ?? ((ports: Ports) => ports);

  await probot.load(countersign(createInbox({ queue, events: handledEvents, identity, clock, report })));
  const bodies = createBodyReader({ bodyBytes: MAX_BODY_BYTES, totalBytes: 8 * MAX_BODY_BYTES });
  const server = await startServer({
    ...config.listen,
    webhook: createWebhookEndpoint({ probot, bodies, report }),
    api: createApi({
      verifyToken: tokenVerifier(config, clock),
      bodies: createBodyReader({ bodyBytes: MAX_API_BODY_BYTES, totalBytes: 64 * MAX_API_BODY_BYTES }),
      findRepository: rememberRepositories((repository) => outside.findRepository(repository), clock),
      forge: async () => (await outside.ports()).forge,
      appId: config.appId,
      documents: store.documents,
      tokens: noticingTokens(store.tokens, () => wake()),
      clock,
      report,
    }),
    readiness: createReadiness(store.documents, clock),
    report,
  }).catch(closing(store));
  report({ level: 'info', message: 'listening', fields: { url: server.url } });

  const worker = startWorker({
    queue,
    handle: createJobHandler({
      queue,
      events: handledEvents,
      identity,
      installations: outside.installations,
      perform: async (task, tries) => perform(wrapPorts(await outside.ports()), task, report, tries),
      report,
    }),
    owner: randomBytes(8).toString('hex'),
    clock,
    timer,
    random,
    report,
    concurrency: CONCURRENCY,
    leaseMs: options.leaseMs ?? LEASE_MS,
  });
  wake = () => worker.wake();
  const sweeper = startSweeper({ queue, timer, report });

  const stop = async (serverGraceMs: number, workerGraceMs: number): Promise<void> => {
    sweeper.close();
    await server.close(serverGraceMs);
    const finished = await worker.close(workerGraceMs);
    if (!finished) report({ level: 'warn', message: 'stopped in the middle of a job; it is done again', fields: {} });
    await store.close();
    report({ level: 'info', message: 'stopped', fields: {} });
  };

  return {
    url: server.url,
    async idle() {
      await sweeper.queued();
      do {
        await server.idle();
        await worker.idle();
      } while (server.inFlight() > 0);
    },
    sweep: () => sweeper.sweepNow(),
    close: () => stop(SERVER_GRACE_MS, WORKER_GRACE_MS),
    kill: () => stop(0, 0),
  };
}

async function loadProbot(config: AppConfig): Promise<Probot> {
  const probot = new Probot({
    appId: config.appId,
    privateKey: config.privateKey,
    secret: config.webhookSecret,
    baseUrl: config.apiBaseUrl,
    logLevel: config.logLevel,
    logFormat: 'json',
    logLevelInString: true,
  });
  return probot.ready();
}

function sayWhatMatters(config: AppConfig, report: Report): void {
  if (config.createdKeyPath !== null) {
    const { record, checkpoint } = config.signingKeys;
    report({
      level: 'info',
      message: 'signing keys created; keep a copy of the file and pin the public halves',
      fields: {
        path: config.createdKeyPath,
        recordKey: Buffer.from(keyBytes(record.publicKey)).toString('base64'),
        checkpointKey: Buffer.from(keyBytes(checkpoint.publicKey)).toString('base64'),
      },
    });
  }
  if (config.withoutEffect.length > 0) {
    const variables = config.withoutEffect.join(', ');
    report({ level: 'warn', message: 'variables without effect in this version', fields: { variables } });
  }
}

/** The queue, telling the worker of this process when something was put in: it need not ask every moment. */
function noticing(queue: JobQueue, notice: () => void): JobQueue {
  return {
    ...queue,
    async accept(delivery, job) {
      const outcome = await queue.accept(delivery, job);
      notice();
      return outcome;
    },
    async enqueue(job) {
      await queue.enqueue(job);
      notice();
    },
  };
}

/** The same of what a job's token is spent on. */
function noticingTokens(tokens: TokenStore, notice: () => void): TokenStore {
  return {
    async spend(token, now, effect) {
      const outcome = await tokens.spend(token, now, effect);
      notice();
      return outcome;
    },
  };
}

/** null: without an address of our own no token can be meant for us. */
function tokenVerifier({ publicUrl, oidcIssuer: issuer }: AppConfig, clock: Clock) {
  if (publicUrl === null) return null;
  return createTokenVerifier({ issuer, audience: publicUrl, findKey: createIssuerKeys({ issuer, clock }), clock });
}

function closing(store: Store): (error: unknown) => Promise<never> {
  return async (error) => {
    await store.close();
    throw error;
  };
}
