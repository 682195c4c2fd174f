/** Serves a session over HTTP: health, metrics, state, a stream and a page, and a way to stop the trading. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../connection/clock.ts';
import { listen } from '../tape/listen.ts';
import { OpsAccess } from './access.ts';
import { Door } from './door.ts';
import { formatMetrics } from './metrics.ts';
import { OPS_PAGE, OPS_PAGE_POLICY } from './page.ts';
import { OpsStream } from './stream.ts';
import { healthOf, type OpsView } from './view.ts';

export interface OpsServerOptions {
  /** Times the stream. */
  readonly clock: Clock;
  /** 127.0.0.1 by default; on another interface than loopback a token is needed. */
  readonly host?: string;
  /** 0, the default: any free one. */
  readonly port?: number;
  /** 16 visible characters or more. */
  readonly token?: string;
}

export interface OpsServer {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** Tells all clients that the session is over, and what it was. @param summary its `verdict` is shown */
  end(summary?: object): Promise<void>;
  /** Cuts all clients, and frees the port. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  /** Text, or the bytes of one that is given to many. */
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const MAX_BODY = 4096;
const MAX_REASON = 200;
const REQUEST_TIMEOUT_MS = 10_000;
/** Connections that wait to be accepted while this process does something else. */
const BACKLOG = 4096;
/** How long a history may be told again, ms. */
const HISTORY_MS = 200;

/**
 * `GET /`, `/healthz`, `/metrics`, `/state`, `/history`; WebSocket `/stream`; `POST /halt` with `{"reason": "…"}`.
 * @throws ConfigError `token-required`, `invalid-token`; LiveError `port-in-use`, `cannot-listen`
 */
export async function startOpsServer(view: OpsView, options: OpsServerOptions): Promise<OpsServer> {
  const { clock, host = '127.0.0.1', port = 0, token } = options;
  const access = new OpsAccess(host, token);
  const stream = new OpsStream(view, clock);
  const http = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    if (!door.admit(request.socket, response)) return;
    if (!isRefused(access, request)) door.welcome(request.socket);
    answerRequest(view, stream, access, request)
      // The session must not end because somebody looked at it.
      .catch((error: Error) => ({ status: 500, body: `${error.message}\n` }))
      .then((answer) => send(request, response, answer));
  });
  const door = new Door(http);
  http.on('upgrade', (request, socket, head) => {
    const refused = refuseUpgrade(stream, access, request);
    if (refused === undefined) {
      door.stay(request.socket);
      stream.upgrade(request, socket, head);
    } else refuseSocket(socket, refused);
  });
  let address: string;
  try {
    address = await listen(http, host, port, BACKLOG);
  } catch (error) {
    stream.close();
    throw error;
  }
  return {
    url: `http://${address}`,
    end: (summary) => stream.end(summary),
    async close() {
      stream.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

async function answerRequest(
  view: OpsView,
  stream: OpsStream,
  access: OpsAccess,
  request: IncomingMessage,
): Promise<Answer> {
  const url = urlOf(request);
  if (url === undefined) return { status: 400, body: 'The address cannot be read.\n' };
  const refusal = access.refuse(request, url);
  if (refusal !== undefined) return { status: refusal.status, body: `Refused: ${refusal.detail}.\n` };
  if (url.pathname === '/halt') return request.method === 'POST' ? halt(view, request) : wrongMethod('POST');
  const page = PAGES[url.pathname];
  if (page === undefined) return { status: 404, body: `There is no ${url.pathname} here.\n` };
  if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET, HEAD');
  const recovery = view.recovery?.();
  if (recovery !== undefined && url.pathname !== '/') {
    const body = `${JSON.stringify({ status: 'recovering', reasons: ['the tape is read'], ...recovery })}\n`;
    return { status: 503, type: JSON_TYPE, body, headers: { 'retry-after': '1' } };
  }
  return page(view, stream);
}

/** Of each view: who asks again at once is given the same. */
const histories = new WeakMap<OpsView, { readonly untilMs: number; readonly body: Buffer }>();

function historyOf(view: OpsView): Buffer {
  const nowMs = systemClock.monotonicMs();
  const known = histories.get(view);
  if (known !== undefined && nowMs < known.untilMs) return known.body;
  const body = Buffer.from(`${JSON.stringify(view.history())}\n`);
  histories.set(view, { untilMs: nowMs + HISTORY_MS, body });
  return body;
}

const PAGE_BYTES = Buffer.from(OPS_PAGE);

const PAGES: Readonly<Record<string, (view: OpsView, stream: OpsStream) => Answer>> = {
  '/': () => ({
    status: 200,
    type: 'text/html; charset=utf-8',
    body: PAGE_BYTES,
    headers: { 'content-security-policy': OPS_PAGE_POLICY },
  }),
  '/healthz': (view) => {
    const health = healthOf(view.state());
    return {
      status: health.status === 'failing' ? 503 : 200,
      type: JSON_TYPE,
      body: `${JSON.stringify(health)}\n`,
    };
  },
  '/metrics': (view, { numClients, numDropped }) => ({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: formatMetrics(view.state(), numClients, numDropped),
  }),
  '/history': (view) => ({ status: 200, type: JSON_TYPE, body: historyOf(view) }),
  '/state': (view) => ({ status: 200, type: JSON_TYPE, body: `${JSON.stringify(view.state())}\n` }),
};

async function halt(view: OpsView, request: IncomingMessage): Promise<Answer> {
  // A form of another page can send every type but this one without asking.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return { status: 415, body: 'Send JSON, with "Content-Type: application/json".\n' };
  }
  const body = await readBody(request);
  if (body === undefined) {
    return {
      status: 413,
      body: `The body may have ${MAX_BODY} bytes.\n`,
      headers: { connection: 'close' },
    };
  }
  const reason = reasonOf(body);
  if (reason === undefined) {
    return { status: 400, body: `Send {"reason": "…"} with 1 to ${MAX_REASON} characters.\n` };
  }
  view.halt(reason);
  return { status: 200, type: JSON_TYPE, body: `${JSON.stringify({ halted: true, reason })}\n` };
}

function reasonOf(body: string): string | undefined {
  try {
    const { reason } = JSON.parse(body);
    if (typeof reason !== 'string') return undefined;
    const trimmed = reason.trim();
    return trimmed.length > 0 && trimmed.length <= MAX_REASON ? trimmed : undefined;
  } catch {
    return undefined;
  }
}

/** @returns undefined when there is too much of it */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let numBytes = 0;
  for await (const chunk of request) {
    numBytes += chunk.length;
    if (numBytes > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function wrongMethod(allow: string): Answer {
  return { status: 405, body: `Allowed: ${allow}.\n`, headers: { allow } };
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, type = 'text/plain; charset=utf-8', body, headers = {} } = answer;
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function isRefused(access: OpsAccess, request: IncomingMessage): boolean {
  const url = urlOf(request);
  return url === undefined || access.refuse(request, url) !== undefined;
}

function refuseUpgrade(stream: OpsStream, access: OpsAccess, request: IncomingMessage): Answer | undefined {
  const url = urlOf(request);
  if (url === undefined) return { status: 400, body: '' };
  const refusal = access.refuse(request, url);
  if (refusal !== undefined) return { status: refusal.status, body: refusal.detail };
  if (url.pathname !== '/stream') return { status: 404, body: '' };
  return stream.isFull ? { status: 503, body: 'too many clients' } : undefined;
}

function refuseSocket(socket: Duplex, { status, body }: Answer): void {
  socket.on('error', () => {});
  // A client that does not hang up would hold the socket for ever, and one that does not read would keep it unfinished.
  socket.write(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  setImmediate(() => socket.destroy());
}

function urlOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://session') ? new URL(url, 'http://session') : undefined;
}
