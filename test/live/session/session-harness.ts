/** A session without a network: what goes in by hand, what comes out in lists. */
import type { ConfigSchema } from '../../../core/config.ts';
import type { VenueCommand, VenueEvent, VenueInput, VenuePlugin } from '../../../live/connection/venue.ts';
import type { Channel } from '../../../live/connection/venue-markets.ts';
import { CHANNELS, parseMarkets } from '../../../live/connection/venue-markets.ts';
import { VenueSession } from '../../../live/connection/venue-session.ts';
import type { OrderBook } from '../../../market/books/order-book.ts';

export interface Harness {
  readonly session: VenueSession;
  readonly events: VenueEvent[];
  readonly commands: VenueCommand[];
  /** Time of the next input; rises by one with each. */
  timeMs: number;
  take(input: VenueInput): void;
  frame(content: unknown): void;
  book(symbol?: string): OrderBook;
  tradable(symbol?: string): boolean;
  /** Kinds and reasons of what happened since the last call, in short. */
  news(): string[];
  sent(): unknown[];
}

export function harness(
  plugin: VenuePlugin<ConfigSchema>,
  symbols: readonly string[],
  {
    channels = CHANNELS,
    config = {},
  }: { channels?: readonly Channel[]; config?: Record<string, unknown> } = {},
): Harness {
  const events: VenueEvent[] = [];
  const commands: VenueCommand[] = [];
  const markets = parseMarkets(plugin.name, symbols, plugin.nativeSymbol);
  const session = new VenueSession({
    setup: plugin.connect(markets, config),
    markets,
    channels,
    onEvent: (event) => events.push(event),
    onCommand: (command) => commands.push(command),
  });
  let told = 0;
  const self: Harness = {
    session,
    events,
    commands,
    timeMs: 1_700_000_000_000,
    take: (input) => session.handle(input, self.timeMs++),
    frame: (content) =>
      self.take({ kind: 'frame', text: typeof content === 'string' ? content : JSON.stringify(content) }),
    book: (symbol = symbols[0]) => session.feed(symbol)!.book,
    tradable: (symbol = symbols[0]) => session.isTradable(symbol, self.timeMs),
    news() {
      const news = events.slice(told).map((event) => {
        const detail = 'reason' in event ? ` ${event.reason}` : '';
        return `${event.kind}${detail}`;
      });
      told = events.length;
      return news;
    },
    sent: () =>
      commands.flatMap((command) =>
        command.kind === 'send'
          ? [command.text.startsWith('{') ? JSON.parse(command.text) : command.text]
          : [],
      ),
  };
  self.take({ kind: 'open' });
  return self;
}

/** `price x size` of the levels of a side, best first. */
export function levels(book: OrderBook, side: 'bid' | 'ask'): string[] {
  const count = side === 'bid' ? book.numBids : book.numAsks;
  return Array.from({ length: count }, (_, rank) => `${book.price(side, rank)} x ${book.size(side, rank)}`);
}
