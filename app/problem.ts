import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';

/**
 * Answers with a problem document.
 *
 * @param detail constant text of ours, never an echo of the request
 * @see RFC 9457
 */
export function sendProblem(response: ServerResponse, status: number, detail: string): void {
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail });
  response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }).end(body);
}

export function sendJson(response: ServerResponse, status: number, value: Readonly<Record<string, string>>): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(body);
}
