/** OKX swaps that are settled in the quote: books in coins, marks, funding, open interest. */
import { z } from '../../core/config.ts';
import { defineVenue } from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';
import { OkxProtocol } from './okx-protocol.ts';

export const okxPerpetual = defineVenue({
  name: 'okx-perpetual',
  description:
    'OKX linear swaps: books by chained updates, trades, tickers, marks, funding and open interest',
  verified: true,
  instrument: 'linear-perpetual',
  config: z.object({
    url: z.string().default('wss://ws.okx.com:8443/ws/v5/public').describe('WebSocket endpoint'),
    restUrl: z
      .string()
      .default('https://www.okx.com')
      .describe('Where the size of a contract is asked for, and a book whose stream begins without one'),
    contractSize: z
      .number()
      .min(0)
      .default(0)
      .describe('Base units of a contract, checked against what the venue says; 0: whatever it says'),
    ...connectionConfig({ silenceMs: 30_000, sendIntervalMs: 100, streamDeadlineMs: 75_000 }),
  }),
  nativeSymbol: (base, quote) => `${base}-${quote}-SWAP`,
  connect: (_markets, config) => ({
    url: config.url,
    limits: config,
    createProtocol: (host) => new OkxProtocol(host, config.restUrl, { contractSize: config.contractSize }),
  }),
});
