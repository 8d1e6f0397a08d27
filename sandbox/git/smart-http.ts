import { execFile, spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface GitRequest {
  readonly root: string;
  readonly path: string;
  readonly query: string;
  readonly user: string | null;
}

/** Under version 2 of the protocol git says first what it can do, of whatever repository: asked once. */
let abilities: Promise<Buffer> | null = null;

/** Hands one request to git's own server program and copies its answer; resolves when git has ended. */
export async function serveGit(request: IncomingMessage, response: ServerResponse, options: GitRequest): Promise<void> {
  const { root, path, query } = options;
  const asksAbilities = path.endsWith('/info/refs') && query === 'service=git-upload-pack';
  if (!asksAbilities || request.headers['git-protocol'] !== 'version=2') return runBackend(request, response, options);
  abilities ??= askAbilities(join(root, path.slice(0, -'/info/refs'.length)));
  const type = 'application/x-git-upload-pack-advertisement';
  const body = await abilities;
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).write(body);
}

async function askAbilities(folder: string): Promise<Buffer> {
  const options = { env: { ...environment(folder), GIT_PROTOCOL: 'version=2' }, encoding: 'buffer' } as const;
  const args = ['upload-pack', '--stateless-rpc', '--advertise-refs', folder];
  return (await promisify(execFile)('git', args, options)).stdout;
}

function environment(home: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    HOME: home,
  };
}

function runBackend(request: IncomingMessage, response: ServerResponse, options: GitRequest): Promise<void> {
  const { headers } = request;
  const child = spawn('git', ['http-backend'], {
    env: {
      ...environment(options.root),
      GIT_PROJECT_ROOT: options.root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: options.path,
      QUERY_STRING: options.query,
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: headers['content-type'] ?? '',
      ...(headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: headers['content-length'] }),
      ...(headers['content-encoding'] === undefined ? {} : { HTTP_CONTENT_ENCODING: headers['content-encoding'] }),
      ...(typeof headers['git-protocol'] === 'string' ? { GIT_PROTOCOL: headers['git-protocol'] } : {}),
      ...(options.user === null ? {} : { REMOTE_USER: options.user }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  // A client that ends early closes the pipe; git then ends by itself.
  child.stdin.on('error', () => child.stdin.destroy());
  return new Promise((resolve) => {
    let head: Buffer | null = Buffer.alloc(0);
    child.stdout.on('data', (chunk: Buffer) => {
      if (head === null) {
        response.write(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      writeHead(response, head.subarray(0, end).toString('latin1'));
      response.write(head.subarray(end + 4));
      head = null;
    });
    child.on('error', () => {
      response.writeHead(500).end();
      resolve();
    });
    child.on('close', () => {
      if (head !== null && !response.headersSent) response.writeHead(500);
      resolve();
    });
  });
}

function writeHead(response: ServerResponse, text: string): void {
  let status = 200;
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') status = Number(value.slice(0, 3));
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
