import type { z } from 'zod';
import { GateError } from '../../core/errors.ts';
import { fromUtf8, utf8 } from '../../core/evidence/bytes.ts';
import type { View } from './file-tree.ts';

/** @throws {GateError} ERR_STORE_UNAVAILABLE when it is not what this version wrote */
export async function readJson<T>(view: View, path: string, schema: z.ZodType<T>): Promise<T | null> {
  const bytes = await view.read(path);
  if (bytes === null) return null;
  const parsed = schema.safeParse(parse(fromUtf8(bytes)));
  if (!parsed.success) throw new GateError('ERR_STORE_UNAVAILABLE', 'a file of the store cannot be read');
  return parsed.data;
}

export function toFile(value: unknown): Uint8Array {
  return utf8(`${JSON.stringify(value)}\n`);
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}
