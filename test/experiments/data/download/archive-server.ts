/** A server on this machine that answers as the sources of history do, and can be told to fail as they do. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpWorld } from '../../../../experiments/data/download/http.ts';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export class ArchiveServer {
  /** Paths that were asked for, with their queries. */
  readonly requests: string[] = [];
  /** By path, without its query; what is not there is a 404. */
  readonly files = new Map<string, Uint8Array | string | ((query: URLSearchParams) => unknown)>();
  /** Answers for the next requests of a path, before the file itself. */
  readonly faults = new Map<string, Answer[]>();
  /** What was waited for, ms. */
  readonly waits: number[] = [];
  nowMs = 0;
  url = '';
  readonly #server = createServer((request, response) => this.#answer(request, response));

  readonly world: HttpWorld = {
    fetch: (...request) => globalThis.fetch(...request),
    sleep: async (ms) => void this.waits.push(ms),
    now: () => this.nowMs,
  };

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  clear(): void {
    this.requests.length = 0;
    this.waits.length = 0;
    this.files.clear();
    this.faults.clear();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url as string, this.url);
    this.requests.push(request.url as string);
    const fault = this.faults.get(pathname)?.shift();
    const file = this.files.get(pathname);
    if (fault !== undefined) fault(response, request);
    else if (file === undefined) {
      response.statusCode = 404;
      response.end('<Error><Code>NoSuchKey</Code></Error>');
    } else if (typeof file === 'function') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(file(searchParams)));
    } else response.end(file);
  }
}

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(code, headers);
    response.end('{}');
  };

/** Announces the whole, sends half, and hangs up. */
export const half =
  (bytes: Uint8Array): Answer =>
  (response) => {
    response.writeHead(200, { 'content-length': String(bytes.length) });
    response.write(bytes.subarray(0, bytes.length >> 1));
    setTimeout(() => response.destroy(), 5);
  };

export const page: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!DOCTYPE html><html><body>Sign in to the network</body></html>');
};
