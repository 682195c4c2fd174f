/** Gives up the books that a message may concern when it cannot be read, and the connection when the venue says no. */
import type { MarketFeed } from './market-feed.ts';
import { FrameError, type ProtocolHost } from './venue.ts';

/**
 * Runs `read`; where it cannot use the message, the feeds are invalidated before the error goes on.
 * @throws FrameError what `read` throws
 */
export function invalidateOnError(host: ProtocolHost, feeds: readonly MarketFeed[], read: () => void): void {
  try {
    read();
  } catch (error) {
    if (error instanceof FrameError) host.lose(feeds, 'malformed-update', error.message);
    throw error;
  }
}

/**
 * Takes a venue's error for a refusal while no book has ever come, afterwards for a hiccup: it is tried again, within the
 * budget of losses.
 * @param detail what the venue says
 */
export function refuseOrReconnect(host: ProtocolHost, detail: string): void {
  if (host.feeds.some((feed) => feed.wasEverGood)) host.retry(detail);
  else host.refuse(detail);
}
