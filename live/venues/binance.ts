/** Binance spot. */
import { z } from '../../core/config.ts';
import { defineVenue } from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';
import { BinanceProtocol } from './binance-protocol.ts';

export const binance = defineVenue({
  name: 'binance',
  description: 'Binance spot: books by diffs with update ids and an HTTP snapshot, trades, best bid and ask',
  verified: true,
  config: z.object({
    url: z
      .string()
      .default('wss://data-stream.binance.vision/stream')
      .describe('WebSocket endpoint of combined streams'),
    restUrl: z.string().default('https://data-api.binance.vision').describe('Where snapshots are asked for'),
    depthPath: z
      .string()
      .default('/api/v3/depth')
      .describe('Path of the snapshots there; /fapi/v1/depth for futures, with their url and restUrl'),
    snapshotDepth: z
      .number()
      .int()
      .min(100)
      .max(5000)
      .default(1000)
      .describe('Levels a side of the snapshot; deeper ones are unknown until they change'),
    updateMs: z
      .union([z.literal(100), z.literal(1000)])
      .default(100)
      .describe('Milliseconds between two diffs of a book: 100 or 1000'),
    ...connectionConfig({ silenceMs: 25_000, sendIntervalMs: 250 }),
  }),
  nativeSymbol: (base, quote) => base + quote,
  connect: (_markets, config) => ({
    url: config.url,
    limits: config,
    createProtocol: (host) => new BinanceProtocol(host, config),
  }),
});
