import { createRequire } from 'node:module';
import type { KeyObject } from 'node:crypto';

import { z } from 'zod';

/*
 * The parts of @sigstore/mock that make certificates and timestamps, by path: its front door also loads an interceptor of all
 * HTTP. Required and not imported, because the types of what they use need those of a browser.
 */

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

interface CtLog {
  readonly publicKey: Uint8Array;
  readonly logID: ArrayBufferView;
}

interface Ca {
  readonly rootCertificate: ArrayBufferView;
  issueCertificate(options: {
    readonly publicKey: Uint8Array;
    readonly subjectAltName: string;
    readonly extensions: readonly { readonly oid: string; readonly value: string }[];
  }): Promise<ArrayBufferView>;
}

interface Tsa {
  getCurrentTime: () => Date;
  readonly rootCertificate: ArrayBufferView;
  readonly intCertificate: ArrayBufferView;
  timestamp(request: {
    readonly artifactHash: Uint8Array;
    readonly hashAlgorithmOID: string;
    readonly nonce: number;
    readonly policyOID: string;
  }): Promise<Uint8Array>;
}

const require = createRequire(import.meta.url);

const isFunction = (value: unknown): boolean => typeof value === 'function';

export const { initializeCA } = z
  .looseObject({ initializeCA: z.custom<(pair: KeyPair, log: CtLog) => Promise<Ca>>(isFunction) })
  .parse(require('@sigstore/mock/dist/fulcio/ca.js'));

export const { initializeCTLog } = z
  .looseObject({ initializeCTLog: z.custom<(pair: KeyPair) => Promise<CtLog>>(isFunction) })
  .parse(require('@sigstore/mock/dist/fulcio/ctlog.js'));

export const { initializeTSA } = z
  .looseObject({ initializeTSA: z.custom<(pair: KeyPair) => Promise<Tsa>>(isFunction) })
  .parse(require('@sigstore/mock/dist/timestamp/tsa.js'));
