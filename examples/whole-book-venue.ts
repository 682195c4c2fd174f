/**
 * A venue: every frame is a whole book, numbered one by one.
 *
 *     {"market":"BTC-USD","n":1,"timeMs":1700000000000,"bids":[["100.5","2"]],"asks":[["100.6","1"]]}
 */
import * as gym from 'market-gym';

export const wholeBook = gym.defineVenue({
  name: 'whole-book',
  description: 'Whole books in numbered frames',
  // Each frame is complete: a lost one leaves no wrong book behind.
  verified: true,
  config: gym.z.object({
    url: gym.z.string().default('ws://127.0.0.1:8091').describe('WebSocket endpoint'),
    ...gym.connectionConfig({ silenceMs: 30_000, sendIntervalMs: 100 }),
  }),
  nativeSymbol: (base, quote) => `${base}-${quote}`,
  connect: (_markets, config) => ({
    url: config.url,
    limits: config,
    createProtocol: (host) => createProtocol(host),
  }),
});

function createProtocol(host: gym.ProtocolHost): gym.VenueProtocol {
  const feeds = new Map(host.feeds.map((feed) => [feed.market.native, feed]));
  const numbers = new Map<gym.MarketFeed, number>();
  const levels = new gym.LevelBuffer();

  /** Read in full before the book is touched: a bad frame leaves nothing half done. */
  function readBook(feed: gym.MarketFeed, frame: gym.Fields): void {
    const number = gym.integerOf(frame.n, 'n');
    const timeMs = gym.epochOf(frame.timeMs, 'timeMs');
    if (number <= (numbers.get(feed) ?? -1)) {
      host.countDuplicate();
      return;
    }
    levels.clear();
    levels.addPairs('bid', frame.bids, 'bids');
    levels.addPairs('ask', frame.asks, 'asks');
    numbers.set(feed, number);
    levels.replace(feed.book);
    host.publish(feed, timeMs);
  }

  return {
    open() {
      numbers.clear();
      host.send(JSON.stringify({ subscribe: [...feeds.keys()] }));
    },
    // The next frame is a whole book again, whatever was lost.
    resync() {},
    frame(text) {
      const frame = gym.parseFields(text);
      const native = gym.textOf(frame.market, 'market');
      const feed = feeds.get(native);
      if (feed === undefined) throw new gym.FrameError('unknown-message', `market ${native}`);
      gym.invalidateOnError(host, [feed], () => readBook(feed, frame));
    },
  };
}
