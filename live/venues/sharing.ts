/**
 * Says of each venue whose sockets can be shared how: which market a message is about, and how what was asked for is taken back.
 * Coinbase numbers the messages of a connection, and a market that hears some of them would count the others as lost.
 *
 * Sources: Binance, combined streams (1,024 a connection); OKX v5, "Subscribe" (64 kB a message, 480 an hour); Bybit v5, "How to
 * subscribe" (21,000 characters of topics a connection).
 */
import type { SharingRules } from '../connection/shared-sockets.ts';

/** Three streams of each, and what is asked for stays below every venue's limit. */
const MAX_MARKETS = 100;

/** A message that asks for something, under one key or another. */
function undoing(key: string, subscribe: string, unsubscribe: string): SharingRules['undo'] {
  return (text) => {
    const message = JSON.parse(text) as Record<string, unknown>;
    return message[key] === subscribe ? JSON.stringify({ ...message, [key]: unsubscribe }) : undefined;
  };
}

const binance: SharingRules = {
  marketOf: (text) => /"stream":"([^"@]+)@/.exec(text)?.[1].toUpperCase(),
  undo: undoing('method', 'SUBSCRIBE', 'UNSUBSCRIBE'),
  isPing: () => false,
  maxMarkets: MAX_MARKETS,
};

const bybit: SharingRules = {
  marketOf: (text) => /"topic":"[^"]*?([^".]+)"/.exec(text)?.[1],
  undo: undoing('op', 'subscribe', 'unsubscribe'),
  isPing: (text) => text.includes('"ping"'),
  maxMarkets: MAX_MARKETS,
};

const okx: SharingRules = {
  marketOf: (text) =>
    text.startsWith('{"event":"error"') ? undefined : /"instId":"([^"]+)"/.exec(text)?.[1],
  undo: (text) => (text === 'ping' ? undefined : undoing('op', 'subscribe', 'unsubscribe')(text)),
  isPing: (text) => text === 'ping',
  maxMarkets: MAX_MARKETS,
};

const RULES: ReadonlyMap<string, SharingRules> = new Map([
  ['binance', binance],
  ['binance-perpetual', binance],
  ['bybit', bybit],
  ['bybit-perpetual', bybit],
  ['okx', okx],
  ['okx-perpetual', okx],
]);

/** @returns undefined for a venue each of whose markets needs a socket of its own */
export function sharingOf(venue: string): SharingRules | undefined {
  return RULES.get(venue);
}
