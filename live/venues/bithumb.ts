/**
 * Speaks Bithumb's public stream of version 1: whole books, trades, last prices.
 *
 * Source: apidocs.bithumb.com, WebSocket.
 */
import { z } from '../../core/config.ts';
import { defineVenue } from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';
import { quoteFirst, WholeBookProtocol } from './whole-books.ts';

export const bithumb = defineVenue({
  name: 'bithumb',
  description:
    'Bithumb: whole books without numbers (unverified), trades, last prices; BTC/KRW is its KRW-BTC',
  verified: false,
  config: z.object({
    url: z.string().default('wss://ws-api.bithumb.com/websocket/v1').describe('WebSocket endpoint'),
    // Ten connections a second and address, and a ban of ten minutes beyond: messages are as sparing.
    ...connectionConfig({ silenceMs: 50_000, sendIntervalMs: 600 }),
  }),
  nativeSymbol: quoteFirst,
  connect: (_markets, config) => ({
    url: config.url,
    limits: config,
    createProtocol: (host) => new WholeBookProtocol(host, ''),
  }),
});
