/** OKX spot. */
import { z } from '../../core/config.ts';
import { defineVenue } from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';
import { OkxProtocol } from './okx-protocol.ts';

export const okx = defineVenue({
  name: 'okx',
  description: 'OKX v5 public streams: books whose updates each name the one before, trades, tickers',
  verified: true,
  config: z.object({
    url: z.string().default('wss://ws.okx.com:8443/ws/v5/public').describe('WebSocket endpoint'),
    restUrl: z
      .string()
      .default('https://www.okx.com')
      .describe('Where a book is asked for whose stream begins without one'),
    // A quiet book is confirmed once a minute.
    ...connectionConfig({ silenceMs: 30_000, sendIntervalMs: 100, streamDeadlineMs: 75_000 }),
  }),
  nativeSymbol: (base, quote) => `${base}-${quote}`,
  connect: (_markets, config) => ({
    url: config.url,
    limits: config,
    createProtocol: (host) => new OkxProtocol(host, config.restUrl),
  }),
});
