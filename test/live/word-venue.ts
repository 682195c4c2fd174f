/** A venue whose frames say in words what its protocol does with them: for tests of what is around a protocol. */
import { z } from '../../core/config.ts';
import type { MarketFeed } from '../../live/connection/market-feed.ts';
import {
  defineVenue,
  FrameError,
  type ProtocolHost,
  type VenueProtocol,
} from '../../live/connection/venue.ts';
import { connectionConfig } from '../../live/connection/venue-config.ts';

export class WordProtocol implements VenueProtocol {
  readonly calls: string[] = [];
  readonly #host: ProtocolHost;

  constructor(host: ProtocolHost) {
    this.#host = host;
  }

  open(): void {
    this.calls.push('open');
  }

  frame(text: string, timeMs: number): void {
    const [word, ...rest] = text.split(' ');
    const [feed, other] = this.#host.feeds;
    switch (word) {
      // Bid and ask, and how far the venue's time lies behind ours.
      case 'book':
        show(feed, Number(rest[0]), Number(rest[1]));
        this.#host.publish(feed, rest[2] === undefined ? Number.NaN : timeMs - Number(rest[2]));
        return;
      case 'as-of':
        show(feed, 99, 101);
        this.#host.publish(feed, Number.NaN, timeMs - Number(rest[0]));
        return;
      case 'other':
        show(other, 99, 101);
        this.#host.publish(other, Number.NaN);
        return;
      case 'gap':
        this.#host.lose([feed], 'sequence-gap', 'one is missing');
        return;
      case 'halt':
      case 'resume':
        this.#host.setTrading(word === 'resume', 'says the venue');
        return;
      case 'refuse':
        this.#host.refuse('no such market');
        return;
      case 'unreadable':
      case 'malformed':
      case 'unknown-message':
        throw new FrameError(word, 'as it says');
      case 'broken':
        throw new TypeError('a mistake of ours');
      case 'say':
        this.#host.send(rest.join(' '));
        return;
      case 'fetch':
        this.#host.fetchSnapshot(feed.symbol, `http://nowhere/${rest[1] ?? ''}`, Number(rest[0]));
        return;
      case 'trade':
        this.#host.trade(feed, { price: 100, size: 2, side: 'buy', id: rest[0], exchangeTimeMs: timeMs });
        return;
      case 'again':
        this.#host.countDuplicate();
        return;
      case 'retry':
        this.#host.retry('says the protocol');
        return;
      case 'replace':
        this.#host.reconnect('by plan');
    }
  }

  resync(feeds: readonly MarketFeed[]): void {
    this.calls.push(`resync ${feeds.map(({ symbol }) => symbol).join()}`);
  }

  snapshot(_: MarketFeed, body: string): void {
    this.calls.push(`snapshot ${body}`);
    if (body === 'bad') throw new FrameError('malformed', 'not a snapshot');
  }

  snapshotFailed(_: MarketFeed, status: number, retryAfterMs: number): void {
    this.calls.push(`failed ${status} ${retryAfterMs}`);
  }

  tick(_: number, silentMs: number): void {
    this.calls.push(`tick ${silentMs}`);
  }
}

/** Two levels that replace what the book shows. */
function show({ book }: MarketFeed, bid: number, ask: number): void {
  book.clear();
  if (bid > 0) book.apply('bid', bid, 1);
  if (ask > 0) book.apply('ask', ask, 1);
}

export const wordVenue = defineVenue({
  name: 'words',
  description: 'Does what it is told.',
  verified: true,
  config: z.object({
    url: z.string().default('ws://nowhere').describe('Address'),
    ...connectionConfig({ silenceMs: 1e6, sendIntervalMs: 100 }),
  }),
  nativeSymbol: (base, quote) => base + quote,
  connect: (_, { url, ...limits }) => ({
    url,
    limits,
    createProtocol: (host) => new WordProtocol(host),
  }),
});
