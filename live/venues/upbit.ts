/**
 * Speaks Upbit's public stream: whole books of up to 30 levels a side, trades, last prices.
 *
 * Source: docs.upbit.com, WebSocket guide and rate limits.
 */
import { z } from '../../core/config.ts';
import { defineVenue } from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';
import { quoteFirst, WholeBookProtocol } from './whole-books.ts';

export const upbit = defineVenue({
  name: 'upbit',
  description: 'Upbit: whole books without numbers (unverified), trades, last prices; BTC/KRW is its KRW-BTC',
  verified: false,
  config: z.object({
    url: z
      .string()
      .default('wss://api.upbit.com/websocket/v1')
      .describe('WebSocket endpoint; sg-api, id-api and th-api.upbit.com abroad'),
    depth: z
      .union([z.literal(1), z.literal(5), z.literal(15), z.literal(30)])
      .default(15)
      .describe('Levels a side: 1, 5, 15 or 30'),
    // 100 messages a minute; a ping is answered every 10 s from then on.
    ...connectionConfig({ silenceMs: 50_000, sendIntervalMs: 600 }),
  }),
  nativeSymbol: quoteFirst,
  connect: (_markets, config) => ({
    url: config.url,
    limits: config,
    createProtocol: (host) => new WholeBookProtocol(host, `.${config.depth}`),
  }),
});
