/**
 * Binance's USDⓈ-M perpetuals: books and quotes from one address, marks, funding and trades from another.
 *
 * Source: Binance USDⓈ-M futures documentation, market streams: depth, aggTrade, markPrice.
 * Differences from the source: open interest is no stream there, and not told.
 */
import { z } from '../../core/config.ts';
import { defineVenue } from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';
import { BinanceProtocol, isSideStream } from './binance-protocol.ts';

export const binancePerpetual = defineVenue({
  name: 'binance-perpetual',
  description: 'Binance USDⓈ-M perpetuals: books by diffs, trades, best bid and ask, marks and funding',
  verified: true,
  instrument: 'linear-perpetual',
  config: z.object({
    url: z
      .string()
      .default('wss://fstream.binance.com/public/stream')
      .describe('WebSocket endpoint of books and quotes; where it has no /public/, all streams come from it'),
    restUrl: z.string().default('https://fapi.binance.com').describe('Where snapshots are asked for'),
    snapshotDepth: z
      .union([z.literal(100), z.literal(500), z.literal(1000)])
      .default(1000)
      .describe('Levels a side of the snapshot: 100, 500 or 1000; deeper ones are unknown until they change'),
    updateMs: z
      .union([z.literal(100), z.literal(250)])
      .default(100)
      .describe('Milliseconds between two diffs of a book: 100 or 250'),
    ...connectionConfig({ silenceMs: 25_000, sendIntervalMs: 250 }),
  }),
  nativeSymbol: (base, quote) => base + quote,
  connect: (_markets, config) => ({
    url: config.url,
    // A path of the wrong kind is silent, and says nothing of it.
    ...(config.url.includes('/public/') && {
      side: { url: config.url.replace('/public/', '/market/'), carries: isSideStream },
    }),
    limits: config,
    createProtocol: (host) =>
      new BinanceProtocol(host, { ...config, depthPath: '/fapi/v1/depth', isFutures: true }),
  }),
});
