import type { IncomingMessage } from 'node:http';

const LINGER_MS = 2_000;

export type BodyReading =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  /** More than the cap, by its own word or by what arrived; what was buffered is dropped. */
  | { readonly kind: 'too-large' }
  /** All bodies together would take more memory than they may. */
  | { readonly kind: 'busy' }
  /** The sender went away or timed out. */
  | { readonly kind: 'aborted' };

export interface BodyReader {
  read(request: IncomingMessage): Promise<BodyReading>;
}

/**
 * Reads bodies of senders that nobody has authenticated yet (a signature needs the whole body): one body is capped before
 * it is buffered, and all of them together are, so that many large ones cannot exhaust the process (C119).
 */
export function createBodyReader(limits: { readonly bodyBytes: number; readonly totalBytes: number }): BodyReader {
  let buffered = 0;
  return {
    async read(request) {
      const declared = request.headers['content-length'];
      if (declared !== undefined && Number(declared) > limits.bodyBytes) return { kind: 'too-large' };
      const chunks: Buffer[] = [];
      let length = 0;
      try {
        for await (const chunk of chunksOf(request)) {
          length += chunk.length;
          buffered += chunk.length;
          if (length > limits.bodyBytes) return { kind: 'too-large' };
          if (buffered > limits.totalBytes) return { kind: 'busy' };
          chunks.push(chunk);
        }
        return request.complete ? { kind: 'read', bytes: Buffer.concat(chunks, length) } : { kind: 'aborted' };
      } catch {
        return { kind: 'aborted' };
      } finally {
        buffered -= length;
      }
    },
  };
}

/** Leaving the loop early must not destroy the socket: the refusal is still to be written to it. */
function chunksOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false });
}

/**
 * Closing at once with unread bytes would reset the connection and the sender would never see why it was refused. So the
 * rest is thrown away for a moment, and then the connection is cut.
 */
export function linger(request: IncomingMessage): void {
  if (request.complete) return;
  const cut = setTimeout(() => request.socket.destroy(), LINGER_MS);
  request.once('close', () => clearTimeout(cut));
  request.resume();
}
