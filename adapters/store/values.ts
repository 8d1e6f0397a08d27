import type { SQLOutputValue } from 'node:sqlite';

import { GateError } from '../../core/errors.ts';
import type { Row } from './connection.ts';

/**
 * Integers go in and come out exactly or not at all: above 2^53 a JavaScript number silently names another repository.
 * @throws {GateError} ERR_INPUT
 */
export function exact(value: number): number {
  if (!Number.isSafeInteger(value))
    throw new GateError('ERR_INPUT', 'an integer is outside what can be stored exactly');
  return value;
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw unexpected(column, value);
  return value;
}

export function integerOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw unexpected(column, value);
  return value;
}

export function nullableIntegerOf(row: Row, column: string): number | null {
  return row[column] === null ? null : integerOf(row, column);
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw unexpected(column, value);
  return value;
}

function unexpected(column: string, value: SQLOutputValue | undefined): GateError {
  return new GateError('ERR_STORE_UNAVAILABLE', `the store holds an unexpected ${typeof value} in column ${column}`);
}
