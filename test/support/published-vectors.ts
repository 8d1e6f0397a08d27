import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBase64, fromHex } from '../../core/evidence/bytes.ts';
import { isObject } from '../../core/evidence/strict-json.ts';

/**
 * Data that others published (shared/vectors/README.md); it stands beside the project and is not part of it. Files are told
 * apart by what is in them, so that more of a kind may be put anywhere below that folder.
 */
const shared = process.env['COUNTERSIGN_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url));
export const vectorsFolder = process.env['COUNTERSIGN_VECTORS'] ?? join(shared, 'vectors');
export const hasVectors = existsSync(vectorsFolder);

export type Json = Readonly<Record<string, unknown>>;

export interface VectorFile {
  /** Below the folder of vectors. */
  readonly path: string;
  readonly text: string;
  readonly json: unknown;
}

/** Every JSON file that there is. */
export function vectorFiles(): readonly VectorFile[] {
  if (!hasVectors) return [];
  const names = readdirSync(vectorsFolder, { recursive: true, encoding: 'utf8' }).sort();
  return names
    .filter((name) => name.endsWith('.json'))
    .map((path) => {
      const text = readVector(path);
      const json: unknown = JSON.parse(text);
      return { path, text, json };
    });
}

export function readVector(path: string): string {
  return readFileSync(join(vectorsFolder, path), 'utf8');
}

export function hasVector(path: string): boolean {
  return existsSync(join(vectorsFolder, path));
}

export function hasFields(json: unknown, ...names: readonly string[]): json is Json {
  return isObject(json) && names.every((name) => name in json);
}

export function textOf(json: Json, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw new TypeError(`${name} is no text`);
  return value;
}

export function hexOf(json: Json, name: string): Uint8Array {
  const bytes = fromHex(textOf(json, name));
  if (bytes === null) throw new TypeError(`${name} is not hex`);
  return bytes;
}

export function memberOf(json: Json, name: string): Json {
  const value = json[name];
  if (!isObject(value)) throw new TypeError(`${name} is no object`);
  return value;
}

export function objectsOf(json: Json, name: string): readonly Json[] {
  const value = json[name];
  if (!Array.isArray(value) || !value.every(isObject)) throw new TypeError(`${name} is no list of objects`);
  return value;
}

/** The fields of a Merkle vector. */
export interface MerkleVector {
  readonly wantErr: boolean;
  readonly integer: (name: string) => bigint;
  readonly bytes: (name: string) => Uint8Array;
  readonly list: (name: string) => Uint8Array[];
}

/** Reads one Merkle vector. Its integers go up to 2^64, beyond a double: they are taken from the text. */
export function merkleVector({ path, text, json }: VectorFile): MerkleVector {
  if (!isObject(json)) throw new TypeError(`${path} is no object`);
  const toBytes = (value: unknown): Uint8Array => {
    const bytes = typeof value === 'string' ? fromBase64(value) : new Uint8Array(0);
    if (bytes === null) throw new TypeError(`${path} holds something that is not base64`);
    return bytes;
  };
  return {
    wantErr: json['wantErr'] === true,
    integer: (name) => BigInt(new RegExp(`"${name}"\\s*:\\s*(\\d+)`).exec(text)?.[1] ?? -1),
    bytes: (name) => toBytes(json[name]),
    list: (name) => {
      const values = json[name] ?? [];
      if (!Array.isArray(values)) throw new TypeError(`${name} is no list`);
      return values.map(toBytes);
    },
  };
}
