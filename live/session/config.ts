/** Settles what a live session is, from settings as a user wrote them. */
import { resolveConfig, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { type ArbitrageConfig, arbitrageConfig } from '../../envs/arbitrage/config.ts';
import { type ComboConfig, comboConfigOf } from '../../envs/combos/config.ts';
import { CARRY, type ComboKind, PERP_CARRY, PREMIUM, TRIANGULAR } from '../../envs/combos/kinds.ts';
import { type BookTradingConfig, bookTradingConfig } from '../../envs/trading/book-config.ts';
import { CHANNELS, type Channel } from '../connection/venue-markets.ts';
import { type RiskConfig, riskConfig } from './risk-guard.ts';

/** Combinations of markets that are traded live, by mode. */
export const LIVE_COMBOS = {
  carry: CARRY,
  'perp-carry': PERP_CARRY,
  premium: PREMIUM,
  triangular: TRIANGULAR,
} as const satisfies Readonly<Record<string, ComboKind>>;

export type ComboMode = keyof typeof LIVE_COMBOS;

const COMBO_MODES = Object.keys(LIVE_COMBOS) as ComboMode[];

const isComboMode = (mode: string): mode is ComboMode => Object.hasOwn(LIVE_COMBOS, mode);

const venueSettings = z.record(z.string(), z.unknown());

export const liveSchema = z.object({
  mode: z
    .enum(['trading', 'arbitrage', 'record', ...COMBO_MODES])
    .default('trading')
    .describe(
      '`trading`: one venue and target exposures; `arbitrage`: several venues and pairs of orders; `record`: no trading; `carry`, `perp-carry`, `premium`, `triangular`: markets in the order of the env of that name',
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
    .describe(
      'settings of the env "trading-books", "arbitrage" or that of the mode; those of a trained model are taken over',
    ),
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

/** The markets of a combination, in its order. */
export interface ComboSessionConfig extends SessionConfig {
  readonly mode: ComboMode;
  readonly env: ComboConfig;
}

/** Any number of markets, written down and not traded. */
export interface RecordSessionConfig extends SessionConfig {
  readonly mode: 'record';
  readonly env: Readonly<Record<string, never>>;
}

export type LiveConfig =
  | TradingSessionConfig
  | ComboSessionConfig
  | ArbitrageSessionConfig
  | RecordSessionConfig;

/**
 * @param settings as a user wrote them
 * @throws ConfigError `unknown-key` with the nearest key, `invalid-value`, `invalid-markets`
 */
export function resolveLiveConfig(settings: Readonly<Record<string, unknown>>): LiveConfig {
  const config = resolveConfig(liveSchema, settings, 'the live session');
  const { length } = config.markets;
  const combo = isComboMode(config.mode) ? LIVE_COMBOS[config.mode] : undefined;
  const [least, most] = combo?.markets
    ? [combo.markets.length, combo.markets.length]
    : config.mode === 'trading'
      ? [1, 1]
      : [config.mode === 'record' ? 1 : 2, Infinity];
  if (length < least || length > most) {
    const needed =
      combo === undefined
        ? config.mode === 'trading'
          ? 'one market'
          : 'two markets or more'
        : `${least} markets (${combo.markets.map(({ exchange, kind }) => `${kind} at ${exchange}`).join(', ')})`;
    throw new ConfigError('invalid-markets', `Mode "${config.mode}" needs ${needed}, got ${length}.`);
  }
  if (!config.channels.includes('book')) {
    throw new ConfigError(
      'invalid-channel',
      'A live session needs the channel "book"; add it to "channels".',
    );
  }
  // Legs of a combination may be markets of one venue, and what is recorded may become one.
  const isBySymbol = combo !== undefined || config.mode === 'record';
  const names = config.markets.map(({ venue, symbol }) =>
    isBySymbol ? `${venue} ${symbol.toUpperCase()}` : venue,
  );
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    const [what, each] = isBySymbol ? ['Market', 'market'] : ['Venue', 'venue'];
    throw new ConfigError('invalid-markets', `${what} "${repeated}" is named twice; name each ${each} once.`);
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
    default: {
      const kind = LIVE_COMBOS[config.mode];
      const env = resolveConfig(comboConfigOf(kind), config.env, `env "${kind.name}"`);
      return { ...config, mode: config.mode, env, risk };
    }
  }
}
