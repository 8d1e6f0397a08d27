/** The services that a signature without a key needs. */
export type SigstoreService = 'Fulcio' | 'Rekor' | 'the timestamp authority';

/** `message` is ours alone: what a service answers may quote the token that it was sent. */
export class SigstoreError extends Error {
  override readonly name = 'SigstoreError';
  readonly service: SigstoreService;

  constructor(service: SigstoreService, message: string) {
    super(message);
    this.service = service;
  }
}

/** How patient one question is. */
export interface SigstorePatience {
  readonly tries: number;
  /** Of one try, to the end of the answer. */
  readonly timeoutMs: number;
  /** Between two tries, longer each time. */
  readonly firstPauseMs: number;
}

/** At most a minute for Fulcio and the witnesses together. */
export const PATIENT: SigstorePatience = { tries: 3, timeoutMs: 9_000, firstPauseMs: 300 };

/** Many times an honest answer. */
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Sends JSON to one service. Each of the calls may be sent again: another certificate, entry or timestamp does no harm.
 * @returns the answer's bytes, not yet looked at
 * @throws {SigstoreError} when it refuses, or gives no whole answer in time
 */
export async function askService(
  service: SigstoreService,
  url: string,
  body: object,
  { tries, timeoutMs, firstPauseMs }: SigstorePatience,
): Promise<Uint8Array> {
  for (let tried = 1; ; tried += 1) {
    const answer = await once(url, JSON.stringify(body), timeoutMs);
    if (answer instanceof Uint8Array) return answer;
    if (!answer.again || tried >= tries) throw new SigstoreError(service, answer.why);
    await new Promise((resolve) => void setTimeout(resolve, firstPauseMs * 2 ** (tried - 1)));
  }
}

interface Failed {
  readonly why: string;
  /** Asking again may help. */
  readonly again: boolean;
}

async function once(url: string, body: string, timeoutMs: number): Promise<Uint8Array | Failed> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      // The token in it is for this address and for no other that it might name.
      redirect: 'error',
      headers: { 'content-type': 'application/json', accept: 'application/json, application/timestamp-reply' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { status } = response;
    if (!response.ok) {
      await response.body?.cancel();
      return { why: `it answered ${status}`, again: status >= 500 || status === 429 || status === 408 };
    }
    return await readAnswer(response);
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    return { why: isLate ? 'it did not answer in time' : 'it gave no whole answer', again: true };
  }
}

async function readAnswer(response: Response): Promise<Uint8Array | Failed> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) return { why: 'its answer is too long', again: false };
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
