import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createSigningKeyFile } from '../adapters/signing/signing-keys.ts';

/** What the environment's paths need of the file system; handed in so that a test needs none. */
export interface EnvFiles {
  exists(path: string): boolean;
  /** @throws {Error} node's own when it cannot be read */
  readText(path: string): string;
  /** Makes the directory where it is missing and proves that it can be written. @throws {Error} node's own */
  prepareDirectory(path: string): void;
  /** New signing keys, for their owner only (0600), never over an existing file. @throws {Error} node's own */
  createSigningKeys(path: string): void;
}

export const systemFiles: EnvFiles = {
  exists: (path) => existsSync(path),
  readText: (path) => readFileSync(path, 'utf8'),
  prepareDirectory(path) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  },
  createSigningKeys: createSigningKeyFile,
};
