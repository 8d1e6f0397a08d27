import { GateError } from '../core/errors.ts';
import type { Clock, DocumentKey, DocumentStore } from '../core/ports.ts';

/** No repository's: belongs to the process. */
const PROBE: DocumentKey = { host: '', installationId: 0, repositoryId: 0, kind: 'readiness', key: 'probe' };

/** The path is public: asking it often must not write often. */
const KNOWN_FOR_MS = 1_000;

/**
 * Whether deliveries can be accepted: the store takes a write. Keys are loaded before the server starts.
 *
 * @returns a function that answers null when ready, otherwise what is not
 */
export function createReadiness(documents: DocumentStore, clock: Clock): () => Promise<string | null> {
  let known: { readonly until: number; readonly answer: Promise<string | null> } | null = null;
  return () => {
    const now = clock.now();
    if (known === null || now >= known.until) {
      known = { until: now + KNOWN_FOR_MS, answer: probe(documents) };
    }
    return known.answer;
  };
}

async function probe(documents: DocumentStore): Promise<string | null> {
  try {
    const found = await documents.get(PROBE);
    await documents.put(PROBE, '{}', found?.version ?? 0);
    return null;
  } catch (error) {
    // Another process wrote first: so it can be written.
    if (error instanceof GateError && error.code === 'ERR_STORE_CONFLICT') return null;
    return 'the store cannot be written';
  }
}
