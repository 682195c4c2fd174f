/**
 * Speaks a venue's side of the wire on a local port: WebSocket, and HTTP for snapshots. What is said is up to the
 * caller.
 */
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { type HttpAnswer, SPEED_HEADER } from '../connection/transport.ts';
import { listen } from './listen.ts';

/** The close code for a client that asks for what is not given here. */
const POLICY_VIOLATION = 1008;

export interface VenueClient {
  /** What stood behind host and port in the address that it asked for. */
  readonly path: string;
  send(data: string | Buffer): void;
  /** Says why, and closes the connection. */
  refuse(reason: string): void;
  /** Cuts the connection without a farewell. */
  terminate(): void;
}

export interface VenueServerOptions {
  /** 0 by default: any free port. */
  readonly port?: number;
  /** Loopback by default. */
  readonly host?: string;
  onConnect?(client: VenueClient): void;
  onText?(client: VenueClient, text: string): void;
  onClose?(client: VenueClient): void;
  /** Answers HTTP GET; 404 without it. */
  answer?(url: URL): HttpAnswer;
  /** Told to every client in the answer to its handshake; absent: nothing is told. */
  readonly speed?: number;
}

export interface VenueServer {
  /** `ws://HOST:PORT` */
  readonly url: string;
  /** `http://HOST:PORT` */
  readonly restUrl: string;
  readonly clients: ReadonlySet<VenueClient>;
  /** Cuts all clients, and frees the port. */
  close(): Promise<void>;
}

/** @throws LiveError `port-in-use` or `cannot-listen` */
export async function startVenueServer(options: VenueServerOptions): Promise<VenueServer> {
  const { port = 0, host = '127.0.0.1' } = options;
  const clients = new Set<VenueClient>();
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://venue');
    const answer = options.answer?.(url) ?? { status: 404, body: '', retryAfterMs: 0 };
    response.setHeader('content-type', 'application/json');
    if (answer.retryAfterMs > 0) response.setHeader('retry-after', Math.ceil(answer.retryAfterMs / 1000));
    response.writeHead(answer.status).end(answer.body);
  });
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  if (options.speed !== undefined) {
    sockets.on('headers', (headers) => headers.push(`${SPEED_HEADER}: ${options.speed}`));
  }
  // Of the listening itself; the promise below tells of it.
  sockets.on('error', () => {});
  sockets.on('connection', (socket, request) => {
    const client: VenueClient = {
      path: request.url ?? '/',
      send: (data) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(data);
      },
      refuse: (reason) => socket.close(POLICY_VIOLATION, reason),
      terminate: () => socket.terminate(),
    };
    clients.add(client);
    socket.on('message', (data) => options.onText?.(client, String(data)));
    // A client that breaks the protocol is closed by `ws`; that is all there is to do.
    socket.on('error', () => {});
    socket.on('close', () => {
      clients.delete(client);
      options.onClose?.(client);
    });
    options.onConnect?.(client);
  });
  const address = await listen(http, host, port);
  return {
    url: `ws://${address}`,
    restUrl: `http://${address}`,
    clients,
    async close() {
      for (const client of clients) client.terminate();
      sockets.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
