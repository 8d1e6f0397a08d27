import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { Because } from '../core/gate/decision.ts';
import { explain, REASONS } from '../core/gate/reasons.ts';

/**
 * Answers with a problem document.
 *
 * @param detail constant text of ours, never an echo of the request
 * @see RFC 9457
 */
export function sendProblem(response: ServerResponse, status: number, detail: string): void {
  write(response, status, { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail });
}

/** The same with a code of the registry of reasons as `code`, its sentence and its way out. @param reason null: none fits */
export function sendReason(response: ServerResponse, status: number, reason: Because | null): void {
  if (reason === null) return sendProblem(response, status, 'no such resource, or not by this method');
  const { title, wayOut } = REASONS[reason.code];
  const detail = `${explain(reason)} ${wayOut}`;
  write(response, status, { type: 'about:blank', title, status, detail, code: reason.code });
}

function write(response: ServerResponse, status: number, problem: Readonly<Record<string, string | number>>): void {
  const body = JSON.stringify(problem);
  response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }).end(body);
}

export function sendJson(response: ServerResponse, status: number, value: Readonly<Record<string, string>>): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(body);
}
