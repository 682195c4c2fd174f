/** A fake venue on a real loopback port: WebSocket and, where the venue has one, HTTP snapshots. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { countState, type Dialect, type Peer } from './dialects.ts';
import type { FakeMarket } from './fake-market.ts';

export interface LocalServer {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string;
  readonly restUrl: string;
  /** Connections accepted so far. */
  numConnections: number;
  /** HTTP requests so far. */
  numRequests: number;
  /** How many of the next HTTP requests are answered with 429. */
  refuseRequests: number;
  /** Moves a market on, and tells everyone who listens. */
  advance(market: FakeMarket): void;
  /** Sends any text, or bytes, to everyone. */
  broadcast(data: string | Buffer): void;
  /** Cuts every connection without a farewell. */
  cut(): void;
  close(): Promise<void>;
}

export async function startLocalServer(
  dialect: Dialect,
  markets: readonly FakeMarket[],
): Promise<LocalServer> {
  const peers = new Map<WebSocket, Peer>();
  const http: Server = createServer((request, response) => {
    self.numRequests++;
    if (self.refuseRequests > 0) {
      self.refuseRequests--;
      response.writeHead(429, { 'retry-after': '0' }).end('{"code":-1003,"msg":"Too many requests."}');
      return;
    }
    const native = new URL(request.url!, 'http://localhost').searchParams.get('symbol');
    const market = markets.find(({ base, quote }) => base + quote === native);
    if (market === undefined || dialect.rest === undefined)
      response.writeHead(400).end('{"code":-1121,"msg":"Invalid symbol."}');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(dialect.rest(market));
  });
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    self.numConnections++;
    const peer: Peer = {
      markets,
      subscribed: new Map(),
      sequence: 0,
      nowMs: () => Date.now(),
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
    };
    peers.set(socket, peer);
    socket.on('message', (data) => dialect.hear(peer, String(data)));
    socket.on('close', () => peers.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const self: LocalServer = {
    url: `ws://127.0.0.1:${port}`,
    restUrl: `http://127.0.0.1:${port}`,
    numConnections: 0,
    numRequests: 0,
    refuseRequests: 0,
    advance(market) {
      const change = market.advance(Date.now());
      countState(market);
      for (const peer of peers.values()) if (peer.subscribed.has(market)) dialect.tell(peer, market, change);
    },
    broadcast(data) {
      for (const socket of peers.keys()) socket.send(data);
    },
    cut() {
      for (const socket of peers.keys()) socket.terminate();
    },
    async close() {
      self.cut();
      sockets.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return self;
}
