/** What protocols do when a message about a book cannot be read: the books that it may concern are lost. */
import type { MarketFeed } from './market-feed.ts';
import { FrameError, type ProtocolHost } from './venue.ts';

/**
 * Runs `read`; where it cannot use the message, the feeds are lost before the error goes on.
 * @throws FrameError what `read` throws
 */
export function losingOnError(host: ProtocolHost, feeds: readonly MarketFeed[], read: () => void): void {
  try {
    read();
  } catch (error) {
    if (error instanceof FrameError) host.lose(feeds, 'malformed-update', error.message);
    throw error;
  }
}

/**
 * What a venue's error means: a refusal while nothing has come yet, afterwards a reason for a new connection.
 * @param detail what the venue says
 */
export function refuseOrReconnect(host: ProtocolHost, detail: string): void {
  if (host.feeds.some((feed) => feed.valid)) host.reconnect(detail);
  else host.refuse(detail);
}
