/** Settles what a live session is, from settings as a user wrote them. */
import { resolveConfig, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { type ArbitrageConfig, arbitrageConfig } from '../../envs/arbitrage/config.ts';
import { type BookTradingConfig, bookTradingConfig } from '../../envs/trading/book-config.ts';
import { CHANNELS, type Channel } from '../connection/venue-markets.ts';
import { type RiskConfig, riskConfig } from './risk-guard.ts';

const venueSettings = z.record(z.string(), z.unknown());

export const liveSchema = z.object({
  mode: z
    .enum(['trading', 'arbitrage', 'record'])
    .default('trading')
    .describe(
      '`trading`: one venue and target exposures; `arbitrage`: several venues and pairs of orders; `record`: no trading',
    ),
  markets: z
    .array(
      z.strictObject({
        venue: z.string().describe('name of a venue plugin, or ccxt:EXCHANGE'),
        symbol: z.string().describe('base and quote, such as BTC/USDT'),
        settings: venueSettings.default({}).describe('the venue’s own settings, such as its url'),
      }),
    )
    .min(1)
    .default([{ venue: 'binance', symbol: 'BTC/USDT', settings: {} }])
    .describe('what is traded and where'),
  channels: z
    .array(z.enum(CHANNELS))
    .default(['book', 'trades'])
    .describe('what is asked for: book, trades, ticker; features of volume need trades'),
  depth: z.int().min(1).max(1000).default(10).describe('levels a side that are looked at'),
  env: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('settings of the env "trading-books" or "arbitrage"; those of a trained model are taken over'),
  risk: z.record(z.string(), z.unknown()).default({}).describe('limits of the risk guard'),
  seed: z.int().min(0).default(1).describe('decides latencies and the jitter of reconnections'),
  leftOver: z
    .enum(['keep', 'close'])
    .default('keep')
    .describe('what a session that continues does with exposure that it finds open'),
});

interface SessionConfig {
  readonly markets: readonly {
    readonly venue: string;
    readonly symbol: string;
    readonly settings: Readonly<Record<string, unknown>>;
  }[];
  readonly channels: readonly Channel[];
  readonly depth: number;
  readonly risk: RiskConfig;
  readonly seed: number;
  readonly leftOver: 'keep' | 'close';
}

/** One market, traded by target exposures. */
export interface TradingSessionConfig extends SessionConfig {
  readonly mode: 'trading';
  readonly env: BookTradingConfig;
}

/** Two markets or more, traded by pairs of orders. */
export interface ArbitrageSessionConfig extends SessionConfig {
  readonly mode: 'arbitrage';
  readonly env: ArbitrageConfig;
}

/** Any number of markets, written down and not traded. */
export interface RecordSessionConfig extends SessionConfig {
  readonly mode: 'record';
  readonly env: Readonly<Record<string, never>>;
}

export type LiveConfig = TradingSessionConfig | ArbitrageSessionConfig | RecordSessionConfig;

/**
 * @param settings as a user wrote them
 * @throws ConfigError `unknown-key` with the nearest key, `invalid-value`, `invalid-markets`
 */
export function resolveLiveConfig(settings: Readonly<Record<string, unknown>>): LiveConfig {
  const config = resolveConfig(liveSchema, settings, 'the live session');
  const { length } = config.markets;
  const isFitting = { trading: length === 1, arbitrage: length >= 2, record: length >= 1 }[config.mode];
  if (!isFitting) {
    const needed = config.mode === 'trading' ? 'one market' : 'two markets or more';
    throw new ConfigError('invalid-markets', `Mode "${config.mode}" needs ${needed}, got ${length}.`);
  }
  if (!config.channels.includes('book')) {
    throw new ConfigError(
      'invalid-channel',
      'A live session needs the channel "book"; add it to "channels".',
    );
  }
  const names = config.markets.map(({ venue }) => venue);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new ConfigError('invalid-markets', `Venue "${repeated}" is named twice; name each venue once.`);
  }
  const risk = resolveConfig(riskConfig, config.risk, 'the risk guard');
  // All settings of the env, so that a later version's defaults do not change an old tape.
  switch (config.mode) {
    case 'trading': {
      const env = resolveConfig(bookTradingConfig, config.env, 'env "trading-books"');
      return { ...config, mode: config.mode, env, risk };
    }
    case 'arbitrage': {
      const env = resolveConfig(arbitrageConfig, config.env, 'env "arbitrage"');
      return { ...config, mode: config.mode, env, risk };
    }
    case 'record':
      return { ...config, mode: config.mode, env: {}, risk };
  }
}
