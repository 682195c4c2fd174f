/** Bybit's linear perpetuals: books, trades, tickers with marks, funding and open interest. */
import { z } from '../../core/config.ts';
import { defineVenue } from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';
import { BybitProtocol } from './bybit.ts';

export const bybitPerpetual = defineVenue({
  name: 'bybit-perpetual',
  description:
    'Bybit v5 linear perpetuals: books by numbered deltas, trades, tickers, marks, funding, open interest',
  verified: true,
  instrument: 'linear-perpetual',
  config: z.object({
    url: z.string().default('wss://stream.bybit.com/v5/public/linear').describe('WebSocket endpoint'),
    depth: z
      .union([z.literal(1), z.literal(50), z.literal(200), z.literal(1000)])
      .default(50)
      .describe('Levels a side: 1, 50, 200 or 1000'),
    ...connectionConfig({ silenceMs: 30_000, sendIntervalMs: 100 }),
  }),
  nativeSymbol: (base, quote) => base + quote,
  connect: (_markets, config) => ({
    url: config.url,
    limits: config,
    createProtocol: (host) => new BybitProtocol(host, config.depth, true),
  }),
});
