import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { deliveryTemplate } from './deliveries.ts';

/**
 * A process that sends signed deliveries over kept connections and says which were acknowledged. It speaks HTTP on bare
 * sockets and signs everything before it starts, so that on two cores most of the time is the receiver's.
 *
 * Prints `half` when half of the answers are in, and at the end one line of JSON.
 */
const settings = z
  .strictObject({
    port: z.int(),
    secret: z.string(),
    first: z.int(),
    count: z.int().positive(),
    connections: z.int().positive(),
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'));

const template = deliveryTemplate();
const requests = Array.from({ length: settings.count }, (_, at) => toRequest(settings.first + at));
const latencies: number[] = [];
const acknowledged: string[] = [];
let refused = 0;
let next = 0;

const begin = performance.now();
const ends = await Promise.allSettled(Array.from({ length: settings.connections }, () => sendAll()));
const seconds = (performance.now() - begin) / 1000;
const cut = ends.filter((end) => end.status === 'rejected').length;
process.stdout.write(`${JSON.stringify({ seconds, latencies, acknowledged, refused, cut })}\n`);

async function sendAll(): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: settings.port, noDelay: true });
  try {
    for (let at = next++; at < requests.length; at = next++) {
      const request = requests[at];
      if (request === undefined) return;
      const sent = performance.now();
      socket.write(request);
      const status = await readStatus(socket);
      latencies.push(performance.now() - sent);
      if (status === 200) acknowledged.push(idOf(settings.first + at));
      else refused += 1;
      if (latencies.length === Math.ceil(settings.count / 2)) process.stdout.write('half\n');
    }
  } finally {
    socket.destroy();
  }
}

/** Reads one whole answer, which must have a content length. */
function readStatus(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
      if (text.length < head + 4 + Number(length ?? 0)) return;
      done();
      resolve(Number(text.slice(9, 12)));
    };
    const cutOff = (): void => {
      done();
      reject(new Error('the connection ended before the answer'));
    };
    const done = (): void => {
      socket.off('data', read).off('close', cutOff).off('error', cutOff);
    };
    socket.on('data', read).on('close', cutOff).on('error', cutOff);
  });
}

function toRequest(n: number): Buffer {
  const body = template.copy(n);
  const signature = createHmac('sha256', settings.secret).update(body).digest('hex');
  const head = [
    'POST /api/github/webhooks HTTP/1.1',
    `Host: 127.0.0.1:${settings.port}`,
    'Content-Type: application/json',
    'X-GitHub-Event: deployment_protection_rule',
    `X-GitHub-Delivery: ${idOf(n)}`,
    `X-Hub-Signature-256: sha256=${signature}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function idOf(n: number): string {
  return `bench-${n}`;
}
