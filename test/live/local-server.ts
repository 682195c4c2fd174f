/** A fake venue on a real loopback port: WebSocket and, where the venue has one, HTTP snapshots. */
import { startVenueServer, type VenueClient } from '../../live/tape/venue-server.ts';
import type { FakeMarket } from './fake-market.ts';
import { countState, type Dialect, type Peer } from './venues/dialects.ts';

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
  const peers = new Map<VenueClient, Peer>();
  const server = await startVenueServer({
    onConnect(client) {
      self.numConnections++;
      peers.set(client, {
        markets,
        subscribed: new Map(),
        sequence: 0,
        nowMs: () => Date.now(),
        send: (text) => client.send(text),
      });
    },
    onText: (client, text) => dialect.hear(peers.get(client)!, text),
    onClose: (client) => peers.delete(client),
    answer(url) {
      self.numRequests++;
      if (self.refuseRequests > 0) {
        self.refuseRequests--;
        return { status: 429, body: '{"code":-1003,"msg":"Too many requests."}', retryAfterMs: 1000 };
      }
      const native =
        url.searchParams.get('symbol') ??
        url.searchParams.get('instId')?.replace('-SWAP', '').replace('-', '');
      const market = markets.find(({ base, quote }) => base + quote === native);
      return market === undefined || dialect.rest === undefined
        ? { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}', retryAfterMs: 0 }
        : { status: 200, body: dialect.rest(market, url.href), retryAfterMs: 0 };
    },
  });
  const self: LocalServer = {
    url: server.url,
    restUrl: server.restUrl,
    numConnections: 0,
    numRequests: 0,
    refuseRequests: 0,
    advance(market) {
      const change = market.advance(Date.now());
      countState(market);
      for (const peer of peers.values()) if (peer.subscribed.has(market)) dialect.tell(peer, market, change);
    },
    broadcast(data) {
      for (const client of server.clients) client.send(data);
    },
    cut() {
      for (const client of server.clients) client.terminate();
    },
    close: () => server.close(),
  };
  return self;
}
