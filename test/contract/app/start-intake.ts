import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Probot } from 'probot';
import { openStore } from '../../../adapters/store/open-store.ts';
import { countersign } from '../../../app/app.ts';
import { handledEvents } from '../../../app/events/handled-events.ts';
import { createInbox } from '../../../app/inbox.ts';
import { createReadiness } from '../../../app/readiness.ts';
import { createBodyReader } from '../../../app/request-body.ts';
import { startServer } from '../../../app/server.ts';
import { MAX_BODY_BYTES, createWebhookEndpoint } from '../../../app/webhook-endpoint.ts';
import type { Store } from '../../../core/ports.ts';
import type { ReportLine } from '../../../flow/report.ts';

export const SECRET = 'a secret of the operator';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

export interface Intake {
  readonly url: string;
  readonly webhookUrl: string;
  readonly store: Store;
  readonly lines: ReportLine[];
  close(): Promise<void>;
}

/** Everything between the socket and the store, as `app/start.ts` puts it together, without a worker. */
export async function startIntake(totalBytes = 4 * MAX_BODY_BYTES): Promise<Intake> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-intake-'));
  const store = openStore(join(directory, 'countersign.sqlite'));
  const lines: ReportLine[] = [];
  const report = (line: ReportLine): void => void lines.push(line);
  const clock = { now: () => Date.parse('2026-11-21T04:33:12.123Z') };
  const probot = new Probot({
    appId: 7,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    secret: SECRET,
    logLevel: 'fatal',
    logFormat: 'json',
  });
  await probot.ready();
  const identity = { host: 'github.com', appId: 7, evidenceBranch: 'countersign-evidence' };
  await probot.load(countersign(createInbox({ queue: store.queue, events: handledEvents, identity, clock, report })));
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    api: () => Promise.reject(new TypeError('no test of the intake calls the API')),
    webhook: createWebhookEndpoint({
      probot,
      bodies: createBodyReader({ bodyBytes: MAX_BODY_BYTES, totalBytes }),
      report,
    }),
    readiness: createReadiness(store.documents, clock),
    report,
  });
  return {
    url: server.url,
    webhookUrl: `${server.url}/api/github/webhooks`,
    store,
    lines,
    async close() {
      await server.close(100);
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}

export function sign(body: string | Buffer, secret = SECRET, algorithm: 'sha256' | 'sha1' = 'sha256'): string {
  return `${algorithm}=${createHmac(algorithm, secret).update(body).digest('hex')}`;
}

/** Headers of an honest delivery. */
export function headersFor(event: string, body: string, id: string = randomUUID()): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': id,
    'x-hub-signature-256': sign(body),
  };
}
